import dataclasses
import functools
import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abnormal.datasets.demo import find_demo
from abnormal.datasets.source import TESTING, TRAINING
from abnormal.datasets.street import background, camera, clip, events, people, routes, shapes
from abnormal.datasets.street.clip import StreetClip
from abnormal.errors import AbnormalError

FRAMES = 40
KINDS = tuple(events.EVENTS)
VIDEOS = find_demo(training_clips=2, clip_frames=FRAMES)
TESTED = [video for video in VIDEOS if video.split == TESTING]


def by_name(videos):
    return pytest.mark.parametrize("video", videos, ids=[video.name for video in videos])


def tiny(kind, seed=0):
    number = [*KINDS, clip.NORMAL].index(kind) + 1
    return StreetClip(seed, f"{kind}/{number:02d}", kind, FRAMES)


@functools.cache
def annotation_of(kind):
    return clip.annotate_clip(tiny(kind))


def read(video, count=FRAMES):
    with video.open_frames() as stream:
        return list(itertools.islice(stream.frames, count))


def bytes_of(video, count=3):
    return b"".join(frame.image.tobytes() for frame in read(video, count))


def test_the_list_of_videos():
    assert [(video.split, video.name, video.situation) for video in VIDEOS] == [
        (TRAINING, "01", ""),
        (TRAINING, "02", ""),
        (TESTING, "runner/01", "runner"),
        (TESTING, "cyclist/02", "cyclist"),
        (TESTING, "cart/03", "cart"),
        (TESTING, "wrong_way/04", "wrong_way"),
        (TESTING, "left_behind/05", "left_behind"),
        (TESTING, "normal/06", "normal"),
    ]
    assert {(video.camera, video.path) for video in VIDEOS} == {("street", None)}
    assert len(find_demo()) == 12


@by_name(VIDEOS)
def test_every_video_gives_its_frames(video):
    with video.open_frames() as stream:
        frames = list(stream.frames)
        assert (stream.fps, stream.length, stream.notes) == (25.0, FRAMES, [])
    assert {(frame.image.shape, frame.image.dtype) for frame in frames} == {
        ((240, 360), np.dtype(np.uint8))
    }
    assert [frame.number for frame in frames] == list(range(FRAMES))
    assert [frame.time_sec for frame in frames] == pytest.approx(np.arange(FRAMES) / 25.0)
    assert len({frame.image.tobytes() for frame in frames}) == FRAMES


@by_name(VIDEOS)
def test_a_video_is_the_same_again_and_in_another_process(video):
    sent = pickle.loads(pickle.dumps(video))
    assert bytes_of(sent) == bytes_of(video)
    if video.annotate is not None:
        assert np.array_equal(sent.annotate(0).labels, annotation_of(video.situation).labels)


@by_name(VIDEOS)
def test_only_test_videos_are_annotated(video):
    assert (video.annotate is None) == (video.split == TRAINING)


def test_no_two_videos_are_alike():
    assert len({bytes_of(video, 1) for video in VIDEOS}) == len(VIDEOS)
    assert len({video.recipe for video in VIDEOS}) == len(VIDEOS)


def test_the_recipe_says_what_a_clip_is_drawn_from():
    video = find_demo(seed=3, clip_frames=50)[6]
    assert video.recipe == f"street {clip.VERSION}, seed 3, clip runner/01, 50 frames"


def test_another_seed_is_another_place():
    other = find_demo(seed=1, training_clips=2, clip_frames=FRAMES)
    assert not {bytes_of(v, 1) for v in other} & {bytes_of(v, 1) for v in VIDEOS}
    change = background.draw_background(1) - background.draw_background(0)
    assert np.abs(change).mean() > 2.0


def test_all_clips_of_a_seed_show_one_place():
    medians = [np.median([f.image for f in read(video)], axis=0) for video in VIDEOS[::3]]
    nothing = np.zeros((camera.HEIGHT, camera.WIDTH), np.float32)
    scene = clip.compose(background.draw_background(0), nothing, clip.draw_layers(0, []))
    for median in medians:
        level = np.median(median / scene)
        assert np.mean(np.abs(median - level * scene) < 6.0) > 0.9


def test_the_noise_is_new_in_every_frame():
    first, second = (frame.image[:20].astype(float) for frame in read(VIDEOS[0], 2))  # the house
    assert np.std(second - first) == pytest.approx(2.4 * 2.0**0.5, rel=0.1)


