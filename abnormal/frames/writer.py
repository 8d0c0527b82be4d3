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
from abnormal.replacing import writing
from abnormal.video.resample import resize
from abnormal.video.stream import Frame

JPEG_QUALITY = 95
"""Quality of the JPEG files of frames, 0 to 100."""

MAX_QUEUED_BYTES = 64 << 20
"""Frames that wait to be encoded take at most this many bytes of memory."""

_END_OF_JPEG = b"\xff\xd9"


class WrittenFrames(NamedTuple):
    """Facts about frames that were written, which are needed after their pixels are gone.

    Attributes:
        numbers: `(frames,)` int64, the 0-based number of each frame in the source, by which it is
            matched to its label.
        times_sec: `(frames,)` float64, the time of each frame since the first one, in seconds.
        shape: Height and width of the first frame in the source, in pixels; `(0, 0)` if there
            was no frame.
    """

    numbers: np.ndarray
    times_sec: np.ndarray
    shape: tuple[int, ...]


def frame_path(folder: Path, index: int) -> Path:
    """Returns the path of a frame's file.

    Args:
        folder: The folder of the video.
        index: The 0-based number of the frame under `img/`.
    """
    return folder / f"{index:06d}.jpg"


def write_frames(
    folder: Path, frames: Iterable[Frame], size: int, threads: int = 1
) -> WrittenFrames:
    """Writes frames as grey JPEG files, while the next frames are decoded.

    Args:
        folder: The folder to write to. It may hold complete frames of the same video from a run
            that was killed; these are kept.
        frames: Grey frames of any size. Only a few of them are in memory at any time.
        size: Height and width of the written frames in pixels.
        threads: Number of threads that resize and encode.
    """
    numbers, times_sec = array("q"), array("d")
    shape: tuple[int, ...] = (0, 0)
    writing: deque[Future[None]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for index, frame in enumerate(frames):
            writing.append(pool.submit(_write, frame_path(folder, index), frame.image, size))
            while len(writing) > min(2 * threads, MAX_QUEUED_BYTES // frame.image.nbytes):
                writing.popleft().result()
            shape = shape if numbers else frame.image.shape
            numbers.append(frame.number)
            times_sec.append(frame.time_sec)
        for frame_written in writing:
            frame_written.result()
    return WrittenFrames(np.array(numbers, np.int64), np.array(times_sec), shape)


def _write(path: Path, image: np.ndarray, size: int) -> None:
    if _is_complete(path):
        return
    picture = resize(image, size, size)
    done, code = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise OSError(f"{path.name} could not be encoded")
    with writing(path):
        path.write_bytes(code.tobytes())


def _is_complete(path: Path) -> bool:
    """Returns whether a file ends with the marker that ends a JPEG: it was written completely."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            file.seek(-len(_END_OF_JPEG), os.SEEK_END)
            return file.read() == _END_OF_JPEG
    except OSError:
        return False


def write_labels(folder: Path, labels: np.ndarray) -> None:
    """Writes the labels of a video, one line per frame.

    Args:
        folder: The folder of the video.
        labels: `(frames,)` uint8, 1 for an abnormal frame and 0 for a normal one.
    """
    with writing(folder / LABELS):
        np.savetxt(folder / LABELS, labels, fmt="%d")


def write_masks(folder: Path, masks: Iterable[np.ndarray], count: int, size: int) -> None:
    """Writes the masks of a video as large as its frames, with eight pixels in each byte.

    A pixel is abnormal if at least half of the area that it covers in the source is.

    Args:
        folder: The folder of the video.
        masks: One mask `(height, width)` per frame, nonzero for an abnormal pixel.
        count: Number of masks.
        size: Height and width of the written masks in pixels.
    """
    header = {"descr": "|u1", "fortran_order": False, "shape": (count, size, -(-size // 8))}
    with zipfile.ZipFile(folder / MASKS, "w", zipfile.ZIP_DEFLATED) as stored:
        with stored.open("packed.npy", "w", force_zip64=True) as file:
            np.lib.format.write_array_header_1_0(file, header)
            for mask in masks:
                area = resize((mask != 0).astype(np.float32), size, size)
                file.write(np.packbits(area >= 0.5, axis=-1).tobytes())
        with stored.open("width.npy", "w") as file:
            np.lib.format.write_array(file, np.array(size))
