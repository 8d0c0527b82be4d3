"""Matches the rows of a table of labels to the videos that they name."""

import dataclasses
import unicodedata
from collections.abc import Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from abnormal.datasets.labels import intervals, table
from abnormal.datasets.source import TESTING, SourceVideo
from abnormal.errors import AbnormalError
from abnormal.printable import as_file_name


def attach_table(videos: Sequence[SourceVideo], path: Path) -> tuple[list[SourceVideo], list[str]]:
    """Attaches the rows of a table to the videos that they name, which become test videos.

    Returns:
        All videos, and messages to the user about rows without a video and videos without rows.

    Raises:
        AbnormalError: The table is not understood, or it is unclear which videos it names.
    """
    rows = table.read_table(path)
    found = {row: _find_video(videos, row, path) for row in rows}
    named_rows = [[rows[row] for row, named in found.items() if named == v] for v in videos]
    if path.suffix.lower() == ".txt":
        named_rows = _with_normal_rows(videos, named_rows)
    labelled = [_with_labels(v, of_v, path) for v, of_v in zip(videos, named_rows, strict=True)]
    unknown = [row for row, video in found.items() if not video]
    notes = [f"{path} names {join_names(unknown)}: there is no such video"] if unknown else []
    return labelled, notes + missing_labels(labelled, path)


def _with_normal_rows(
    videos: Sequence[SourceVideo], named_rows: Sequence[list[table.VideoLabels]]
) -> list[list[table.VideoLabels]]:
    """Adds rows for the normal videos of XD-Violence, which its file leaves out.

    They are test videos where others in the same folder are listed. Elsewhere they may be the
    normal videos for training.
    """
    tested = {Path(v.name).parent for v, rows in zip(videos, named_rows, strict=True) if rows}
    normal = table.VideoLabels((), "")
    return [
        [normal]
        if not rows
        and table.says_normal(video.name)
        and (video.split == TESTING or Path(video.name).parent in tested)
        else rows
        for video, rows in zip(videos, named_rows, strict=True)
    ]


def _with_labels(video: SourceVideo, rows: Sequence[table.VideoLabels], path: Path) -> SourceVideo:
    """Attaches to a video the rows of all the names under which a table lists it."""
    if not rows:
        return video
    situations = dict.fromkeys(row.situation for row in rows if row.situation)
    all_intervals = [interval for row in rows for interval in row.intervals]
    clipped = any(row.clipped for row in rows)
    return dataclasses.replace(
        video,
        split=TESTING,
        situation=" + ".join(situations) or video.situation,
        annotate=partial(intervals.annotation_from_intervals, all_intervals, clipped=clipped),
        abnormal_sec=tuple(interval for row in rows for interval in row.intervals_sec),
        annotation_path=path,
        mask_path=None,
        may_be_normal=all(row.says_normal for row in rows),
    )


def _find_video(videos: Sequence[SourceVideo], row: str, path: Path) -> SourceVideo | None:
    """Finds the video with a name, which may lack its folders or have its suffix.

    Returns:
        The video, or None if no video or several test videos have that name. If several have the
        full name, a test video is preferred.

    Raises:
        AbnormalError: Several videos have that name, and one of them would be trained on.
    """
    named = PurePosixPath(row.replace("\\", "/"))
    for plain in (named, named.with_suffix("") if named.name else named):
        name = "/".join(map(as_file_name, plain.parts))
        # File systems of other machines know no upper case.
        for key in (same_letters, lambda text: same_letters(text).lower()):
            wanted = key(name)
            found = [video for video in videos if key(video.name) == wanted]
            if found:
                return min(found, key=lambda video: video.split != TESTING)
            found = [video for video in videos if key(Path(video.name).name) == wanted]
            if len(found) > 1 and any(video.split != TESTING for video in found):
                names = join_names([video.name for video in found])
                raise AbnormalError(
                    f"{path} names {row!r}, which may be any of {names}. Write its folder, too."
                )
            if found:
                return found[0] if len(found) == 1 else None
    return None


def same_letters(name: str) -> str:
    """Returns a name with each letter as one character: macOS writes umlauts as two."""
    return unicodedata.normalize("NFC", name)


def missing_labels(videos: Sequence[SourceVideo], path: Path) -> list[str]:
    """Says which test videos have no labels in a file or folder, in at most one message."""
    lacking = [v.name for v in videos if v.split == TESTING and not v.annotate]
    return [f"{path} has no labels for {join_names(lacking)}"] if lacking else []


def join_names(names: Sequence[str]) -> str:
    """Joins names for a message, of many only the first five."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
