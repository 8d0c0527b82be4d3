"""Which labels of a file or folder belong to which video."""

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from abnormal.datasets.labels import intervals, masks, matlab, vectors
from abnormal.datasets.source import TESTING, Annotate, SourceVideo
from abnormal.errors import AbnormalError
from abnormal.files import list_folder
from abnormal.video.decode import count_frames, is_video
from abnormal.video.pictures import list_pictures

SUFFIXES = (".csv", ".m", ".mat", ".npy", ".npz", ".txt")


def find_labels(root: Path) -> Path | None:
    """The labels that somebody put into a data set's folder: `labels.csv`, `labels/` and the like.

    Raises:
        AbnormalError: There are several.
    """
    found = [
        entry
        for entry in list_folder(root)
        if entry.stem.lower() == "labels" and (entry.is_dir() or entry.suffix.lower() in SUFFIXES)
    ]
    if len(found) > 1:
        names = ", ".join(entry.name for entry in found)
        raise AbnormalError(f"There are several labels in {root}: {names}. Choose with --labels.")
    return found[0] if found else None


def attach_labels(videos: Sequence[SourceVideo], path: Path) -> tuple[list[SourceVideo], list[str]]:
    """Gives videos the labels that a file or folder has for them.

    Args:
        videos: Of a data set. Test videos get labels in place of those that they have; a video
            that a `labels.csv` names is for testing.
        path: A folder with a file or a folder of masks for each test video, by its name; or one
            file of all of them: intervals (`labels.csv`, `.m`, `.mat`), arrays by name (`.npz`),
            or a number for each frame of one after the other (`.npy`, `.txt`, `.csv`).

    Returns:
        All videos, and what a user should know: videos without labels, labels without a video.

    Raises:
        AbnormalError: There are no labels at `path`, or they cannot be told apart.
    """
    if not path.exists():
        raise AbnormalError(f"There is no file or folder {path}. Check the path of the labels.")
    if path.is_file() and _names_videos(path):
        return _attach_rows(videos, path)
    tested = [video for video in videos if video.split == TESTING]
    if not tested:
        return list(videos), [f"{path} is not used: no video is for testing"]
    found = _readers(tested, path)
    labelled = [
        dataclasses.replace(video, annotate=annotate, annotation_path=origin)
        for video in tested
        for annotate, origin in [found.get(video.name, (None, None))]
    ]
    rest = [video for video in videos if video.split != TESTING]
    return rest + labelled, _without_labels(labelled, path)


def labels_in(folder: Path, name: str) -> tuple[Annotate, Path] | tuple[None, None]:
    """The labels of one video in a folder of labels.

    Args:
        folder: Holds `01.npy`, `1_label.mat`, `Test001_gt/` or the like.
        name: Of the video, such as `"01"` or `"Test001"`.
    """
    entries = list_folder(folder) if folder.is_dir() else []
    for entry in entries:
        if _key(entry.stem if entry.is_file() else entry.name) == _key(name):
            if entry.is_dir():
                return partial(masks.read_mask_folder, entry), entry
            if entry.suffix.lower() == ".mat":
                return partial(masks.read_mask_mat, entry), entry
            if entry.suffix.lower() in vectors.SUFFIXES:
                return partial(vectors.read_vector, entry), entry
    return None, None


def number_of(name: str) -> int | None:
    """The number at the end of a video's name: 1 of `"Test001"`."""
    digits = re.search(r"(\d+)$", name)
    return int(digits[1]) if digits else None


def _key(name: str) -> str:
    """What is the same in the names of a video and of its labels: `1` of `01`, `Test001_gt`."""
    plain = re.sub(r"_(gt|label)$", "", name.lower())
    digits = re.fullmatch(r"(?:test)?(\d+)", plain)
    return str(int(digits[1])) if digits else plain


def _names_videos(path: Path) -> bool:
    if path.suffix.lower() != ".csv":
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        columns = {column.strip().lower() for column in file.readline().split(",")}
    return columns.issuperset(intervals.COLUMNS)


def _attach_rows(videos: Sequence[SourceVideo], path: Path) -> tuple[list[SourceVideo], list[str]]:
    rows = intervals.read_labels_csv(path)
    found = {row: _find_video(videos, row) for row in rows}
    labelled = [
        _with_rows(video, [rows[row] for row, named in found.items() if named == video], path)
        for video in videos
    ]
    unknown = [row for row, video in found.items() if not video]
    remarks = [f"{path} names {_some(unknown)}: there is no such video"] if unknown else []
    return labelled, remarks + _without_labels(labelled, path)


