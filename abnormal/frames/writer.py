"""Writes the frames of one video under `img/`."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from abnormal.frames.manifest import LABELS, MASKS
from abnormal.video.resample import resize
from abnormal.video.stream import Frame

JPEG_QUALITY = 95


class Written(NamedTuple):
    """What is remembered of written frames: their pixels are not.

    Attributes:
        numbers: Of each frame, its place in the source, for labels to be matched to it.
        shape: Height and width of the first frame in the source; `(0, 0)` where there was none.
    """

    numbers: list[int]
    shape: tuple[int, ...]


def frame_path(folder: Path, index: int) -> Path:
    """The file of a frame."""
    return folder / f"{index:06d}.jpg"


def write_frames(folder: Path, frames: Iterable[Frame], size: int) -> Written:
    """Writes frames as grey jpg, each before the next one is taken.

    Args:
        folder: Exists and is empty.
        frames: Pictures of any size.
        size: Height and width of what is written, in pixels.
    """
    written: list[int] = []
    shape: tuple[int, ...] = (0, 0)
    for number, frame in enumerate(frames):
        picture = resize(frame.image, size, size)
        done, code = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not done:
            raise OSError(f"frame {number} could not be encoded")
        frame_path(folder, number).write_bytes(code.tobytes())
        shape = shape if written else frame.image.shape
        written.append(frame.number)
    return Written(written, shape)


def write_labels(folder: Path, labels: np.ndarray) -> None:
    """Writes one 0 or 1 per frame, a line each."""
    np.savetxt(folder / LABELS, labels, fmt="%d")


def write_masks(folder: Path, masks: Iterable[np.ndarray], size: int) -> None:
    """Writes masks at the size of the frames, eight pixels a byte.

    A pixel of the frame is abnormal where at least half of the area it came from is.
    """
    packed = [
        np.packbits(resize((mask > 0).astype(np.float32), size, size) >= 0.5, axis=-1)
        for mask in masks
    ]
    np.savez_compressed(folder / MASKS, packed=np.stack(packed), width=size)
