"""The thread of a camera: it connects, reads and prepares frames, and reconnects when necessary."""

import random
import threading
from collections.abc import Callable, Iterator

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.live.address import Camera
from abnormal.live.clock import ArrivalSmoother, Clock, RateConverter, TimestampMapper
from abnormal.live.frame import ConnectionLost, Moment, ReaderFailed, ReaderMessage
from abnormal.live.prepare import FramePreparer
from abnormal.video.camera import CameraStream, open_camera
from abnormal.video.stream import Frame

FRAME_TIMEOUT_SEC = 5.0
"""A connection is given up if no frame comes for so many seconds."""

FIRST_WAIT_SEC, LONGEST_WAIT_SEC = 0.5, 30.0
"""The first and the longest wait before connecting again, in seconds."""


def backoff(first_sec: float, longest_sec: float) -> Iterator[float]:
    """Yields the waits before further attempts, in seconds, by exponential backoff with jitter.

    Args:
        first_sec: The first wait, which doubles with each attempt.
        longest_sec: The longest wait.

    Yields:
        Without end, each wait shortened at random by up to a half.
    """
    wait_sec = first_sec
    while True:
        yield random.uniform(0.5, 1) * wait_sec
        wait_sec = min(2 * wait_sec, longest_sec)


class CameraReader(threading.Thread):
    """Reads one camera until it is stopped, or until its file ends."""

    def __init__(
        self,
        camera: Camera,
        prepare: FramePreparer,
        put: Callable[[ReaderMessage], None],
        clock: Clock,
        timeout_sec: float = FRAME_TIMEOUT_SEC,
    ) -> None:
        """Makes the thread, which `start` starts.

        Args:
            camera: The camera.
            prepare: Makes frames ready for the model.
            put: Takes the thread's messages without waiting.
            clock: This machine's clocks.
            timeout_sec: How long to wait for the connection and for each frame, in seconds.
        """
        super().__init__(name=f"camera-{camera.name}", daemon=True)
        self._camera, self._prepare, self._put, self._clock = camera, prepare, put, clock
        self._timeout_sec = timeout_sec
        self._stopping = threading.Event()
        self._first_sec: float | None = None  # when the first frame of all was taken
        self._next = 0  # number of the next frame
        self._has_frames = False  # whether this connection has given any
        self._after_gap = False  # whether there is a gap before the next frame that is used
        self._convert_rate = RateConverter(prepare.fps)

    def stop(self) -> None:
        """Asks the thread to end at the next frame, without waiting for that."""
        self._stopping.set()

    def run(self) -> None:
        """Reads the camera; an unexpected exception is sent as a message to the main thread."""
        try:
            self._keep_reading()
        except Exception as error:
            self._put(ReaderFailed(error))

    def _keep_reading(self) -> None:
        waits = backoff(FIRST_WAIT_SEC, LONGEST_WAIT_SEC)
        while not self._stopping.is_set():
            self._has_frames = False
            try:
                with open_camera(self._camera.source, self._timeout_sec) as stream:
                    self._read(stream)
                reason = "the stream ended"
            except AbnormalError as error:
                reason = str(error)
            ended = self._camera.is_file
            self._put(ConnectionLost(self._moment(self._clock.now()), reason, ended))
            if ended:
                return
            if self._has_frames:
                waits = backoff(FIRST_WAIT_SEC, LONGEST_WAIT_SEC)
            self._stopping.wait(next(waits))

    def _read(self, stream: CameraStream) -> None:
        taken_at = TimestampMapper() if stream.has_timestamps else ArrivalSmoother()
        frames = self._in_real_time(stream.frames) if self._camera.is_file else stream.frames
        for frame in frames:
            if self._stopping.is_set():
                return
            arrival_sec = self._clock.now()
            if frame.after_gap:
                self._after_gap = True
                if isinstance(taken_at, TimestampMapper):
                    taken_at.restart()
            self._take(frame, taken_at(frame.time_sec, arrival_sec), arrival_sec)

    def _take(self, frame: Frame, taken_sec: float, arrival_sec: float) -> None:
        if not self._has_frames:
            self._start_connection(taken_sec)
        ticks = self._convert_rate(taken_sec)
        if not ticks:
            return
        if self._convert_rate.jumped or self._after_gap:
            self._after_gap = False
            self._next += ticks  # leave a gap rather than repeat the frame before it
            self._prepare.start_after_gap()
            ticks = 1
        ready = self._prepare(frame, self._moment(taken_sec), arrival_sec)
        for tick in range(ticks):
            if tick:  # in a repeated frame nothing has moved
                still = None if ready.speed is None else np.zeros_like(ready.speed)
                ready = ready._replace(moment=self._moment(taken_sec), speed=still)
            self._put(ready)
            self._next += 1

    def _start_connection(self, taken_sec: float) -> None:
        """Numbers the first frame of a connection so that missed frames leave a gap."""
        self._has_frames, self._after_gap = True, False
        self._first_sec = taken_sec if self._first_sec is None else self._first_sec
        missed = round((taken_sec - self._first_sec) * self._prepare.fps)
        self._next = max(missed, self._next + bool(self._next))
        self._convert_rate = RateConverter(self._prepare.fps)
        self._prepare.start_after_gap()

    def _moment(self, sec: float) -> Moment:
        first_sec = sec if self._first_sec is None else self._first_sec
        return Moment(self._next, sec - first_sec, self._clock.utc() - self._clock.now() + sec)

    def _in_real_time(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """Yields the frames of a file when they are due, as a camera would."""
        begun_sec = self._clock.now()
        first_sec: float | None = None
        for frame in frames:
            first_sec = frame.time_sec if first_sec is None else first_sec
            self._stopping.wait(begun_sec + frame.time_sec - first_sec - self._clock.now())
            yield frame
