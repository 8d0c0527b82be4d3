"""Reads frames, labels and masks back from `img/`."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.frames.manifest import LABELS, MASKS, VideoRecord
from abnormal.frames.writer import frame_path
from abnormal.video.pictures import read_picture
from abnormal.video.resample import resize


def read_frames(img: Path, record: VideoRecord, size: int) -> Iterator[np.ndarray]:
    """The frames of a video, one at a time.

    Args:
        img: The folder of frames.
        record: Which video.
        size: Height and width wanted, in pixels: that of the model.

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
                f"{error} Delete the folder {folder} and run preprocess.py again."
            ) from None
        yield resize(image, size, size)


def read_labels(img: Path, record: VideoRecord) -> np.ndarray | None:
    """One uint8 per frame, 1 where it is abnormal; None where labels are not known."""
    if not record.labelled:
        return None
    path = record.folder(img) / LABELS
    try:
        labels = np.loadtxt(path, dtype=np.uint8, ndmin=1)
    except (OSError, ValueError) as error:
        raise AbnormalError(f"{path} cannot be read ({error}). Run preprocess.py again.") from None
    if labels.size != record.frames or labels.max(initial=0) > 1:
        raise AbnormalError(
            f"{path} does not fit its video: {labels.size} labels for {record.frames} frames. "
            "Delete that folder and run preprocess.py again."
        )
    return labels


def read_masks(img: Path, record: VideoRecord) -> np.ndarray | None:
    """`(frames, height, width)` bool at the size of `img/`; None where masks are not known."""
    if not record.masked:
        return None
    with np.load(record.folder(img) / MASKS, allow_pickle=False) as stored:
        return np.unpackbits(stored["packed"], axis=-1, count=int(stored["width"])).astype(bool)
