"""Clips are encoded beside the scoring, with what the processor has left.

That is a process of its own: a thread that had to wait for the processor while it held Python's
lock would make the scoring wait, too.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

from abnormal.files import remove_partial
from abnormal.live.prepare import from_jpeg
from abnormal.tasks.local import IdleProcess
from abnormal.video.encode import open_encoder

CLIPS_A_CAMERA = 2
"""Clips that may wait for being encoded; each holds on to its pictures."""


class Clip(NamedTuple):
    """A clip to be written: its path, the pictures as JPEG, and how many are shown in a second."""

    path: Path
    pictures: list[bytes]
    fps: float


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
        self._process = IdleProcess()
        self._jobs: dict[Future[None], Clip] = {}
        self._lock = threading.Lock()

    def write(self, path: Path, pictures: list[bytes], fps: float) -> None:
        """Begins to write a clip; where too many wait, leaves it out and says so.

        Args:
            path: Ends in `.mp4`.
            pictures: As JPEG.
            fps: Frames per second.
        """
        waiting = len(self._jobs)
        if waiting >= self._most:
            self.say(f"left out: {path}: {waiting} clips wait for being encoded already")
            return
        clip = Clip(path, pictures, fps)
        try:
            job = self._process.submit(encode, *clip)
        except BrokenProcessPool:
            self._process = IdleProcess()
            job = self._process.submit(encode, *clip)
        self._await(job, clip)

    def close(self) -> None:
        """Finishes what was begun, here: nothing is scored any more that it could be in the way of.

        Where something else keeps the processors busy, the process would take minutes for it.
        """
        with self._lock:
            unfinished, self._jobs = list(self._jobs.values()), {}
        self._process.end()
        with ThreadPoolExecutor(1) as thread:
            for clip in unfinished:
                remove_partial(clip.path.parent)
                self._await(thread.submit(encode, *clip), clip)

    def _await(self, job: Future[None], clip: Clip) -> None:
        with self._lock:
            self._jobs[job] = clip
        job.add_done_callback(self._done)

    def _done(self, job: Future[None]) -> None:
        with self._lock:
            clip = self._jobs.pop(job, None)
        if not clip:  # the process was ended before
            return
        error = job.exception()
        if isinstance(error, BrokenProcessPool):
            self.say(f"left out: {clip.path}: the process that encodes was killed")
        elif error:
            self.say(f"left out: {clip.path}: {error}")


def encode(path: Path, pictures: list[bytes], fps: float) -> None:
    """Writes a clip.

    Raises:
        AbnormalError: It cannot be written.
        ValueError: The pictures differ in size.
    """
    with open_encoder(path, fps) as write:
        for picture in pictures:
            write(from_jpeg(picture))
