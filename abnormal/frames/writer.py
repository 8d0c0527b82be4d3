"""Writes the frames of one video under `img/`."""

import os
import zipfile
from array import array
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from abnormal.frames.manifest import LABELS, MASKS
from abnormal.video.resample import resize
from abnormal.video.stream import Frame

JPEG_QUALITY = 95
WAITING_BYTES = 64 << 20
"""Of frames that wait to be encoded: large ones would fill the memory."""

_END_OF_JPEG = b"\xff\xd9"


class Written(NamedTuple):
    """What is remembered of written frames: their pixels are not.

    Attributes:
        numbers: Of each frame, its place in the source, for labels to be matched to it.
        shape: Height and width of the first frame in the source; `(0, 0)` where there was none.
    """

    numbers: np.ndarray
    shape: tuple[int, ...]


def frame_path(folder: Path, index: int) -> Path:
    """The file of a frame."""
    return folder / f"{index:06d}.jpg"


def write_frames(folder: Path, frames: Iterable[Frame], size: int, threads: int = 1) -> Written:
    """Writes frames as grey jpg, while the next ones are decoded.

    Args:
        folder: Is empty, or has whole frames of the same video from a run that was killed: these
            are kept.
        frames: Pictures of any size. Only a few of them are in memory at any time.
        size: Height and width of what is written, in pixels.
        threads: How many resize and encode.
    """
    numbers = array("q")
    shape: tuple[int, ...] = (0, 0)
    writing: deque[Future[None]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for index, frame in enumerate(frames):
            writing.append(pool.submit(_write, frame_path(folder, index), frame.image, size))
            while len(writing) > min(2 * threads, WAITING_BYTES // frame.image.nbytes):
                writing.popleft().result()
            shape = shape if numbers else frame.image.shape
            numbers.append(frame.number)
        for frame_written in writing:
            frame_written.result()
    return Written(np.array(numbers, np.int64), shape)


def _write(path: Path, image: np.ndarray, size: int) -> None:
    if _is_whole(path):
        return
    picture = resize(image, size, size)
    done, code = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise OSError(f"{path.name} could not be encoded")
    path.write_bytes(code.tobytes())


def _is_whole(path: Path) -> bool:
    """Whether there is a jpg that its writer lived to finish."""
    try:
        with path.open("rb") as file:
            file.seek(-len(_END_OF_JPEG), os.SEEK_END)
            return file.read() == _END_OF_JPEG
    except OSError:
        return False


def write_labels(folder: Path, labels: np.ndarray) -> None:
    """Writes one 0 or 1 per frame, a line each."""
    np.savetxt(folder / LABELS, labels, fmt="%d")


def write_masks(folder: Path, masks: Iterable[np.ndarray], count: int, size: int) -> None:
    """Writes masks at the size of the frames, eight pixels a byte, one after the other.

    A pixel of the frame is abnormal where at least half of the area it came from is.

    Args:
        folder: Of the video.
        masks: `(height, width)` each, not 0 where abnormal.
        count: How many there are.
        size: Height and width of what is written, in pixels.
    """
    header = {"descr": "|u1", "fortran_order": False, "shape": (count, size, -(-size // 8))}
    with zipfile.ZipFile(folder / MASKS, "w", zipfile.ZIP_DEFLATED) as stored:
        with stored.open("packed.npy", "w", force_zip64=True) as file:
            np.lib.format.write_array_header_1_0(file, header)
            for mask in masks:
                area = resize((mask > 0).astype(np.float32), size, size)
                file.write(np.packbits(area >= 0.5, axis=-1).tobytes())
        with stored.open("width.npy", "w") as file:
            np.lib.format.write_array(file, np.array(size))
