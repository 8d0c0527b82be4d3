"""Clips are encoded beside the scoring, with what the processor has left.

That is a process of its own: a thread that had to wait for the processor while it held Python's
lock would make the scoring wait, too.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

from abnormal.live.prepare import from_jpeg
from abnormal.tasks.local import idle_process
from abnormal.video.encode import open_encoder

CLIPS_A_CAMERA = 2
"""Clips that may wait for being encoded; each holds on to its pictures."""


class ClipWriter:
    """Encodes clips one after the other.

    Attributes:
        say: Tells a person something.
    """

    def __init__(self, cameras: int, say: Callable[[str], None]) -> None:
        """Begins with none.

        Args:
            cameras: How many there are.
            say: Tells a person something.
        """
        self.say = say
        self._most = CLIPS_A_CAMERA * cameras
        self._process = idle_process()
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
                self.say(f"left out: {path}: {self._waiting} clips wait for being encoded already")
                return
            self._waiting += 1
        try:
            job = self._process.submit(encode, path, pictures, fps)
        except BrokenProcessPool:
            self._process = idle_process()
            job = self._process.submit(encode, path, pictures, fps)
        job.add_done_callback(partial(self._done, path))

    def close(self) -> None:
        """Waits for what was begun."""
        self._process.shutdown()

    def _done(self, path: Path, job: Future[None]) -> None:
        with self._lock:
            self._waiting -= 1
        error = job.exception()
        if isinstance(error, BrokenProcessPool):
            self.say(f"left out: {path}: the process that encodes was killed")
        elif error:
            self.say(f"left out: {path}: {error}")


def encode(path: Path, pictures: list[bytes], fps: float) -> None:
    """Writes a clip.

    Raises:
        AbnormalError: It cannot be written.
        ValueError: The pictures differ in size.
    """
    with open_encoder(path, fps) as write:
        for picture in pictures:
            write(from_jpeg(picture))
