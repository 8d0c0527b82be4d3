"""Learns the background of each camera from frames of its normal footage."""

import contextlib
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.inference.normal_video import NormalVideo
from abnormal.scoring.stay import LONGEST_SEC
from abnormal.video.background import learn_background

CAMERA_SAMPLES = 100
"""Number of frames from which the background of a camera is learnt. There may be twice as many. If
it has many more videos than that, some of them are left out."""

SHORTEST_SEC = LONGEST_SEC
"""A shorter video counts as so long, in seconds, in the background. Who stands in front of the
camera may do so in all of its frames, and says no more about the place if these are a few more."""


def learn_backgrounds(videos: Sequence[NormalVideo], fps: float) -> dict[str, np.ndarray]:
    """Learns the background of each camera from frames that are spread over its footage.

    Args:
        videos: The videos, sorted by camera. One that cannot be read is left out.
        fps: Frames per second.

    Returns:
        For each camera's name its background, `(size, size)` uint8.
    """
    backgrounds = {}
    for camera, of_camera in itertools.groupby(videos, lambda video: video.camera):
        samples = _spread(_neighbours(list(of_camera)), SHORTEST_SEC * fps)
        if samples:
            backgrounds[camera] = learn_background(np.stack(samples))
    return backgrounds


def _neighbours(videos: Sequence[NormalVideo]) -> list[Sequence[NormalVideo]]:
    """Divides the videos of a camera into groups, of one video each unless there are very many."""
    size = max(1, len(videos) // CAMERA_SAMPLES)
    return [videos[first : first + size] for first in range(0, len(videos), size)]


class _Sample(NamedTuple):
    """A frame, the number of its group of videos, and its own number in its video."""

    frame: np.ndarray
    group: int
    number: int


def _spread(groups: Sequence[Sequence[NormalVideo]], shortest: float) -> list[np.ndarray]:
    """Takes frames, `(size, size)` uint8 each, in proportion to the length of the footage.

    The first frame of each video and those at a common step are taken, and then some of those that
    stand for less time than others are left out. Of each group of videos only the longest is read,
    which stands for all of them.

    Args:
        groups: The videos of a camera, in groups.
        shortest: A video counts as so many frames at least.
    """
    most = 2 * len(groups) * max(1, CAMERA_SAMPLES // len(groups))
    samples: list[_Sample] = []
    lengths: list[float] = []
    step = 1
    for group in groups:
        longest, length = max(group, key=lambda video: video.length), 0.0
        # A video that cannot be read is reported when it is measured.
        with contextlib.suppress(AbnormalError), longest.open_frames() as frames:
            for number, frame in enumerate(frames):
                length = number + 1.0
                if number % step == 0:
                    samples.append(_Sample(frame, len(lengths), number))
                while len(samples) == most:
                    step *= 2
                    samples = [sample for sample in samples if sample.number % step == 0]
        length *= _mean_length(group) / longest.length if longest.length else 1.0
        lengths.append(max(length, shortest))
    return _thin_out(samples, lengths)


def _mean_length(videos: Sequence[NormalVideo]) -> float:
    return sum(video.length for video in videos) / len(videos)


def _thin_out(samples: Sequence[_Sample], lengths: Sequence[float]) -> list[np.ndarray]:
    """Leaves out samples so that each group of videos has as many as its length demands.

    If all of them are equally long, no sample is left out.

    Args:
        samples: The samples, group by group.
        lengths: Mean number of frames in the videos of each group.
    """
    counts = np.bincount([sample.group for sample in samples], minlength=len(lengths))
    frames = [lengths[sample.group] / counts[sample.group] for sample in samples]
    wanted = np.floor(np.cumsum(frames) / max(frames, default=1.0) + 0.5)
    return [
        sample.frame
        for sample, is_wanted in zip(samples, np.diff(wanted, prepend=0.0), strict=True)
        if is_wanted
    ]