def test_more_training_clips_change_nothing_else():
    more = {v.name: v for v in find_demo(training_clips=5, clip_frames=FRAMES)}
    for video in VIDEOS:
        assert more[video.name].open_frames.args == video.open_frames.args


@by_name(TESTED)
def test_labels_and_masks_fit_each_other(video):
    annotation = annotation_of(video.situation)
    assert (annotation.labels.shape, annotation.labels.dtype) == ((FRAMES,), np.uint8)
    assert {(mask.shape, mask.dtype.name) for mask in annotation.masks} == {((240, 360), "uint8")}
    assert np.unique(np.stack(annotation.masks)).tolist() in ([0], [0, 1])
    assert annotation.labels.tolist() == [int(mask.any()) for mask in annotation.masks]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("seconds", [4, 9, 20])
@pytest.mark.parametrize("kind", KINDS)
def test_an_event_takes_a_part_of_its_clip(kind, seconds, seed):
    whole = StreetClip(seed, "any", kind, round(seconds * camera.FPS))
    actors = clip.make_cast(whole)
    times = np.arange(whole.length) / camera.FPS
    there = [any(body.abnormal for body in clip.stage_actors(actors, t)) for t in times]
    assert 0.2 <= np.mean(there) <= 0.6
    assert not there[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_short_clip_has_both_normal_and_abnormal_frames(kind):
    # In the shortest clip, 1.6 s, a cart is in sight for half a second before its middle is.
    assert 0.15 <= annotation_of(kind).labels.mean() <= 0.6


def test_the_normal_clip_has_no_event():
    assert not annotation_of(clip.NORMAL).labels.any()


@pytest.mark.parametrize("kind", KINDS)
def test_outside_mask_and_shadow_the_event_changes_no_pixel(kind, monkeypatch):
    drawn = tiny(kind)
    masks = annotation_of(kind).masks
    everybody = clip.make_cast(drawn)
    others = [actor for actor in everybody if actor.abnormal_sec is None]
    with_event = [frame.image for frame in clip._frames(drawn)]
    monkeypatch.setattr(clip, "make_cast", lambda _: others)
    without = [frame.image for frame in clip._frames(drawn)]
    labelled = [index for index, mask in enumerate(masks) if mask.any()]
    for index in labelled:
        time_sec = index / camera.FPS
        shade = clip.draw_shadows(clip.stage_actors(everybody, time_sec))
        darker = shade != clip.draw_shadows(clip.stage_actors(others, time_sec))
        changed = with_event[index] != without[index]
        assert not changed[(masks[index] == 0) & ~darker].any()
        assert changed[masks[index] == 1].mean() > 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_a_mask_is_every_pixel_that_repainting_the_event_changes(kind):
    drawn = tiny(kind)
    masks, actors = annotation_of(kind).masks, clip.make_cast(drawn)
    ground = np.zeros((camera.HEIGHT, camera.WIDTH), np.float32)
    for index, mask in enumerate(masks):
        layers = clip.draw_layers(drawn.seed, clip.stage_actors(actors, index / camera.FPS))
        pictures = [clip.compose(ground, ground, paint(layers, grey)) for grey in (0.0, 255.0)]
        assert np.array_equal(pictures[0] != pictures[1], mask == 1)


def paint(layers, grey):
    return [
        layer._replace(sprite=dataclasses.replace(layer.sprite, light=grey * layer.sprite.cover))
        if layer.abnormal
        else layer
        for layer in layers
    ]


def test_a_nearer_body_hides_the_event():
    box = [shapes.Shape([(0.0, 0.0, 0.0), (0.0, 0.0, 1.0)], 0.5, 100.0)]
    far = shapes.draw_sprite(box, shapes.Pose(0.0, 25.0))
    near = shapes.draw_sprite(box, shapes.Pose(0.3, 21.0))
    alone = clip.visible_mask([clip.Layer(25.0, far, True)])
    layers = [clip.Layer(25.0, far, True), clip.Layer(21.0, near, False)]
    hidden = clip.visible_mask([layers[1]._replace(abnormal=True)])
    both = clip.visible_mask(layers)
    assert 0 < both.sum() < alone.sum()
    assert np.array_equal(both, both & alone)
    assert (both & hidden).sum() < 0.2 * both.sum()  # only where the nearer one's rim lets it show


def test_frames_are_drawn_one_at_a_time(monkeypatch):
    drawn = []
    compose = clip.compose
    monkeypatch.setattr(clip, "compose", lambda *args: drawn.append(1) or compose(*args))
    read(VIDEOS[0], 3)
    assert len(drawn) == 3


def test_a_shadow_is_no_part_of_the_mask():
    staged = clip.StagedBody([people.bag_shape(50.0)], shapes.Pose(0.0, 21.0), True)
    shade = clip.draw_shadows([staged])
    mask = clip.visible_mask(clip.draw_layers(0, [staged]))
    assert (shade[mask == 0] > 0.5).any()


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [("runner", 2.3, 2.8), ("cyclist", 2.8, 3.4), ("cart", 2.5, 3.1), ("wrong_way", 0.9, 1.15)],
)
def test_how_many_times_as_fast_as_a_walker_an_event_is(kind, least, most):
    actors = events.EVENTS[kind](np.random.default_rng(0), 20.0)
    for actor in actors:
        middle_sec = float(np.mean(actor.route.times))
        assert least <= actor.route.motion(middle_sec).speed / 1.3 <= most


