"""Reads labels as one number per frame from `.npy`, `.npz`, `.txt` or `.csv`.

A `.npy` file may also contain masks.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from abnormal.arrays import NPY_ERRORS
from abnormal.datasets.labels.masks import annotation_from_masks
from abnormal.datasets.labels.text import is_number, read_rows, read_text
from abnormal.datasets.source import Annotation
from abnormal.errors import AbnormalError
from abnormal.reading import MOST_BYTES

SUFFIXES = (".npy", ".txt", ".csv")

_FIRST_BYTES = (b"\x93", b"\x80")
"""First byte of a `.npy` file, and of a pickle with that suffix."""


def read_vector(path: Path, frames: int) -> Annotation:
    """Reads the labels of one video: 0 or 1 per frame, or a mask per frame (`.npy` only).

    Args:
        path: The file.
        frames: Number of frames of the video. It is not needed, but all readers take it.

    Raises:
        AbnormalError: The file is damaged or pickled, or contains something else.
    """
    array = read_array(path)
    if array.ndim == 3:
        return annotation_from_masks(array)
    return Annotation(_as_labels(path, array))


def read_member(path: Path, key: str, frames: int) -> Annotation:
    """Reads the labels of one video from a `.npz` file with the labels of all test videos.

    Args:
        path: The file.
        key: Name of the array.
        frames: Number of frames of the video. It is not needed, but all readers take it.

    Raises:
        AbnormalError: The file is damaged or pickled, or the array contains something else.
    """
    return Annotation(_as_labels(path, _load(path, key)))


def read_concatenated(path: Path, lengths: Sequence[int], index: int, frames: int) -> Annotation:
    """Reads the labels of one video from the concatenated labels of all test videos.

    Args:
        path: The file.
        lengths: Number of frames of each test video, in natural order of their names.
        index: Index of the video in `lengths`.
        frames: Number of frames that were decoded. It is not needed, but all readers take it.

    Raises:
        AbnormalError: The number of labels is not that of the frames of all videos together.
    """
    labels = _as_labels(path, read_array(path))
    if len(labels) != sum(lengths):
        raise AbnormalError(
            f"The labels do not fit: {len(labels)} labels in {path} for {sum(lengths)} frames "
            f"in the {len(lengths)} test videos together."
        )
    start = sum(lengths[:index])
    return Annotation(labels[start : start + lengths[index]])


def array_names(path: Path) -> list[str]:
    """Lists the names of the arrays in a `.npz` file.

    Raises:
        AbnormalError: The file is damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return list(stored.files)
    except NPY_ERRORS as error:
        raise _unreadable(path, error) from None


def read_array(path: Path) -> np.ndarray:
    """Reads the numbers in a `.npy` (mapped from the disk), `.txt` or `.csv` file.

    Returns:
        The array of a `.npy` file; all numbers in a `.txt` file, or those in the last column of a
        `.csv` file without its header, as `(n,)` float64.

    Raises:
        AbnormalError: The file is damaged or pickled.
    """
    if path.suffix.lower() == ".npy":
        return _load(path)
    try:
        text = read_text(path)
        if path.suffix.lower() == ".csv":
            cells = [row[-1] for _, row in read_rows(text.splitlines())]
            return np.array(cells[1:] if cells and not is_number(cells[0]) else cells, np.float64)
        return np.array(text.replace(",", " ").split(), np.float64)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _load(path: Path, key: str | None = None) -> np.ndarray:
    try:
        with path.open("rb") as file:
            if key is not None:
                return _numbers(_load_member(file, key))
            if file.read(1) not in _FIRST_BYTES:
                raise ValueError("it is no .npy file")
        return _numbers(np.load(path, mmap_mode="r", allow_pickle=False))
    except NPY_ERRORS as error:
        raise _unreadable(path, error) from None


def _load_member(file: BinaryIO, key: str) -> np.ndarray:
    with np.load(file, allow_pickle=False) as stored:
        for entry in stored.zip.infolist():
            if entry.filename == f"{key}.npy" and entry.file_size > MOST_BYTES:
                raise ValueError(f"{key} has {entry.file_size} bytes, more than {MOST_BYTES}")
        return stored[key]


def _numbers(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "biuf":
        raise ValueError(f"it holds {array.dtype} instead of numbers")
    return array


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
    invalid = values[(values != 0) & (values != 1)]
    if invalid.size:
        raise AbnormalError(f"{path} has the label {invalid[0]}; expected 0 or 1 for each frame.")
    return values.astype(np.uint8)
