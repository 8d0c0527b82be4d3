"""Reads frames, labels and masks back from `img/`."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from abnormal import checks
from abnormal.arrays import read_npz, verify_npz
from abnormal.commands import command
from abnormal.errors import AbnormalError
from abnormal.frames.manifest import (
    LABELS,
    MANIFEST,
    MASKS,
    VideoRecord,
    fingerprint,
    read_record,
)
from abnormal.frames.writer import frame_path
from abnormal.reading import read_bytes
from abnormal.video.picture import read_picture
from abnormal.video.resample import resize

_MASK_ARRAYS = {"packed": 3, "width": 0}
"""The number of axes of each array in the file of a video's masks."""


def read_frames(img: Path, record: VideoRecord, size: int | None) -> Iterator[np.ndarray]:
    """Reads the frames of a video one at a time, and resizes them.

    Args:
        img: The folder of frames.
        record: The video.
        size: Height and width of the result in pixels, usually those that the model was trained
            with. None leaves the frames as large as they are under `img/`.

    Yields:
        Grey frames, `(size, size)` uint8 in 0 to 255.

    Raises:
        AbnormalError: A frame is missing or damaged, or the frames are not, or no longer, those of
            the record.
    """
    folder = record.folder(img)
    _require_frames_of(record, folder)
    for number in range(record.frames):
        try:
            image = read_picture(frame_path(folder, number))
        except AbnormalError as error:
            raise AbnormalError(
                f"{error} Delete the folder {folder} and run `{command('preprocess')}` again."
            ) from None
        yield image if size is None else resize(image, size, size)
    _require_frames_of(record, folder)  # they may have been made again while they were read


def _require_frames_of(record: VideoRecord, folder: Path) -> None:
    """Makes sure that a folder holds the frames that the manifest says.

    It is written after all videos, so that a run of `preprocess.py` that goes on, or was stopped or
    killed, leaves frames that it does not know yet.
    """
    there = read_record(folder)
    if there and fingerprint([there]) != fingerprint([record]):
        raise AbnormalError(
            f"{folder} does not have the frames that {MANIFEST} says: it is being made again, or "
            f"that was interrupted. Start `{command('preprocess')}` again, and wait for its end."
        )


def read_labels(img: Path, record: VideoRecord) -> np.ndarray | None:
    """Reads the labels of a video.

    Returns:
        `(frames,)` uint8, 1 for an abnormal frame and 0 for a normal one; None if the video has no
        labels.

    Raises:
        AbnormalError: The labels are missing or damaged, or do not fit the frames.
    """
    if not record.labelled:
        return None
    path = record.folder(img) / LABELS
    try:
        labels = [(b"0", b"1").index(line) for line in read_bytes(path).split()]
    except (OSError, ValueError) as error:
        raise _damaged(path, f"cannot be read ({error})") from None
    _check_count(path, len(labels), record)
    return np.array(labels, np.uint8)


def read_masks(img: Path, record: VideoRecord) -> np.ndarray | None:
    """Reads the masks of a video.

    Returns:
        `(frames, height, width)` bool, True for an abnormal pixel, as large as the frames under
        `img/`; None if the video has no masks.

    Raises:
        AbnormalError: The masks are missing or damaged, or do not fit the frames.
    """
    if not record.masked:
        return None
    path = record.folder(img) / MASKS
    try:
        stored = read_npz(path, _MASK_ARRAYS)
        packed, width = stored["packed"], checks.whole("width", stored["width"].item(), 1, 1 << 20)
        if packed.dtype != np.uint8 or not packed.shape[2] - 1 < width / 8 <= packed.shape[2]:
            raise ValueError(f"{packed.dtype} {packed.shape} is no mask of {width} pixels' width")
    except (OSError, ValueError) as error:
        raise _damaged(path, f"cannot be read ({error})") from None
    _check_count(path, len(packed), record)
    return np.unpackbits(packed, axis=-1, count=width).view(bool)


def verify_masks(img: Path, record: VideoRecord) -> None:
    """Checks the masks of a video without keeping them: those of a long video fill the memory.

    Raises:
        AbnormalError: The masks are missing or damaged, or do not fit the frames.
    """
    if not record.masked:
        return
    path = record.folder(img) / MASKS
    try:
        shapes = verify_npz(path, _MASK_ARRAYS)
    except (OSError, ValueError) as error:
        raise _damaged(path, f"cannot be read ({error})") from None
    _check_count(path, shapes["packed"][0], record)


def _check_count(path: Path, found: int, record: VideoRecord) -> None:
    if found != record.frames:
        raise _damaged(path, f"does not fit its video: it has {found} for {record.frames} frames")


def _damaged(path: Path, problem: str) -> AbnormalError:
    return AbnormalError(
        f"{path} {problem}. Delete the folder {path.parent} and run `{command('preprocess')}` "
        "again."
    )
