"""Encodes the video clips of events beside the scoring, with the processor time that is left.

This happens in a process of its own. A thread would sometimes have to wait for processor time while
it holds Python's global lock, and would then hold up the scoring.
"""

import logging
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from abnormal.errors import AbnormalError
from abnormal.files import remove_partial
from abnormal.tasks.local import LowPriorityProcess
from abnormal.tasks.run import WorkerDiedError
from abnormal.video.encode import open_encoder
from abnormal.video.jpeg import from_jpeg

CLIPS_PER_CAMERA = 2
"""So many clips per camera may wait for being encoded; each keeps its pictures in memory."""

log = logging.getLogger(__name__)


class ClipWriter:
    """Encodes the clips of all cameras one after the other."""

    def __init__(self, cameras: int) -> None:
        """Prepares for clips; the process that encodes starts with the first one.

        Args:
            cameras: Number of cameras.
        """
        self._most_waiting = CLIPS_PER_CAMERA * cameras
        self._process = LowPriorityProcess()
        self._thread = ThreadPoolExecutor(1, "clips")
        self._closing = False
        self._waiting = 0
        self._lock = threading.Lock()

    def write(self, path: Path, pictures: list[bytes], fps: float) -> None:
        """Queues a clip for writing and returns at once.

        If too many clips wait already, the clip is left out and an error is logged.

        Args:
            path: Name of the file, which ends in `.mp4`.
            pictures: The frames, as JPEG.
            fps: Frames per second.
        """
        with self._lock:
            if self._waiting >= self._most_waiting:
                log.error(
                    "left out: %s: %d clips wait for being encoded already", path, self._waiting
                )
                return
            self._waiting += 1
        job = self._thread.submit(self._encode, path, pictures, fps)
        job.add_done_callback(partial(self._finish_job, path))

    def close(self) -> None:
        """Writes the clips that still wait, and returns when all are written.

        They are encoded in this process at normal priority. Nothing is scored any more that this
        could hold up, and the low-priority process could take minutes on a busy machine.
        """
        self._closing = True
        self._process.end()
        try:
            self._thread.shutdown()
        except BaseException:  # a second Ctrl-C leaves out all but the clip in progress
            self._thread.shutdown(wait=False, cancel_futures=True)
            raise

    def _encode(self, path: Path, pictures: list[bytes], fps: float) -> None:
        try:
            self._process.run(write_clip, path, pictures, fps)
        except WorkerDiedError:
            remove_partial(path.parent)
            if not self._closing:
                raise WorkerDiedError("the process that encodes was killed") from None
            write_clip(path, pictures, fps)

    def _finish_job(self, path: Path, job: Future[None]) -> None:
        with self._lock:
            self._waiting -= 1
        if job.cancelled():
            log.error("left out: %s: the program was ended before it was encoded", path)
        elif error := job.exception():
            log.error("left out: %s: %s", path, error)


def write_clip(path: Path, pictures: list[bytes], fps: float) -> None:
    """Encodes pictures as a video file.

    Damaged pictures are left out, as a camera sends one now and then, and pictures of another size
    are brought to that of the first one.

    Args:
        path: Name of the file, which ends in `.mp4`.
        pictures: The frames, as JPEG.
        fps: Frames per second.

    Raises:
        AbnormalError: The file cannot be written, or all pictures are damaged.
    """
    with open_encoder(path, fps) as write:
        for picture in _same_size(pictures):
            write(picture)


def _same_size(pictures: Iterable[bytes]) -> Iterator[np.ndarray]:
    """Decodes the intact ones of several JPEGs at the size of the first of them."""
    size = None
    for data in pictures:
        try:
            picture = from_jpeg(data)
        except AbnormalError:
            continue
        height, width = size = size or picture.shape[:2]
        if picture.shape[:2] != size:
            picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        yield picture
