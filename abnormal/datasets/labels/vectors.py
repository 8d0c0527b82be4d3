"""One number per frame, as `.npy`, `.npz`, `.txt` or `.csv`; a `.npy` may hold masks as well."""

import csv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from abnormal.datasets.labels.masks import annotation_from_masks
from abnormal.datasets.source import Annotation
from abnormal.errors import AbnormalError

SUFFIXES = (".npy", ".txt", ".csv")

_FIRST_BYTES = (b"\x93", b"\x80")
"""Of a `.npy`, and of a pickle under that name."""


def read_vector(path: Path, frames: int) -> Annotation:
    """Labels of one video: 0 or 1 for each frame, or a mask for each (`.npy` only).

    Raises:
        AbnormalError: The file is damaged, pickled, or holds something else.
    """
    array = read_array(path)
    if array.ndim == 3:
        return annotation_from_masks(array)
    return Annotation(_as_labels(path, array))


def read_member(path: Path, key: str, frames: int) -> Annotation:
    """Labels of one video from a `.npz` of all of them."""
    return Annotation(_as_labels(path, _load(path, key)))


def read_part(path: Path, lengths: Sequence[int], place: int, frames: int) -> Annotation:
    """Labels of one video from those of all test videos, one after the other.

    Args:
        path: The file.
        lengths: Frames of each test video, in natural order of their names.
        place: Which of them is meant.
        frames: How many frames it turned out to have.

    Raises:
        AbnormalError: There are more or fewer labels than frames in all of them together.
    """
    labels = _as_labels(path, read_array(path))
    if len(labels) != sum(lengths):
        raise AbnormalError(
            f"The labels do not fit: {len(labels)} labels in {path} for {sum(lengths)} frames "
            f"in the {len(lengths)} test videos together."
        )
    start = sum(lengths[:place])
    return Annotation(labels[start : start + lengths[place]])


def members(path: Path) -> list[str]:
    """The names of the arrays in a `.npz`.

    Raises:
        AbnormalError: It is damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return list(stored.files)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise _unreadable(path, error) from None


def read_array(path: Path) -> np.ndarray:
    """The numbers in a `.npy` (mapped from the disk), `.txt` or `.csv`.

    Of a `.csv` the last column is taken; a first row of names is passed over.

    Raises:
        AbnormalError: The file is damaged, or pickled.
    """
    if path.suffix.lower() == ".npy":
        return _load(path)
    try:
        text = path.read_text("utf-8-sig")
        if path.suffix.lower() == ".csv":
            cells = [row[-1] for row in csv.reader(text.splitlines()) if row]
            return np.array(cells[1:] if cells and not _is_number(cells[0]) else cells, np.float64)
        return np.array(text.replace(",", " ").split(), np.float64)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _load(path: Path, key: str | None = None) -> np.ndarray:
    try:
        with path.open("rb") as file:
            if key is not None:
                with np.load(file, allow_pickle=False) as stored:
                    return stored[key]
            if file.read(1) not in _FIRST_BYTES:
                raise ValueError("it is no .npy file")
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> AbnormalError:
    if "allow_pickle" in str(error) or "Python objects" in str(error):
        return AbnormalError(
            f"{path} holds pickled Python objects, which are never loaded: they may run code. If "
            "you trust it, save its arrays by name instead: np.savez('labels.npz', **{'01': ...})."
        )
    expected = "Expected: numbers 0 and 1"
    if path.suffix.lower() == ".csv":
        expected += ", or rows below the names video,start_frame,end_frame"
    return AbnormalError(f"{path} cannot be read as labels ({error}). {expected}.")


def _as_labels(path: Path, array: np.ndarray) -> np.ndarray:
    if array.ndim > 1 and array.size != max(array.shape):
        raise AbnormalError(f"{path} has the shape {array.shape}; expected one number per frame.")
    values = np.asarray(array).ravel()
    strange = values[(values != 0) & (values != 1)]
    if strange.size:
        raise AbnormalError(f"{path} has the label {strange[0]}; expected 0 or 1 for each frame.")
    return values.astype(np.uint8)
