"""Matches the labels in a file or folder to the videos of a data set."""

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from abnormal.datasets.labels import intervals, masks, matlab, table, vectors
from abnormal.datasets.labels.rows import attach_table, join_names, missing_labels, same_letters
from abnormal.datasets.source import TESTING, Annotate, SourceVideo
from abnormal.errors import AbnormalError
from abnormal.files import list_folder
from abnormal.reading import require_regular
from abnormal.video.decode import count_frames, is_video
from abnormal.video.pages import count_pages, has_pages
from abnormal.video.pictures import list_frames

SUFFIXES = (".csv", ".m", ".mat", ".npy", ".npz", ".tsv", ".txt")

_PUBLISHED_NAMES = {
    "temporal_anomaly_annotation_for_testing_videos.txt",  # UCF-Crime
    "annotations.txt",  # XD-Violence
}


def find_labels(root: Path) -> Path | None:
    """Finds labels in the folder of a data set: `labels.csv`, `labels/` or the like.

    Returns:
        The file or folder of labels, or None if there is none.

    Raises:
        AbnormalError: There are several, or one in an unknown form, which must not be ignored.
    """
    named = [
        entry
        for entry in list_folder(root)
        if (entry.stem.lower() == "labels" and not is_video(entry))
        or (entry.name.lower() in _PUBLISHED_NAMES)
    ]
    found = [entry for entry in named if entry.is_dir() or entry.suffix.lower() in SUFFIXES]
    if named and not found:
        raise AbnormalError(
            f"{named[0]} is no file of labels that can be read. Expected: {', '.join(SUFFIXES)}. "
            "Save it in one of these forms, or give it another name."
        )
    if len(found) > 1:
        names = ", ".join(entry.name for entry in found)
        raise AbnormalError(f"There are several labels in {root}: {names}. Choose with --labels.")
    return found[0] if found else None


def attach_labels(videos: Sequence[SourceVideo], path: Path) -> tuple[list[SourceVideo], list[str]]:
    """Attaches the labels in a file or folder to the videos that they belong to.

    Args:
        videos: All videos of a data set. The labels of test videos are replaced. A video that a
            table names becomes a test video.
        path: A folder with one file, or one folder of masks, for each test video, with its name;
            or a file for all test videos: a table that names them (`labels.csv`), intervals (`.m`,
            `.mat`), arrays by name (`.npz`), or one number per frame of all videos in order
            (`.npy`, `.txt`, `.csv`).

    Returns:
        All videos, and messages to the user about videos without labels and labels without video.

    Raises:
        AbnormalError: There are no labels at `path`, or it is unclear to which videos they belong.
    """
    if not path.exists():
        raise AbnormalError(f"There is no file or folder {path}. Check the path of the labels.")
    require_regular(path)
    if path.is_file() and table.is_table(path):
        return attach_table(videos, path)
    tested = [video for video in videos if video.split == TESTING]
    if not tested:
        return list(videos), [f"{path} is not used: no video is for testing"]
    found = _label_readers(tested, path)
    labelled = [
        dataclasses.replace(video, annotate=annotate, annotation_path=origin, mask_path=None)
        for video in tested
        for annotate, origin in [found.get(video.name, (None, None))]
    ]
    rest = [video for video in videos if video.split != TESTING]
    return rest + labelled, missing_labels(labelled, path)


def find_video_labels(folder: Path, name: str) -> tuple[Annotate, Path] | tuple[None, None]:
    """Finds the labels of one video in a folder of labels.

    Args:
        folder: A folder that contains `01.npy`, `1_label.mat`, `Test001_gt/` or the like.
        name: Name of the video without folders, such as `"01"` or `"Test001"`.

    Returns:
        A function that reads the labels, and their path; or None twice if there are none.
    """
    entries = list_folder(folder) if folder.is_dir() else []
    for entry in entries:
        if _match_key(entry.stem if entry.is_file() else entry.name) == _match_key(name):
            if entry.is_dir():
                return partial(masks.read_mask_folder, entry), entry
            if entry.suffix.lower() == ".mat":
                return partial(masks.read_mask_mat, entry), entry
            if entry.suffix.lower() in vectors.SUFFIXES:
                return partial(vectors.read_vector, entry), entry
    return None, None


