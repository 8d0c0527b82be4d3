import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.frames.clips import stream_clips
from abnormal.inference.places import UNUSUAL
from abnormal.inference.reconstruct import ClipReconstructor
from abnormal.inference.still import without_network
from abnormal.inference.stream import (
    CellStream,
    FrameScorer,
    ResidualStream,
    concatenated,
)
from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.fusion import fuse
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.normality import Normality
from abnormal.scoring.residual import SCORES
from abnormal.scoring.surprise import learn_surprise
from abnormal.video.flow import FlowMeter

SIZE, FPS = 48, 5.0


def frames_with_a_runner(count, seed=0):
    """Noise that stands still, and a square that comes by."""
    draw = np.random.default_rng(seed)
    scene = draw.integers(60, 190, (SIZE, SIZE), np.uint8)
    frames = np.repeat(scene[None], count, axis=0)
    for number in range(count):
        left = 3 * number % (SIZE - 12)
        frames[number, 20:32, left : left + 12] = 240
    return frames


def normality():
    draw = np.random.default_rng(0)
    levels = {name: np.full((6, 6), 0.1, np.float32) for name in LOCAL_SCORES}
    return Normality(levels, dict.fromkeys(LOCAL_SCORES, learn_surprise(draw.random(300))))


def residuals(frames, length, stream):
    """The residuals of a network that darkens by half."""
    reconstructor = ClipReconstructor(lambda clips: clips / 2)
    for window in stream_clips(stream.moving(frames), length, with_speed=stream.with_speed):
        yield from map(stream.add, reconstructor.add([window]))


def score(frames, length, scorer, stream):
    return concatenated([scorer.add(residual) for residual in residuals(frames, length, stream)])


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 25), st.integers(1, 7))
def test_speeds_do_not_depend_on_how_a_video_is_cut_into_clips(count, length):
    frames, meter = frames_with_a_runner(count), FlowMeter()
    speeds = [np.zeros((SIZE, SIZE))]
    speeds += [meter(*pair) for pair in itertools.pairwise(frames)]
    if count > 1:
        speeds[0] = speeds[1]
    found = [clip.speed[clip.new] for clip in residuals(frames, length, ResidualStream())]
    np.testing.assert_array_equal(np.concatenate(found), speeds)


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 25), st.integers(1, 7))
def test_every_frame_gets_every_score_and_a_place(count, length):
    frames = frames_with_a_runner(count)
    scored = score(frames, length, FrameScorer(FPS, normality()), ResidualStream())
    names = {*SCORES, *LOCAL_SCORES, FUSED}
    assert set(scored.raw) == set(scored.causal) == names
    for values in (*scored.raw.values(), *scored.causal.values()):
        assert values.shape == (count,)
        assert np.isfinite(values).all()
    assert scored.boxes.shape == (count, 4)
    corners = scored.boxes[:, :2] + scored.boxes[:, 2:]
    assert (scored.boxes[:, :2] >= 0).all()
    assert (scored.boxes[:, 2:] > 0).all()
    assert (corners <= 1 + 1e-9).all()
    fused, _ = fuse({name: scored.causal[name] for name in LOCAL_SCORES}, normality().frames)
    assert np.array_equal(scored.causal[FUSED], fused)
    assert set(scored.measured) == set(LOCAL_SCORES)
    assert all(values.shape == (count,) for values in scored.measured.values())


def test_without_the_network_the_other_scores_are_the_same():
    frames, known = frames_with_a_runner(12), normality()
    whole = score(frames, 5, FrameScorer(FPS, known), ResidualStream())
    scorer = FrameScorer(FPS, known, {"l1": [2.0] * 5}, network=False)
    scored = score(frames, 5, scorer, ResidualStream())
    assert scored.causal.keys() == {"motion", "place", "stay", "difference", FUSED}
    for name in scored.causal.keys() - {FUSED}:
        assert np.array_equal(scored.causal[name], whole.causal[name])
    scorer.use_levels({name: 2 * level for name, level in known.levels.items()})
    assert scorer.newest_cells.keys() == {"motion", "place", "stay"}


@pytest.mark.parametrize("length", [1, 4])
def test_where_the_network_has_not_run_nothing_is_unusual_by_it(length):
    frames, ran = frames_with_a_runner(24), [True, True, False, True, False, False]
    whole = score(frames, length, FrameScorer(FPS, normality()), ResidualStream())
    reconstructor = ClipReconstructor(lambda clips: clips / 2)
    stream, scorer, parts = ResidualStream(), FrameScorer(FPS, normality()), []
    for number, window in enumerate(stream_clips(stream.moving(frames), length, with_speed=True)):
        with_network = ran[number % len(ran)]
        (residual,) = reconstructor.add([window]) if with_network else [without_network(window)]
        parts.append(scorer.add(stream.add(residual)))
    scored = concatenated(parts)
    has_run = np.repeat(ran * 24, length)[:24]
    # A single frame is compared with the one before it, of which nothing is known then.
    known = has_run & np.roll(has_run, 1) if length == 1 else has_run
    for name in ("change", "gradient"):
        assert np.array_equal(scored.raw[name][known], whole.raw[name][known])
        assert not scored.raw[name][~known].any()
    for name in ("appearance", "l1", "l2_local"):
        assert np.array_equal(scored.raw[name][has_run], whole.raw[name][has_run])
        assert not scored.raw[name][~has_run].any()
    for name in ("motion", "place", "stay", "difference"):
        assert np.array_equal(scored.raw[name], whole.raw[name])
    assert (scored.causal["change"] <= whole.causal["change"] + 1e-12).all()


