"""Reads tables with a row for each interval of abnormal frames, in which rows name their videos.

These are the user's own `labels.csv`, and the text files of two published data sets:

    video,start_frame,end_frame,situation         frames from 0; `end_frame` is normal again
    video,start_sec,end_sec                       seconds, or 1:02:03.5
    Abuse028_x264.mp4  Abuse  165  240  -1  -1    UCF-Crime: from 1, both ends included
    Bad.Boys.1995__#01-11-55_label_G-B2-B6 100 357 405 610       XD-Violence: from 0, as above

Sultani, Chen and Shah, "Real-world anomaly detection in surveillance videos", CVPR 2018.
Wu et al., "Not only look, but also listen: learning multimodal violence detection under weak
supervision", ECCV 2020. Its normal videos are not listed: their names end with `_label_A`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from abnormal.datasets.labels.text import is_number, read_rows, read_text
from abnormal.errors import AbnormalError

Interval = tuple[int, int]
"""0-based numbers of the first abnormal frame, and of the frame after the last one."""

IntervalSec = tuple[float, float]
"""When an interval of abnormal frames begins and ends, in seconds since the first frame."""

SUFFIXES = (".csv", ".tsv", ".txt")

_FRAMES, _SECONDS = ("start_frame", "end_frame"), ("start_sec", "end_sec")
_COLUMNS = {"video", "situation", *_FRAMES, *_SECONDS}
_DELIMITERS = ",;\t|"

# Python refuses to read numbers of thousands of digits.
_NUMBER, _NUMBER_OR_NONE = re.compile(r"[0-9]{1,18}"), re.compile(r"-?[0-9]{1,18}")

_EXPECTED = (
    "expected video,start_frame,end_frame with two growing whole numbers, video,start_sec,end_sec "
    "with two growing times, or nothing after the video where all of it is normal"
)

_XD_SITUATIONS = {
    **{"B1": "fighting", "B2": "shooting", "B4": "riot", "B5": "abuse"},
    **{"B6": "car accident", "G": "explosion"},
}


@dataclass(frozen=True)
class VideoLabels:
    """What a table says about one video.

    Attributes:
        intervals: Intervals of abnormal frames.
        situation: The kinds of events, joined by ` + `; empty if there are none.
        intervals_sec: Intervals of abnormal frames in seconds.
        clipped: Whether intervals may end after the last frame, as some published ones do.
    """

    intervals: tuple[Interval, ...]
    situation: str
    intervals_sec: tuple[IntervalSec, ...] = ()
    clipped: bool = False

    @property
    def says_normal(self) -> bool:
        """Whether the table says that the whole video is normal."""
        return not self.intervals and not self.intervals_sec


@dataclass(frozen=True)
class _Row:
    video: str
    situation: str
    intervals: tuple[Interval, ...] = ()
    intervals_sec: tuple[IntervalSec, ...] = ()


def is_table(path: Path) -> bool:
    """Whether a file has rows that name videos, rather than one number for each frame.

    A file that is neither is called a table, so that reading it says what is wrong.

    Raises:
        AbnormalError: The file cannot be read.
    """
    if path.suffix.lower() not in SUFFIXES:
        return False
    text = _read(path)
    if path.suffix.lower() == ".txt":
        return not is_number((text.replace(",", " ").split() or ["0"])[0])
    _, header, rows = _split(path, text)
    last_cells = [cells[-1].strip() for _, cells in rows] or header[-1:]
    is_vector = last_cells and all(map(is_number, last_cells))
    is_zero_or_one = is_vector and all(float(cell) in (0, 1) for cell in last_cells)
    has_names = any(not is_number(cells[0].strip()) for _, cells in rows) or not rows
    return bool(_COLUMNS & set(header)) or not is_vector or (has_names and not is_zero_or_one)


def read_table(path: Path) -> dict[str, VideoLabels]:
    """Reads a table of the user's own, or one of the published text files.

    Returns:
        The labels by the name of the video, as it stands in the file.

    Raises:
        AbnormalError: The file cannot be read, has no such columns, or has a row that is not
            understood. The message contains the row and the number of its line.
    """
    is_published = path.suffix.lower() == ".txt"
    videos: dict[str, list[_Row]] = {}
    for row in _read_published(path) if is_published else _read_own(path):
        videos.setdefault(row.video, []).append(row)
    return {
        video: VideoLabels(
            tuple(interval for row in rows for interval in row.intervals),
            " + ".join(dict.fromkeys(row.situation for row in rows if row.situation)),
            tuple(interval for row in rows for interval in row.intervals_sec),
            is_published,
        )
        for video, rows in videos.items()
    }


def says_normal(name: str) -> bool:
    """Whether the name of a video says that it is normal, as those of XD-Violence do.

    Its text file lists only the other videos.
    """
    return name.lower().endswith("_label_a")


def _read(path: Path) -> str:
    try:
        return read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise AbnormalError(f"{path} cannot be read ({error}). Save it as CSV in UTF-8.") from None


def _read_own(path: Path) -> Iterator[_Row]:
    delimiter, header, rows = _split(path, _read(path))
    has_times = any(set(columns).issubset(header) for columns in (_FRAMES, _SECONDS))
    if "video" not in header or not has_times:
        raise AbnormalError(
            f"{path} begins with {delimiter.join(header)!r}. Expected: a line with the names "
            "video,start_frame,end_frame or video,start_sec,end_sec, and rows below it."
        )
    for line, cells in rows:
        named = dict(zip(header, map(str.strip, cells), strict=False))
        row = _parse(named)
        if row is None:
            raise AbnormalError(
                f"{path} has a row {delimiter.join(cells)!r}; {_EXPECTED}. It is line {line}."
            )
        yield row


def _split(path: Path, text: str) -> tuple[str, list[str], list[tuple[int, list[str]]]]:
    """Splits the text of a table into cells, whatever program wrote it.

    Returns:
        The delimiter, the names in the header in lower case, and the cells of each row below it
        with the number of its line. A row of blanks is left out.

    Raises:
        AbnormalError: A cell never ends.
    """
    lines = text.splitlines()
    skipped = bool(lines) and lines[0].lower().startswith("sep=")  # a mark for Excel
    first = lines[skipped] if len(lines) > skipped else ""
    try:
        headers = {mark: _names(next(read_rows([first], mark), (0, []))[1]) for mark in _DELIMITERS}
        delimiter = max(_DELIMITERS, key=lambda mark: len(_COLUMNS & set(headers[mark])))
        rows = [(line + skipped, cells) for line, cells in read_rows(lines[skipped:], delimiter)]
    except ValueError as error:
        raise AbnormalError(f"{path} cannot be read: {error}. Is a quote missing?") from None
    return delimiter, headers[delimiter], rows[1:]


def _names(cells: Sequence[str]) -> list[str]:
    return [cell.strip().lower().replace(" ", "_") for cell in cells]


def _parse(row: Mapping[str, str]) -> _Row | None:
    """Reads the cells of a row by their columns; None if they are not understood."""
    video, situation = row.get("video", ""), row.get("situation", "")
    frames = [row.get(column, "") for column in _FRAMES]
    seconds = [row.get(column, "") for column in _SECONDS]
    if not video:
        return None
    if not any(frames + seconds):
        return _Row(video, situation)
    if any(frames):
        if all(map(_NUMBER.fullmatch, frames)) and int(frames[0]) < int(frames[1]):
            return _Row(video, situation, ((int(frames[0]), int(frames[1])),))
        return None
    start, stop = map(_seconds, seconds)
    if start is None or stop is None or not start < stop:
        return None
    return _Row(video, situation, (), ((start, stop),))


def _seconds(text: str) -> float | None:
    """Reads `12.5`, `12,5`, `1:02` or `1:02:03.5`; None for anything else."""
    match = re.fullmatch(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d*)?)", text)
    if not match:
        return None
    hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in match.groups())
    return 3600 * hours + 60 * minutes + seconds


def _read_published(path: Path) -> Iterator[_Row]:
    for line, text in enumerate(_read(path).splitlines(), 1):
        words = text.split()
        if not words:
            continue
        row = _parse_ucf_crime(words) or _parse_xd_violence(words)
        if row is None:
            raise AbnormalError(
                f"{path} has a line {text!r}; expected a video with the two ends of its intervals, "
                f"as UCF-Crime and XD-Violence publish them. It is line {line}."
            )
        yield row


def _parse_ucf_crime(words: Sequence[str]) -> _Row | None:
    if len(words) < 4 or len(words) % 2 or is_number(words[1]):
        return None
    pairs = _pairs(words[2:])
    if pairs is None or any((start < 0) != (stop < 0) or start > stop for start, stop in pairs):
        return None
    found = tuple((max(start, 1) - 1, stop) for start, stop in pairs if start >= 0)
    return _Row(words[0], words[1] if found else "", found)


def _parse_xd_violence(words: Sequence[str]) -> _Row | None:
    pairs = _pairs(words[1:]) if len(words) > 2 else None
    if pairs is None or any(not 0 <= start < stop for start, stop in pairs):
        return None
    codes = words[0].removesuffix(".mp4").rpartition("_label_")[2].split("-")
    situations = [_XD_SITUATIONS[code] for code in codes if code in _XD_SITUATIONS]
    return _Row(words[0], " + ".join(situations), tuple(pairs))


def _pairs(words: Sequence[str]) -> list[tuple[int, int]] | None:
    if len(words) % 2 or not all(map(_NUMBER_OR_NONE.fullmatch, words)):
        return None
    numbers = list(map(int, words))
    return list(zip(numbers[::2], numbers[1::2], strict=True))
