"""Writes the frames of one video under `img/`."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from abnormal.frames.manifest import LABELS, MASKS
from abnormal.video.resample import resize
from abnormal.video.stream import Frame

JPEG_QUALITY = 95


def frame_path(folder: Path, index: int) -> Path:
    """The file of a frame."""
    return folder / f"{index:06d}.jpg"


def write_frames(folder: Path, frames: Iterable[Frame], size: int) -> list[Frame]:
    """Writes frames as grey jpg.

    Args:
        folder: Exists and is empty.
        frames: Pictures of any size.
        size: Height and width of what is written, in pixels.

    Returns:
        The frames without their pixels: the first keeps its picture's shape in `image`,
        all keep time and index, for labels to be matched to them.
    """
    written = []
    for number, frame in enumerate(frames):
        picture = resize(frame.image, size, size)
        done, code = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not done:
            raise OSError(f"frame {number} could not be encoded")
        frame_path(folder, number).write_bytes(code.tobytes())
        written.append(frame._replace(image=np.empty((*frame.image.shape, 0), np.uint8)))
    return written


def write_labels(folder: Path, labels: np.ndarray) -> None:
    """Writes one 0 or 1 per frame, a line each."""
    np.savetxt(folder / LABELS, labels, fmt="%d")


def write_masks(folder: Path, masks: Sequence[np.ndarray], size: int) -> None:
    """Writes masks at the size of the frames, eight pixels a byte.

    A pixel of the frame is abnormal where at least half of the area it came from is.
    """
    small = [resize((mask > 0).astype(np.float32), size, size) >= 0.5 for mask in masks]
    np.savez_compressed(folder / MASKS, packed=np.packbits(small, axis=-1), width=size)
