"""A camera's thread: it connects, reads, makes frames ready, and connects again."""

import random
import threading
from collections.abc import Callable, Iterator

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.live.address import Camera
from abnormal.live.clock import Clock, EvenClock, Pacer, StampedClock
from abnormal.live.frame import Failed, Lost, Message, Moment
from abnormal.live.prepare import Preparation
from abnormal.video.camera import CameraStream, open_camera
from abnormal.video.stream import Frame

PATIENCE_SEC = 5.0
"""A stream that gives no frame for so long is taken for dead."""

FIRST_WAIT_SEC, LONGEST_WAIT_SEC = 0.5, 30.0


def backoff(first_sec: float, longest_sec: float) -> Iterator[float]:
    """How long to wait before each further try: twice as long each time, and never quite alike."""
    wait_sec = first_sec
    while True:
        yield random.uniform(0.5, 1) * wait_sec
        wait_sec = min(2 * wait_sec, longest_sec)


class Reader(threading.Thread):
    """Reads one camera until it is told to stop."""

    def __init__(
        self,
        camera: Camera,
        prepare: Preparation,
        put: Callable[[Message], None],
        clock: Clock,
        patience_sec: float = PATIENCE_SEC,
    ) -> None:
        """Makes the thread; `start` starts it.

        Args:
            camera: Which.
            prepare: Makes a frame ready.
            put: Takes what comes of it; it does not wait.
            clock: What time it is.
            patience_sec: How long to wait for a frame.
        """
        super().__init__(name=f"camera-{camera.name}", daemon=True)
        self._camera, self._prepare, self._put, self._clock = camera, prepare, put, clock
        self._patience_sec = patience_sec
        self._stopping = threading.Event()
        self._first_sec: float | None = None  # when the first frame of all was taken
        self._next = 0  # number of the next frame
        self._came = False
        self._pacer = Pacer(prepare.fps)

    def stop(self) -> None:
        """Ends it at the next frame."""
        self._stopping.set()

    def run(self) -> None:
        """Reads, and reads again; a bug is left to the main thread to be told."""
        try:
            self._keep_reading()
        except Exception as error:
            self._put(Failed(error))

    def _keep_reading(self) -> None:
        waits = backoff(FIRST_WAIT_SEC, LONGEST_WAIT_SEC)
        while not self._stopping.is_set():
            self._came = False
            try:
                with open_camera(self._camera.source, self._patience_sec) as stream:
                    self._read(stream)
                reason = "the stream ended"
            except AbnormalError as error:
                reason = str(error)
            ended = self._camera.is_file
            self._put(Lost(self._moment(self._clock.now()), reason, ended))
            if ended:
                return
            if self._came:
                waits = backoff(FIRST_WAIT_SEC, LONGEST_WAIT_SEC)
            self._stopping.wait(next(waits))

    def _read(self, stream: CameraStream) -> None:
        when = StampedClock() if stream.has_timestamps else EvenClock()
        frames = self._at_its_pace(stream.frames) if self._camera.is_file else stream.frames
        for frame in frames:
            if self._stopping.is_set():
                return
            arrival_sec = self._clock.now()
            self._take(frame, when(frame.time_sec, arrival_sec), arrival_sec)

    def _take(self, frame: Frame, taken_sec: float, arrival_sec: float) -> None:
        if not self._came:
            self._connect(taken_sec)
        ticks = self._pacer(taken_sec)
        if not ticks:
            return
        if self._pacer.jumped:  # a hole is left open, not filled with what was before it
            self._next += ticks
            self._prepare.begin()
            ticks = 1
        ready = self._prepare(frame, self._moment(taken_sec), arrival_sec)
        for tick in range(ticks):
            if tick:  # the same picture again, in which nothing has moved
                still = None if ready.speed is None else np.zeros_like(ready.speed)
                ready = ready._replace(moment=self._moment(taken_sec), speed=still)
            self._put(ready)
            self._next += 1

    def _connect(self, taken_sec: float) -> None:
        """The first frame of a connection: what was missed leaves a gap in the numbers."""
        self._came = True
        self._first_sec = taken_sec if self._first_sec is None else self._first_sec
        missed = round((taken_sec - self._first_sec) * self._prepare.fps)
        self._next = max(missed, self._next + bool(self._next))
        self._pacer = Pacer(self._prepare.fps)
        self._prepare.begin()

    def _moment(self, sec: float) -> Moment:
        first_sec = sec if self._first_sec is None else self._first_sec
        return Moment(self._next, sec - first_sec, self._clock.utc() - self._clock.now() + sec)

    def _at_its_pace(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """A file's frames when they are due, so that it plays as a camera would."""
        begun_sec = self._clock.now()
        first_sec: float | None = None
        for frame in frames:
            first_sec = frame.time_sec if first_sec is None else first_sec
            self._stopping.wait(begun_sec + frame.time_sec - first_sec - self._clock.now())
            yield frame