def test_whoever_goes_the_wrong_way_is_on_the_lawn_while_abnormal():
    for actor in events.wrong_way(np.random.default_rng(2), 20.0):
        since, until = actor.abnormal_sec
        for time_sec in np.linspace(since + 0.01, until - 0.01, 9):
            assert background.LAWN[0] < actor.route.position(time_sec)[1] < background.LAWN[1]
        assert not background.LAWN[0] < actor.route.position(since - 0.1)[1] < background.LAWN[1]


def test_the_bag_lies_where_the_hand_lets_go():
    carrier, left = events.left_behind(np.random.default_rng(5), 20.0)
    down_sec = left.route.times[0]
    masks = []
    for actor, time_sec in ((carrier, down_sec - 1e-6), (left, down_sec)):
        parts, pose = actor.stage(time_sec)
        bag = next(part for part in parts if part.filled and part.radius == 0.06)
        sprite = shapes.draw_sprite([bag], pose)
        masks.append(clip.visible_mask([clip.Layer(0.0, sprite, True)]))
    common, either = (masks[0] & masks[1]).sum(), (masks[0] | masks[1]).sum()
    assert common > 0.5 * either


@pytest.mark.parametrize("speed", [0.8, 1.3, 1.65])
def test_a_foot_on_the_ground_stays_where_it_is(speed):
    gait = people.walking(speed)
    look = people.random_look(np.random.default_rng(0))
    places = []
    for share in np.linspace(0.3, 0.6, 8):  # of a stride: the left foot is on the ground
        gone = share * gait.stride_m
        body = people.person_shapes(look, gait, people.Motion(gone, speed, 0.0))
        left_shoe = next(part for part in body if part.radius == 0.05 and part.points[0][1] > 0)
        places.append(gone + left_shoe.points[0][0])
        assert left_shoe.points[0][2] < 0.1
    assert np.ptp(places) < 0.05


def test_people_are_smaller_where_they_are_farther():
    look, gait = people.random_look(np.random.default_rng(0)), people.walking(1.3)
    body = people.person_shapes(look, gait, people.Motion(0.0, 1.3, 0.0))
    heights = [
        shapes.draw_sprite(body, shapes.Pose(0.0, z)).cover.any(axis=1).sum() for z in (20, 35)
    ]
    assert heights[0] / heights[1] == pytest.approx(35 / 20, rel=0.1)


@given(st.floats(0.0, 360.0), st.floats(0.0, 240.0))
def test_the_ground_is_seen_where_it_is_projected(x_px, y_px):
    x, z = camera.ground_at(np.array(x_px), np.array(y_px))
    found, _ = camera.project(np.array([[x, z, 0.0]]))
    assert found[0] == pytest.approx([x_px, y_px], abs=1e-6)


@given(st.integers(0, 99), st.floats(4.0, 120.0), st.floats(2.0, 12.0))
def test_passes_fit_into_their_clip(seed, duration_sec, pass_sec):
    starts = routes.pass_times(np.random.default_rng(seed), duration_sec, pass_sec)
    ends = [min(start + pass_sec, duration_sec) for start in starts]
    assert starts[0] >= 0.0
    assert all(end <= start + 1e-9 for end, start in zip(ends[:-1], starts[1:], strict=True))
    present = sum(end - start for start, end in zip(starts, ends, strict=True))
    assert min(0.25 * duration_sec, pass_sec) - 1e-6 <= present <= 0.7 * duration_sec


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "seed is -1; expected 0 or more"),
        ({"clip_frames": 39}, "have 39 frames; expected 40 or more"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options, message):
    with pytest.raises(AbnormalError, match=message):
        find_demo(**options)
