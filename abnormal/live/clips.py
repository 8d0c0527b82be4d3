"""Encodes the video clips of events beside the scoring, with the processor time that is left.

This happens in a process of its own. A thread would sometimes have to wait for processor time while
it holds Python's global lock, and would then hold up the scoring. Where too little time is left, a
process of the usual priority takes over, because somebody waits for the clip.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.replacing import remove_partial
from abnormal.tasks.local import TaskProcess
from abnormal.tasks.run import WorkerDiedError
from abnormal.video.encode import open_timed_encoder
from abnormal.video.jpeg import from_jpeg
from abnormal.video.resample import fit

CLIPS_PER_CAMERA = 2
"""So many clips per camera may wait for being encoded; each keeps its pictures in memory."""

PATIENCE_SEC = 10.0
"""For which a clip may take the time that is left, before it gets its share of all of it."""

CLOSE_SEC = 20.0
"""For which clips are still begun once the program has been asked to end. A service manager kills
what does not end."""

ENDED = "the program was ended before it was encoded"
"""Why a clip is left out."""

TimedJpeg = tuple[float, bytes]
"""When a picture was taken, in seconds, and the picture as JPEG."""
Finished = Callable[[str], None]
"""Is called when a clip is written, with an empty string, or left out, with the reason."""

log = logging.getLogger(__name__)


class ClipWriter:
    """Encodes the clips of all cameras one after the other."""

    def __init__(self, cameras: int) -> None:
        """Prepares for clips; the process that encodes starts with the first one.

        Args:
            cameras: Number of cameras.
        """
        self._most_waiting = CLIPS_PER_CAMERA * cameras
        self._idle, self._prompt = TaskProcess(low_priority=True), TaskProcess(low_priority=False)
        self._is_behind = False
        self._thread = ThreadPoolExecutor(1, "clips")
        self._end_sec = math.inf
        self._waiting = 0
        self._lock = threading.Lock()

    def write(self, path: Path, pictures: Sequence[TimedJpeg], finished: Finished) -> None:
        """Queues a clip for writing and returns at once.

        If too many clips wait already, the clip is left out and an error is logged.

        Args:
            path: Name of the file, which ends in `.mp4`.
            pictures: The pictures, in the order of their times.
            finished: Is called in any case, perhaps from another thread.
        """
        with self._lock:
            is_full = self._waiting >= self._most_waiting
            self._waiting += not is_full
        if is_full:
            _leave_out(path, f"{self._most_waiting} clips wait for being encoded already", finished)
            return
        job = self._thread.submit(self._encode, path, pictures)
        job.add_done_callback(partial(self._finish_job, path, finished))

    def close(self) -> None:
        """Writes the clips that still wait, as many as there is time for, and returns.

        They are encoded in this process at normal priority. Nothing is scored any more that this
        could hold up, and the low-priority process could take minutes on a busy machine.
        """
        self._end_sec = time.monotonic() + CLOSE_SEC
        self._idle.end()
        self._prompt.end()
        try:
            self._thread.shutdown()
        except BaseException:  # a second Ctrl-C leaves out all but the clip in progress
            self._thread.shutdown(wait=False, cancel_futures=True)
            raise

    def _encode(self, path: Path, pictures: Sequence[TimedJpeg]) -> None:
        if time.monotonic() > self._end_sec:
            raise AbnormalError(ENDED)
        try:
            self._encode_beside(path, pictures)
        except WorkerDiedError:
            remove_partial(path.parent)
            if math.isinf(self._end_sec):
                raise WorkerDiedError("the process that encodes was killed") from None
            write_clip(path, pictures)

    def _encode_beside(self, path: Path, pictures: Sequence[TimedJpeg]) -> None:
        if not self._is_behind:
            try:
                self._idle.run(write_clip, path, pictures, within_sec=PATIENCE_SEC)
            except TimeoutError:
                remove_partial(path.parent)
            else:
                return
        self._prompt.run(write_clip, path, pictures)
        self._is_behind = self._waiting > 1  # until none waits behind this one

    def _finish_job(self, path: Path, finished: Finished, job: Future[None]) -> None:
        with self._lock:
            self._waiting -= 1
        if job.cancelled():
            _leave_out(path, ENDED, finished)
        elif error := job.exception():
            _leave_out(path, str(error), finished)
        else:
            finished("")


def _leave_out(path: Path, reason: str, finished: Finished) -> None:
    log.error("left out: %s: %s", path, reason)
    finished(reason)


def write_clip(path: Path, pictures: Sequence[TimedJpeg]) -> None:
    """Encodes pictures as a video file, in which each is shown when it was taken.

    If the camera changes the size of its pictures, later ones are fitted into the first one's.

    Damaged pictures are left out, as a camera sends one now and then, and pictures of another size
    are brought to that of the first one.

    Args:
        path: Name of the file, which ends in `.mp4`.
        pictures: The pictures, in the order of their times.

    Raises:
        AbnormalError: The file cannot be written, or all pictures are damaged.
    """
    size: tuple[int, ...] = ()
    with open_timed_encoder(path) as write:
        for sec, picture in _intact(pictures):
            size = size or picture.shape[:2]
            write(fit(picture, *size), sec - pictures[0][0])


def _intact(pictures: Sequence[TimedJpeg]) -> Iterator[tuple[float, np.ndarray]]:
    """Decodes the intact ones of several pictures."""
    for sec, jpeg in pictures:
        try:
            yield sec, from_jpeg(jpeg)
        except AbnormalError:
            continue
