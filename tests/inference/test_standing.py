"""What stays is told apart, from the pictures to the votes."""

import cv2
import numpy as np
import pytest

from abnormal.frames.clips import stream_clips
from abnormal.inference.reconstruct import ClipReconstructor
from abnormal.inference.standing import StandingWatch
from abnormal.inference.stream import FrameScorer, ResidualStream, concatenated
from abnormal.scoring.normality import Normality
from abnormal.scoring.residual import ClipResidual
from abnormal.scoring.standing import elected
from abnormal.scoring.surprise import learn_surprise
from abnormal.video.background import ForegroundDetector

FPS, SIZE, SEC = 5.0, 96, 12
DRAW = np.random.default_rng(0)
EMPTY = cv2.resize(DRAW.integers(20, 200, (8, 8), np.uint8), (SIZE, SIZE))


def with_a_thing(arm=0):
    """The place with a thing in it, of which a part may be higher."""
    picture = EMPTY.copy()
    picture[20:44, 20:44] = 240
    picture[26 - arm : 30 - arm, 28:36] = 20
    return picture


def score(frames, background, ignored=None):
    levels = {"stay": np.full((12, 12), np.log(2), np.float32)}
    known = Normality(levels, {"stay": learn_surprise(DRAW.random(300))}, background)
    stream = ResidualStream(True, ignored, ForegroundDetector(background, FPS))
    scorer, network = FrameScorer(FPS, known), ClipReconstructor(lambda clips: clips)
    parts = [
        scorer.add(stream.add(clip))
        for window in stream_clips(stream.moving(frames), 5)
        for clip in network.add([window])
    ]
    return concatenated(parts)


STORIES = {
    "left": ([with_a_thing()] * round(SEC * FPS), EMPTY),
    "gone": ([EMPTY] * round(SEC * FPS), with_a_thing()),
    "stands": ([with_a_thing(n // 5 % 2) for n in range(round(SEC * FPS))], EMPTY),
}


@pytest.mark.parametrize("kind", STORIES)
def test_what_stays_is_told_apart(kind):
    scored = score(*STORIES[kind])
    assert scored.standing.shape == (SEC * FPS, 4)
    assert elected(scored.standing) == kind
    looks = np.flatnonzero(scored.standing.any(axis=1))
    assert len(looks) >= 5
    assert set(np.diff(looks)) == {FPS}


def test_nothing_is_looked_at_where_nothing_stays_or_nothing_counts():
    assert not score([EMPTY] * 60, EMPTY).standing.any()
    everything = np.ones((SIZE, SIZE), bool)
    assert not score(*STORIES["left"], everything).standing.any()


def clip_of(picture, background=EMPTY):
    frames = picture[None].astype(np.float32) / 255
    foreground = np.abs(frames - background / 255) > 0.06
    return ClipResidual(frames, frames, foreground=foreground, background=np.float32(background))


def test_what_came_after_the_last_look_has_not_moved():
    ratios = np.zeros((12, 12))
    ratios[3:6, 3:6] = 2
    watch, other = StandingWatch(FPS), np.roll(with_a_thing(), 5, axis=0)
    votes = [
        watch.add(number, clip_of(picture), 0, ratios)
        for number, picture in [(0, other), (4, other), (30, with_a_thing()), (35, with_a_thing())]
    ]
    assert [elected(vote) for vote in votes] == ["", "", "", "left"]


def test_without_a_background_nothing_is_told():
    frames = with_a_thing()[None].astype(np.float32) / 255
    watch = StandingWatch(FPS)
    assert not watch.add(0, ClipResidual(frames, frames), 0, np.ones((12, 12))).any()
