"""Intervals of abnormal frames, as files give them for all videos of a data set.

The files of others count frames from 1 and include both ends; inside the program, and in our own
`labels.csv`, frames count from 0 and an interval ends before its second number.
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
"""First abnormal frame, and the frame behind the last one; 0-based."""

MATLAB_VARIABLE = "gt"
COLUMNS = ("video", "start_frame", "end_frame")


@dataclass(frozen=True)
class VideoRows:
    """What `labels.csv` says of one video.

    Attributes:
        intervals: Of abnormal frames; none where the video is normal from end to end.
        situation: The kind of event; several are joined by ` + `; empty where none is named.
    """

    intervals: tuple[Interval, ...]
    situation: str


def label_intervals(intervals: Iterable[Interval], frames: int) -> Annotation:
    """Labels from intervals of abnormal frames.

    Raises:
        AbnormalError: An interval is none, or ends behind the last frame.
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
    """Labels of one test video from a file of intervals of all of them.

    Args:
        path: `UCSDped1.m` or `UCSDped2.m` with a `gt_frame = [a:b, c:d]` for each test video, or
            a `.mat` such as `ped2.mat` with a cell array `gt` of two rows, starts and ends.
            Frames there are 1-based, both ends included.
        number: Of the test video, 1-based, as in its name.
        frames: How many frames the video has.

    Raises:
        AbnormalError: The file does not speak of this video, or not of so many frames.
    """
    videos = _read_mat(path) if path.suffix.lower() == ".mat" else _read_script(path)
    if not 1 <= number <= len(videos):
        raise AbnormalError(
            f"{path} has labels for {len(videos)} videos, but none for number {number}."
        )
    return label_intervals(videos[number - 1], frames)


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


def read_labels_csv(path: Path) -> dict[str, VideoRows]:
    """People's own labels: `video,start_frame,end_frame[,situation]`, a row for each interval.

    Frames count from 0, and `end_frame` is the first that is normal again. A row without numbers
    says that its video is normal from end to end.

    Raises:
        AbnormalError: A row has no video, or no whole numbers; the line is named.
    """
    videos: dict[str, tuple[list[Interval], list[str]]] = {}
    for line in _read_rows(path):
        intervals, situations = videos.setdefault(line["video"], ([], []))
        intervals += _interval(path, line)
        situations.append(line.get("situation", ""))
    return {
        video: VideoRows(tuple(intervals), " + ".join(dict.fromkeys(filter(None, situations))))
        for video, (intervals, situations) in videos.items()
    }


def _read_rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AbnormalError(f"{path} cannot be read ({error}). Save it as CSV in UTF-8.") from None
    return [  # a field too many has no name
        {key.strip().lower(): (value or "").strip() for key, value in row.items() if key}
        for row in rows
    ]


def _interval(path: Path, row: dict[str, str]) -> list[Interval]:
    start, stop = row["start_frame"], row["end_frame"]
    if not start and not stop and row["video"]:
        return []
    if not (row["video"] and start.isdecimal() and stop.isdecimal() and int(start) < int(stop)):
        raise AbnormalError(
            f"{path} has a row {','.join(row.values())!r}; expected video,start_frame,end_frame "
            "with two growing whole numbers, or with none where all of the video is normal."
        )
    return [(int(start), int(stop))]
