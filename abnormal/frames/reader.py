"""Reads frames, labels and masks back from `img/`."""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from abnormal.commands import command
from abnormal.errors import AbnormalError
from abnormal.frames.manifest import LABELS, MASKS, VideoRecord
from abnormal.frames.writer import frame_path
from abnormal.video.pictures import read_picture
from abnormal.video.resample import resize


def read_frames(img: Path, record: VideoRecord, size: int | None) -> Iterator[np.ndarray]:
    """The frames of a video, one at a time.

    Args:
        img: The folder of frames.
        record: Which video.
        size: Height and width wanted, in pixels: that of the model; None for that of `img/`.

    Yields:
        `(size, size)` uint8.

    Raises:
        AbnormalError: A frame is missing or damaged.
    """
    folder = record.folder(img)
    for number in range(record.frames):
        try:
            image = read_picture(frame_path(folder, number))
        except AbnormalError as error:
            raise AbnormalError(
                f"{error} Delete the folder {folder} and run `{command('preprocess')}` again."
            ) from None
        yield image if size is None else resize(image, size, size)


def read_labels(img: Path, record: VideoRecord) -> np.ndarray | None:
    """One uint8 per frame, 1 where it is abnormal; None where labels are not known."""
    if not record.labelled:
        return None
    path = record.folder(img) / LABELS
    try:
        labels = [("0", "1").index(line) for line in path.read_text("utf-8").split()]
    except (OSError, ValueError) as error:
        raise _damaged(path, f"cannot be read ({error})") from None
    _check_number(path, len(labels), record)
    return np.array(labels, np.uint8)


def read_masks(img: Path, record: VideoRecord) -> np.ndarray | None:
    """`(frames, height, width)` bool at the size of `img/`; None where masks are not known."""
    if not record.masked:
        return None
    path = record.folder(img) / MASKS
    try:
        with np.load(path, allow_pickle=False) as stored:
            masks = np.unpackbits(stored["packed"], axis=-1, count=int(stored["width"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise _damaged(path, f"cannot be read ({error})") from None
    _check_number(path, len(masks), record)
    return masks.astype(bool)


def verify_masks(img: Path, record: VideoRecord) -> None:
    """Reads the masks of a video without keeping them: those of a long one fill the memory.

    Raises:
        AbnormalError: They are missing or damaged, or do not fit the frames.
    """
    if not record.masked:
        return
    path = record.folder(img) / MASKS
    try:
        with zipfile.ZipFile(path) as stored:
            spoilt = stored.testzip()
            with stored.open("packed.npy") as file:
                np.lib.format.read_magic(file)
                shape, _, _ = np.lib.format.read_array_header_1_0(file)
    except (OSError, ValueError, KeyError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise _damaged(path, f"cannot be read ({error})") from None
    if spoilt:
        raise _damaged(path, f"cannot be read ({spoilt} is spoilt)")
    _check_number(path, shape[0], record)


def _check_number(path: Path, found: int, record: VideoRecord) -> None:
    if found != record.frames:
        raise _damaged(path, f"does not fit its video: it has {found} for {record.frames} frames")


def _damaged(path: Path, problem: str) -> AbnormalError:
    return AbnormalError(
        f"{path} {problem}. Delete the folder {path.parent} and run `{command('preprocess')}` "
        "again."
    )
