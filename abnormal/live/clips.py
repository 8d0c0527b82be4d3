"""Clips are encoded beside the scoring, with what the processor has left.

That is a process of its own: a thread that had to wait for the processor while it held Python's
lock would make the scoring wait, too.
"""

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

from abnormal.files import remove_partial
from abnormal.tasks.local import LowPriorityProcess
from abnormal.tasks.run import WorkerDiedError
from abnormal.video.encode import open_encoder
from abnormal.video.jpeg import from_jpeg

CLIPS_A_CAMERA = 2
"""Clips that may wait for being encoded; each holds on to its pictures."""

log = logging.getLogger(__name__)


class ClipWriter:
    """Encodes clips one after the other."""

    def __init__(self, cameras: int) -> None:
        """Begins with none.

        Args:
            cameras: How many there are.
        """
        self._most = CLIPS_A_CAMERA * cameras
        self._process = LowPriorityProcess()
        self._thread = ThreadPoolExecutor(1, "clips")
        self._ends = False
        self._waiting = 0
        self._lock = threading.Lock()

    def write(self, path: Path, pictures: list[bytes], fps: float) -> None:
        """Begins to write a clip; where too many wait, leaves it out and says so.

        Args:
            path: Ends in `.mp4`.
            pictures: As JPEG.
            fps: Frames per second.
        """
        with self._lock:
            if self._waiting >= self._most:
                log.error(
                    "left out: %s: %d clips wait for being encoded already", path, self._waiting
                )
                return
            self._waiting += 1
        job = self._thread.submit(self._encode, path, pictures, fps)
        job.add_done_callback(partial(self._done, path))

    def close(self) -> None:
        """Finishes what was begun, here: nothing is scored any more that it could be in the way of.

        Where something else keeps the processors busy, the process would take minutes for it.
        """
        self._ends = True
        self._process.end()
        try:
            self._thread.shutdown()
        except BaseException:  # a second Ctrl-C: but for the clip that it has in hand
            self._thread.shutdown(wait=False, cancel_futures=True)
            raise

    def _encode(self, path: Path, pictures: list[bytes], fps: float) -> None:
        try:
            self._process.run(encode, path, pictures, fps)
        except WorkerDiedError:
            remove_partial(path.parent)
            if not self._ends:
                raise WorkerDiedError("the process that encodes was killed") from None
            encode(path, pictures, fps)

    def _done(self, path: Path, job: Future[None]) -> None:
        with self._lock:
            self._waiting -= 1
        if job.cancelled():
            log.error("left out: %s: the program was ended before it was encoded", path)
        elif error := job.exception():
            log.error("left out: %s: %s", path, error)


def encode(path: Path, pictures: list[bytes], fps: float) -> None:
    """Writes a clip.

    Raises:
        AbnormalError: It cannot be written.
        ValueError: The pictures differ in size.
    """
    with open_encoder(path, fps) as write:
        for picture in pictures:
            write(from_jpeg(picture))