def test_people_are_told_what_was_measured():
    """The multiple of the normal level from which the score comes, and seconds for a stay."""
    frames, known = frames_with_a_runner(12), normality()

    def corner(frames):
        found = np.zeros(frames.shape, bool)
        found[:, :24, :24] = True
        return found

    corner.background = frames[0].astype(np.float32)
    scored = score(frames, 5, FrameScorer(FPS, known), ResidualStream(foreground=corner))
    for name in ("motion", "place", "change", "appearance"):
        surprises = known.surprises[name].of(scored.measured[name])
        np.testing.assert_array_equal(surprises, scored.causal[name])
    assert scored.measured["stay"] == pytest.approx(np.arange(1, 13) / FPS)


def test_nothing_later_changes_a_score():
    frames = frames_with_a_runner(30)
    whole = score(frames, 5, FrameScorer(FPS, normality()), ResidualStream())
    begin = score(frames[:20], 5, FrameScorer(FPS, normality()), ResidualStream())
    for name, values in begin.causal.items():
        np.testing.assert_allclose(whole.causal[name][:20], values, atol=1e-12)


def test_the_box_is_where_it_is_unusual():
    frames = frames_with_a_runner(10)
    scored = score(frames, 5, FrameScorer(FPS, normality()), ResidualStream())
    left, top, width, height = scored.boxes[5] * SIZE
    assert left - 8 <= 15 + 6 <= left + width + 8
    assert top <= 26 <= top + height
    assert max(width, height) <= 32


def test_things_are_looked_for_only_where_something_is_unusual():
    frames = frames_with_a_runner(30)
    frames[:10] = frames[0]  # nothing moves at first
    scored = score(frames, 5, FrameScorer(FPS, normality()), ResidualStream())
    unusual = scored.causal[FUSED] > UNUSUAL
    assert not unusual[:10].any()
    assert unusual[15:].all()
    assert [len(things) > 0 for things in scored.things] == unusual.tolist()
    for number in np.flatnonzero(unusual):
        first = scored.things[number][0]
        assert first.box == tuple(scored.boxes[number])
        assert first.score == pytest.approx(scored.causal[FUSED][number])


def test_things_are_looked_for_where_the_alarm_finds_events():
    frames, levels = frames_with_a_runner(12), dict.fromkeys(LOCAL_SCORES, np.full((6, 6), 1.3))
    lenient = Normality(levels, normality().surprises)
    for alarm, expected in ((None, 0), (Alarm(FUSED, 0.1, 0.05), 12), (Alarm("l1", 1.0, 1.0), 12)):
        scored = score(frames, 5, FrameScorer(FPS, lenient, alarm=alarm), ResidualStream())
        assert (scored.causal[FUSED] < UNUSUAL).all()
        assert sum(len(things) > 0 for things in scored.things) == expected


def test_what_is_ignored_does_not_count():
    frames = frames_with_a_runner(10)
    ignored = np.zeros((SIZE, SIZE), bool)
    ignored[16:40] = True
    still = np.repeat(frames[:1], 10, axis=0)
    shut_out = [
        score(some, 5, FrameScorer(FPS, normality()), ResidualStream(ignored=ignored))
        for some in (frames, still)
    ]
    for name, values in shut_out[0].raw.items():
        np.testing.assert_allclose(values, shut_out[1].raw[name], atol=1e-6)
    assert shut_out[0].raw["l1"] == pytest.approx((frames[0, ~ignored] / 255 / 2).sum(), rel=1e-4)


def test_without_a_place_there_are_the_other_scores():
    scored = score(frames_with_a_runner(7), 3, FrameScorer(FPS, None), ResidualStream(flow=False))
    assert set(scored.raw) == set(SCORES)
    assert scored.boxes is None


@pytest.mark.parametrize("length", [1, 4, 5])
def test_cells_are_steadied_over_their_own_time(length):
    frames = frames_with_a_runner(12)
    cells = CellStream(10.0)
    raw, found = {}, {}
    for residual in residuals(frames, length, ResidualStream()):
        for name, values in cells.add(residual).items():
            raw.setdefault(name, []).append(LOCAL_SCORES[name].cells(residual)[residual.new])
            found.setdefault(name, []).append(values)
    raw, found = ({name: np.concatenate(v) for name, v in some.items()} for some in (raw, found))
    assert set(found) == set(LOCAL_SCORES)
    averaged = (raw["motion"][1:] + raw["motion"][:-1]) / 2  # 0.2 seconds
    np.testing.assert_allclose(found["motion"][1:], averaged)
    lasting = np.min([raw["place"][2:], raw["place"][1:-1], raw["place"][:-2]], axis=0)
    np.testing.assert_allclose(found["place"][2:], lasting)
    assert np.array_equal(found["appearance"], raw["appearance"])