def _with_rows(video: SourceVideo, rows: Sequence[intervals.VideoRows], path: Path) -> SourceVideo:
    """A video with what is said of it under all the names that somebody gave it."""
    if not rows:
        return video
    situations = dict.fromkeys(row.situation for row in rows if row.situation)
    together = [interval for row in rows for interval in row.intervals]
    return dataclasses.replace(
        video,
        split=TESTING,
        situation=" + ".join(situations) or video.situation,
        annotate=partial(intervals.label_intervals, together),
        annotation_path=path,
    )


def _find_video(videos: Sequence[SourceVideo], name: str) -> SourceVideo | None:
    """The video of a name, with or without its folders and its ending; one for testing first."""
    plain = str(Path(name).with_suffix("")) if is_video(Path(name)) else name
    for wanted in (lambda v: v.name == plain, lambda v: Path(v.name).name == plain):
        found = sorted(filter(wanted, videos), key=lambda video: video.split != TESTING)
        if len(found) == 1 or (found and found[0].name == plain):
            return found[0]
    return None


def _readers(tested: Sequence[SourceVideo], path: Path) -> dict[str, tuple[Annotate, Path]]:
    """By the names of the videos, what reads their labels."""
    if path.is_dir():
        return _readers_in_folder(tested, path)
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return _readers_of_members(tested, path)
    if suffix == ".m" or (suffix == ".mat" and _has(path, intervals.MATLAB_VARIABLE)):
        numbers = _numbers(tested, path)
        return {v: (partial(intervals.read_intervals, path, n), path) for v, n in numbers.items()}
    if suffix == ".mat":
        if len(tested) > 1:
            raise AbnormalError(
                f"{path} has the masks of one video, but {len(tested)} are for testing. Put a file "
                "for each into one folder, and name that."
            )
        return {tested[0].name: (partial(masks.read_mask_mat, path), path)}
    if suffix not in vectors.SUFFIXES:
        raise AbnormalError(f"{path} is no file of labels. Expected: {', '.join(SUFFIXES)}.")
    if len(tested) == 1:
        return {tested[0].name: (partial(vectors.read_vector, path), path)}
    lengths = [_length(video) for video in tested]
    return {
        video.name: (partial(vectors.read_part, path, lengths, place), path)
        for place, video in enumerate(tested)
    }


def _readers_in_folder(
    tested: Sequence[SourceVideo], folder: Path
) -> dict[str, tuple[Annotate, Path]]:
    leaves = Counter(Path(video.name).name for video in tested)
    found = {}
    for video in tested:
        name = Path(video.name)
        places = [folder / name.parent, *([folder] if leaves[name.name] == 1 else [])]
        for place in places:
            annotate, path = labels_in(place, name.name)
            if annotate and path and video.name not in found:
                found[video.name] = annotate, path
    if not found:
        raise AbnormalError(
            f"There are no labels in {folder} for any of {_some([v.name for v in tested])}. "
            "Expected files or folders of masks with the names of the videos."
        )
    return found


def _readers_of_members(
    tested: Sequence[SourceVideo], path: Path
) -> dict[str, tuple[Annotate, Path]]:
    keys = vectors.members(path)
    if "0" in keys and all(key.isdecimal() for key in keys):  # counted, from 0
        wanted = {video: str(number - 1) for video, number in _numbers(tested, path).items()}
    else:
        by_name = {_key(key.removesuffix(".npy")): key for key in keys}
        wanted = {v.name: by_name.get(_key(Path(v.name).name), "") for v in tested}
    return {
        video: (partial(vectors.read_member, path, key), path)
        for video, key in wanted.items()
        if key in keys
    }


def _numbers(tested: Sequence[SourceVideo], path: Path) -> dict[str, int]:
    numbers = {video.name: number_of(video.name) for video in tested}
    if len(set(numbers.values())) != len(tested):
        raise AbnormalError(
            f"{path} counts its videos, but the test videos cannot be told apart by the numbers "
            "at the ends of their names. Name a folder with a file for each, or a labels.csv."
        )
    return {name: number for name, number in numbers.items() if number is not None}


def _has(path: Path, variable: str) -> bool:
    return variable in matlab.variables(path)


def _length(video: SourceVideo) -> int:
    if video.path is None:
        return 0
    return len(list_pictures(video.path)) if video.path.is_dir() else count_frames(video.path)


def _without_labels(videos: Sequence[SourceVideo], path: Path) -> list[str]:
    lacking = [v.name for v in videos if v.split == TESTING and not v.annotate]
    return [f"{path} has no labels for {_some(lacking)}"] if lacking else []


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
