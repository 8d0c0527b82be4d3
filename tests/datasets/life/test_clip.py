import collections
import dataclasses
import functools
import itertools

import numpy as np
import pytest

from abnormal.datasets.life import clip as clips
from abnormal.datasets.life.clip import NORMAL, LifeClip, LifeMasks, staged_bodies
from abnormal.datasets.life.kinds import KINDS
from abnormal.datasets.life.places import PLACES
from abnormal.datasets.life.scene import open_scene
from abnormal.datasets.life.view import HEIGHT, WIDTH

FPS = 1.0
by_place = pytest.mark.parametrize("place", PLACES)
by_kind = pytest.mark.parametrize("kind", KINDS)


def short(place, kind=NORMAL, frames=120, name="any"):
    return LifeClip(place, 0, name, kind, frames, FPS)


def frames_of(clip, count=None):
    with clips.open_life(clip) as stream:
        return [frame.image for frame in itertools.islice(stream.frames, count)]


@functools.cache
def stage(place, kind):
    return list(staged_bodies(short(place, kind, 90)))


def abnormal_frames(place, kind):
    """Some frames in which something of the kind is there, from all over its first event."""
    staged = stage(place, kind)
    there = [n for n, bodies in enumerate(staged) if any(body.abnormal for body in bodies)]
    return [(n, staged[n]) for n in there[:: max(len(there) // 8, 1)]]


@by_place
def test_frames_are_grey_pictures_with_times(place):
    with clips.open_life(short(place, frames=6)) as stream:
        frames = list(stream.frames)
        assert (stream.fps, stream.length) == (FPS, 6)
    assert {(f.image.shape, f.image.dtype) for f in frames} == {((HEIGHT, WIDTH), np.dtype("u1"))}
    assert [frame.time_sec for frame in frames] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert [frame.number for frame in frames] == list(range(6))


@by_place
def test_a_clip_is_the_same_again_and_the_beginning_of_a_longer_one(place):
    long = frames_of(short(place, "runner", 60), 20)
    assert np.array_equal(frames_of(short(place, "runner", 20)), long)


@by_place
def test_other_names_and_seeds_are_other_footage(place):
    one = short(place, frames=1)
    others = [dataclasses.replace(one, name="other"), dataclasses.replace(one, seed=1)]
    for other in others:
        assert not np.array_equal(frames_of(one), frames_of(other))
        assert clips.describe(one) != clips.describe(other)


@by_place
def test_the_same_happens_at_another_frame_rate(place):
    slow = list(staged_bodies(short(place, frames=20)))
    fast = list(staged_bodies(dataclasses.replace(short(place, frames=77), fps=4 * FPS)))
    for one, other in zip(slow, fast[::4], strict=True):
        assert [body.pose for body in one] == [body.pose for body in other]


@by_place
def test_who_has_left_is_forgotten(place, monkeypatch):
    """The number of people who are kept does not grow in half an hour."""
    asked = []
    make = clips._body
    monkeypatch.setattr(clips, "_body", lambda actor, now: asked.append(now) or make(actor, now))
    for _ in staged_bodies(dataclasses.replace(short(place, frames=90), fps=0.05)):
        pass
    kept = list(collections.Counter(asked).values())
    assert max(kept) < 60
    assert np.mean(kept[-30:]) < 2 * np.mean(kept[:30])


@by_place
def test_people_come_all_the_time(place):
    numbers = [len(bodies) for bodies in stage(place, "loiter")]
    assert min(numbers) >= 1
    assert 3 < np.mean(numbers) < 30


@by_place
def test_nothing_is_abnormal_in_ordinary_life(place):
    bodies = itertools.chain.from_iterable(staged_bodies(short(place)))
    assert not any(body.abnormal or body.missing for body in bodies)


@by_place
@by_kind
def test_every_kind_is_visible_after_some_ordinary_seconds(place, kind):
    staged, scene = stage(place, kind), open_scene(place, 0)
    assert not any(body.abnormal for bodies in staged[:12] for body in bodies)
    visible = [scene.mask(bodies).sum() for _, bodies in abnormal_frames(place, kind)]
    assert np.mean([pixels > 0 for pixels in visible]) > 0.5
    assert max(visible) > 25


@by_place
@by_kind
def test_outside_mask_and_shadow_an_event_changes_no_pixel(place, kind):
    """A clip with the same name and without the event shows the same people."""
    scene, daylight = open_scene(place, 0), clips.daylight_of(short(place))
    fixed = np.zeros((HEIGHT, WIDTH), np.uint8)
    for number, bodies in abnormal_frames(place, kind)[::3]:
        others = [body for body in bodies if not body.abnormal]
        if any(body.missing for body in bodies):
            with_event = others
            others = [*others, *(b._replace(missing=False) for b in bodies if b.missing)]
        else:
            with_event = bodies
        drawn = [
            scene.draw(some, fixed, daylight, number / FPS).astype(int)
            for some in (with_event, others)
        ]
        changed = np.abs(drawn[0] - drawn[1]) > 45
        shades = [
            scene._shade(scene._in_order(some, daylight.shadow_per_m(number / FPS)), fixed)
            for some in (with_event, others)
        ]
        in_shadow = shades[0] != shades[1]
        assert not changed[(scene.mask(bodies) == 0) & ~in_shadow].any()


def test_masks_and_labels_agree():
    clip = short("hall", "left_behind", 120)
    annotation = clips.annotate_life(clip)
    masks = list(annotation.masks)
    assert (annotation.labels.shape, annotation.labels.dtype) == ((120,), np.uint8)
    assert annotation.labels.tolist() == [int(mask.any()) for mask in masks]
    assert 0.2 < annotation.labels.mean() < 0.9
    assert np.array_equal(list(LifeMasks(clip)), masks)  # they can be read again
    assert {(mask.shape, mask.dtype.name) for mask in masks} == {((HEIGHT, WIDTH), "uint8")}


def test_the_light_changes_with_the_hour_of_the_day():
    clip = short("square", frames=1)
    noon, dusk = (
        np.mean(frames_of(dataclasses.replace(clip, start_hour=hour))) for hour in (13.0, 19.5)
    )
    assert noon > 1.15 * dusk
