"""Footage in which squares go by, a network that halves it, and the scores of frames."""

import contextlib
import functools

import numpy as np

from abnormal.inference.normal_video import NormalVideo
from abnormal.inference.score import frame_scores, residuals
from abnormal.inference.stream import FrameScorer, open_stream

SIZE, FPS, LENGTH = 48, 5.0, 5


def halved(clips):
    return clips / 2


def walking(count, seed, speed=1.0, row=20):
    """Squares that go by, one after the other, in front of a wall."""
    draw = np.random.default_rng(seed)
    wall = np.random.default_rng(99).integers(90, 160, (SIZE, SIZE), np.uint8)
    frames = np.repeat(wall[None], count, axis=0)
    left, pace = 0.0, speed
    for frame in frames:
        left += pace
        if left > SIZE - 8:
            left, pace = 0.0, speed * draw.uniform(0.8, 1.2)
        frame[row : row + 12, int(left) : int(left) + 8] = 240
    return frames


@contextlib.contextmanager
def opened(frames):
    yield iter(frames)


def video(frames, name="01", camera="", held_out=True):
    return NormalVideo(name, camera, functools.partial(opened, frames), len(frames), held_out)


def scored(frames, calibration, camera=""):
    normality = calibration.normality(camera)
    stream = open_stream(normality, FPS)
    return frame_scores(residuals(frames, halved, LENGTH, stream), FrameScorer(FPS, normality))