def trailing_number(name: str) -> int | None:
    """Returns the number at the end of a video's name: 1 for `"Test001"`; None if there is none."""
    digits = re.search(r"(\d+)$", name)
    return int(digits[1]) if digits else None


def _match_key(name: str) -> str:
    """Returns a key that is equal for a video and its labels: `"1"` for `01` and `Test001_gt`."""
    plain = re.sub(r"_(gt|label)$", "", same_letters(name).lower())
    digits = re.fullmatch(r"(?:test)?(\d+)", plain)
    return str(int(digits[1])) if digits else plain


def _label_readers(tested: Sequence[SourceVideo], path: Path) -> dict[str, tuple[Annotate, Path]]:
    """Maps the name of each video to the function that reads its labels, and to their path."""
    if path.is_dir():
        return _readers_in_folder(tested, path)
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return _readers_in_npz(tested, path)
    if suffix == ".m" or (suffix == ".mat" and _has_variable(path, intervals.MATLAB_VARIABLE)):
        numbers = _video_numbers(tested, path)
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
    lengths = [_frame_count(video) for video in tested]
    return {
        video.name: (partial(vectors.read_concatenated, path, lengths, index), path)
        for index, video in enumerate(tested)
    }


def _readers_in_folder(
    tested: Sequence[SourceVideo], folder: Path
) -> dict[str, tuple[Annotate, Path]]:
    base_names = Counter(Path(video.name).name for video in tested)
    found = {}
    for video in tested:
        name = Path(video.name)
        candidates = [
            _sub_folder(folder, name.parent),
            *([folder] if base_names[name.name] == 1 else []),
        ]
        for candidate in candidates:
            annotate, path = find_video_labels(candidate, name.name)
            if annotate and path and video.name not in found:
                found[video.name] = annotate, path
    if not found:
        raise AbnormalError(
            f"There are no labels in {folder} for any of {join_names([v.name for v in tested])}. "
            "Expected files or folders of masks with the names of the videos."
        )
    return found


def _sub_folder(folder: Path, relative: Path) -> Path:
    """Returns a folder below another one, whichever way its letters are written on the disk."""
    for part in relative.parts:
        entries = list_folder(folder) if folder.is_dir() else []
        same = (entry for entry in entries if same_letters(entry.name) == same_letters(part))
        folder = next(same, folder / part)
    return folder


def _readers_in_npz(tested: Sequence[SourceVideo], path: Path) -> dict[str, tuple[Annotate, Path]]:
    keys = vectors.array_names(path)
    if "0" in keys and all(key.isdecimal() for key in keys):  # videos are numbered from 0
        wanted = {video: str(number - 1) for video, number in _video_numbers(tested, path).items()}
    else:
        by_name = {_match_key(key.removesuffix(".npy")): key for key in keys}
        wanted = {v.name: by_name.get(_match_key(Path(v.name).name), "") for v in tested}
    return {
        video: (partial(vectors.read_member, path, key), path)
        for video, key in wanted.items()
        if key in keys
    }


def _video_numbers(tested: Sequence[SourceVideo], path: Path) -> dict[str, int]:
    numbers = {video.name: trailing_number(video.name) for video in tested}
    if len(set(numbers.values())) != len(tested):
        raise AbnormalError(
            f"{path} counts its videos, but the test videos cannot be told apart by the numbers "
            "at the ends of their names. Name a folder with a file for each, or a labels.csv."
        )
    return {name: number for name, number in numbers.items() if number is not None}


def _has_variable(path: Path, variable: str) -> bool:
    return variable in matlab.variable_names(path)


def _frame_count(video: SourceVideo) -> int:
    if video.path is None:
        return 0
    if video.path.is_dir():
        return len(list_frames(video.path))
    return count_pages(video.path) if has_pages(video.path) else count_frames(video.path)
