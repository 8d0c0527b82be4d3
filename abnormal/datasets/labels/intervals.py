"""Reads files that list the intervals of abnormal frames in all videos of a data set.

The files of published data sets count frames from 1 and include both ends. In this program, and in
its own `labels.csv`, frames count from 0 and an interval ends before its second number.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from abnormal.datasets.labels.matlab import MatlabCells
from abnormal.datasets.source import Annotation
from abnormal.errors import AbnormalError

Interval = tuple[int, int]
"""0-based numbers of the first abnormal frame, and of the frame after the last one."""

MATLAB_VARIABLE = "gt"
"""Name of the variable with the intervals in `.mat` files."""

COLUMNS = ("video", "start_frame", "end_frame")
"""Columns of `labels.csv`; a further column `situation` is optional."""

_MOST_DIGITS = 20
"""A number of a frame has fewer digits than this. Python refuses to read those of thousands."""


@dataclass(frozen=True)
class VideoLabels:
    """The content of `labels.csv` about one video.

    Attributes:
        intervals: Intervals of abnormal frames; empty if the whole video is normal.
        situation: The kinds of events, joined by ` + `; empty if there are none.
    """

    intervals: tuple[Interval, ...]
    situation: str


def annotation_from_intervals(intervals: Iterable[Interval], frames: int) -> Annotation:
    """Makes labels from intervals of abnormal frames.

    Args:
        intervals: Intervals of 0-based frame numbers, each without its end.
        frames: Number of frames of the video.

    Returns:
        Labels `(frames,)` uint8 without masks.

    Raises:
        AbnormalError: An interval is empty, or ends after the last frame.
    """
    labels = np.zeros(frames, np.uint8)
    for start, stop in intervals:
        if not 0 <= start < stop <= frames:
            raise AbnormalError(
                f"The labels do not fit: frames {start} to {stop - 1} are called abnormal, "
                f"but the video has {frames} frames, 0 to {frames - 1}."
            )
        labels[start:stop] = 1
    return Annotation(labels)


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


def read_labels_csv(path: Path) -> dict[str, VideoLabels]:
    """Reads the user's own labels: `video,start_frame,end_frame[,situation]`, a row per interval.

    Frames count from 0, and `end_frame` is the first frame that is normal again. A row without
    numbers means that the whole video is normal.

    Returns:
        The labels by the name of the video, as it stands in the file.

    Raises:
        AbnormalError: A row has no video, or has start and end frames that are not ascending whole
            numbers. The message contains the row.
    """
    videos: dict[str, tuple[list[Interval], list[str]]] = {}
    for row in _read_rows(path):
        intervals, situations = videos.setdefault(row["video"], ([], []))
        intervals += _intervals_of_row(path, row)
        situations.append(row.get("situation", ""))
    return {
        video: VideoLabels(tuple(intervals), " + ".join(dict.fromkeys(filter(None, situations))))
        for video, (intervals, situations) in videos.items()
    }


def _read_rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AbnormalError(f"{path} cannot be read ({error}). Save it as CSV in UTF-8.") from None
    return [  # a surplus field has no column name
        {key.strip().lower(): (value or "").strip() for key, value in row.items() if key}
        for row in rows
    ]


def _intervals_of_row(path: Path, row: dict[str, str]) -> list[Interval]:
    """Returns the interval in a row, or no interval if the row says that its video is normal."""
    start, stop = row["start_frame"], row["end_frame"]
    if not start and not stop and row["video"]:
        return []
    numbers = all(number.isdecimal() and len(number) < _MOST_DIGITS for number in (start, stop))
    if not (row["video"] and numbers and int(start) < int(stop)):
        raise AbnormalError(
            f"{path} has a row {','.join(row.values())!r}; expected video,start_frame,end_frame "
            "with two growing whole numbers, or with none where all of the video is normal."
        )
    return [(int(start), int(stop))]
