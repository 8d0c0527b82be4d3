"""Reads files that list the intervals of abnormal frames in all videos of a data set.

These files count frames from 1 and include both ends. In this program, frames count from 0 and an
interval ends before its second number.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from abnormal.datasets.labels.matlab import MatlabCells
from abnormal.datasets.labels.table import Interval, IntervalSec
from abnormal.datasets.source import Annotation
from abnormal.errors import AbnormalError

MATLAB_VARIABLE = "gt"
"""Name of the variable with the intervals in `.mat` files."""

_ROUNDED_SEC = 0.5
"""An interval in seconds may end so much later than the video, because people round."""

_MOST_DIGITS = 20
"""A number of a frame has fewer digits than this. Python refuses to read those of thousands."""


def annotation_from_intervals(
    intervals: Iterable[Interval], frames: int, clipped: bool = False
) -> Annotation:
    """Makes labels from intervals of abnormal frames.

    Args:
        intervals: Intervals of 0-based frame numbers, each without its end.
        frames: Number of frames of the video.
        clipped: Whether an interval may end after the last frame.

    Returns:
        Labels `(frames,)` uint8 without masks.

    Raises:
        AbnormalError: An interval is empty, or lies outside the video.
    """
    labels = np.zeros(frames, np.uint8)
    for start, stop in intervals:
        end = min(stop, frames) if clipped else stop
        if not 0 <= start < end <= frames:
            raise AbnormalError(
                f"The labels do not fit: frames {start} to {stop - 1} are called abnormal, "
                f"but the video has {frames} frames, 0 to {frames - 1}."
            )
        labels[start:end] = 1
    return Annotation(labels)


def labels_at(times_sec: np.ndarray, intervals: Iterable[IntervalSec], fps: float) -> np.ndarray:
    """Makes labels from intervals in seconds: a frame is abnormal if it is first shown in one.

    Args:
        times_sec: `(frames,)` float64, the times of the frames since the first one, in seconds.
        intervals: The intervals, each without its end.
        fps: Frames per second, by which the last frame ends.

    Returns:
        `(frames,)` uint8.

    Raises:
        AbnormalError: An interval ends more than half a second after the last frame.
    """
    labels = np.zeros(len(times_sec), np.uint8)
    end_sec = times_sec[-1] + 1 / fps
    for start, stop in intervals:
        if start >= end_sec or stop > end_sec + _ROUNDED_SEC:
            raise AbnormalError(
                f"The labels do not fit: {start:g} to {stop:g} s are called abnormal, but the "
                f"video lasts {end_sec:.2f} s."
            )
        # Times are rounded to milliseconds by many containers and many people.
        labels[(times_sec >= start - 1e-3) & (times_sec < stop - 1e-3)] = 1
    return labels


def read_intervals(path: Path, number: int, frames: int) -> Annotation:
    """Reads the labels of one test video from a file with the intervals of all test videos.

    Args:
        path: `UCSDped1.m` or `UCSDped2.m` with a `gt_frame = [a:b, c:d]` for each test video, or
            a `.mat` such as `ped2.mat` with a cell array `gt` of two rows, starts and ends.
            Frames in it count from 1, and intervals include both ends.
        number: 1-based number of the test video, as in its name.
        frames: Number of frames of the video.

    Raises:
        AbnormalError: The file has no intervals for this video, or they do not fit its frames.
    """
    try:
        videos = _read_mat(path) if path.suffix.lower() == ".mat" else _read_script(path)
    except (ValueError, OverflowError) as error:  # not a number, or one of 5,000 digits
        raise AbnormalError(
            f"{path} has something else than numbers of frames ({error})."
        ) from None
    if not 1 <= number <= len(videos):
        raise AbnormalError(
            f"{path} has labels for {len(videos)} videos, but none for number {number}."
        )
    return annotation_from_intervals(videos[number - 1], frames)


def _read_script(path: Path) -> list[list[Interval]]:
    script = re.sub(r"%.*", "", path.read_text("utf-8", "replace"))  # without its comments
    videos = re.findall(r"gt_frame\s*=\s*\[([^\]]*)\]", script)
    return [
        [(int(a) - 1, int(b or a)) for a, b in re.findall(r"(\d+)(?:\s*:\s*(\d+))?", video)]
        for video in videos
    ]


def _read_mat(path: Path) -> list[list[Interval]]:
    cells = list(MatlabCells(path, MATLAB_VARIABLE))
    odd = [cell.size for cell in cells if cell.size % 2]
    if odd:
        raise AbnormalError(
            f"{path} has a video with {odd[0]} numbers in {MATLAB_VARIABLE!r}; expected a start "
            "and an end for each interval."
        )
    return [[(int(a) - 1, int(b)) for a, b in np.reshape(cell, (2, -1)).T] for cell in cells]
