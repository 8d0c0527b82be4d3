"""The threads of a camera: one connects, receives frames, and reconnects when necessary; the other
prepares them.

Receiving takes little time, so that it keeps up even on a machine that is busy.
"""

import random
import threading
from collections.abc import Callable, Iterator

from abnormal.errors import AbnormalError
from abnormal.live.address import Camera
from abnormal.live.backlog import Backlog, ReceivedFrame, StreamEnd
from abnormal.live.clock import ArrivalSmoother, Clock, RateConverter, TimestampMapper
from abnormal.live.frame import ConnectionLost, Moment, ReaderFailed, ReaderMessage
from abnormal.live.prepare import FramePreparer
from abnormal.video.camera import CameraStream, open_camera
from abnormal.video.stream import Frame

FRAME_TIMEOUT_SEC = 5.0
"""A connection is given up if no frame comes for so many seconds."""

WAIT_SEC = 0.5
"""If no frame comes for so many seconds, it is looked whether the camera is still there."""
START_SEC = 3.0
"""A first connection is reported if nothing is known of it so many seconds after its time limit."""
SILENT_SEC = 6.0
"""A camera is lost if no picture has come for so many seconds, even if its connection holds."""
BACKLOG_SEC = 2.0
"""So many seconds of frames may wait for being prepared."""

LOOK_SEC = 0.2
"""Of frames that will not be scored, so many seconds apart one is looked at for faults."""

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


class CameraReceiver(threading.Thread):
    """Receives the frames of one camera until it is stopped, or until its file ends."""

    def __init__(self, camera: Camera, backlog: Backlog, clock: Clock, timeout_sec: float) -> None:
        """Makes the thread, which `start` starts.

        Args:
            camera: The camera.
            backlog: Takes what is received.
            clock: This machine's clocks.
            timeout_sec: How long to wait for the connection and for each frame, in seconds.
        """
        super().__init__(name=f"receiver-{camera.name}", daemon=True)
        self._camera, self._backlog, self._clock = camera, backlog, clock
        self._timeout_sec = timeout_sec
        self.stopping = threading.Event()
        self._has_frames = False  # whether this connection has given any

    def run(self) -> None:
        """Receives frames; an unexpected exception becomes a message."""
        try:
            self._keep_receiving()
        except Exception as error:
            self._backlog.put(ReaderFailed(error))

    def _keep_receiving(self) -> None:
        waits = backoff(FIRST_WAIT_SEC, LONGEST_WAIT_SEC)
        camera = self._camera
        while not self.stopping.is_set():
            self._has_frames = False
            try:
                with open_camera(
                    camera.source, self._timeout_sec, camera.allow_redirects
                ) as stream:
                    self._receive(stream)
                reason = "the stream ended"
            except AbnormalError as error:
                reason = str(error)
            self._backlog.put(StreamEnd(self._clock.now(), reason, camera.is_file))
            if camera.is_file:
                return
            if self._has_frames:
                waits = backoff(FIRST_WAIT_SEC, LONGEST_WAIT_SEC)
            self.stopping.wait(next(waits))

    def _receive(self, stream: CameraStream) -> None:
        taken_at = TimestampMapper() if stream.has_timestamps else ArrivalSmoother()
        frames = self._in_real_time(stream.frames) if self._camera.is_file else stream.frames
        for frame in frames:
            if self.stopping.is_set():
                return
            arrival_sec = self._clock.now()
            if frame.after_gap and isinstance(taken_at, TimestampMapper):
                taken_at.restart()
            taken_sec = taken_at(frame.time_sec, arrival_sec)
            self._backlog.put(ReceivedFrame(frame, taken_sec, arrival_sec, not self._has_frames))
            self._has_frames = True

    def _in_real_time(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """Yields the frames of a file when they are due, as a camera would."""
        begun_sec = self._clock.now()
        first_sec: float | None = None
        for frame in frames:
            first_sec = frame.time_sec if first_sec is None else first_sec
            self.stopping.wait(begun_sec + frame.time_sec - first_sec - self._clock.now())
            yield frame


class CameraReader(threading.Thread):
    """Prepares the frames of one camera, which a thread of its own receives."""

    def __init__(
        self,
        camera: Camera,
        prepare: FramePreparer,
        put: Callable[[ReaderMessage], None],
        has_room: Callable[[], bool],
        clock: Clock,
        timeout_sec: float = FRAME_TIMEOUT_SEC,
    ) -> None:
        """Makes the threads, which `start` starts.

        Args:
            camera: The camera.
            prepare: Makes frames ready for the model.
            put: Takes the messages without waiting.
            has_room: Tells whether the next frame can be scored; if not, it is dropped.
            clock: This machine's clocks.
            timeout_sec: How long to wait for the connection and for each frame, in seconds.
        """
        super().__init__(name=f"camera-{camera.name}", daemon=True)
        self._prepare, self._put, self._has_room = prepare, put, has_room
        self._clock = clock
        self._backlog = Backlog(BACKLOG_SEC, camera.is_file)
        self._receiver = CameraReceiver(camera, self._backlog, clock, timeout_sec)
        self._first_sec: float | None = None  # when the first frame of all was taken
        self._next = 0  # number of the next frame
        self._dropped = 0  # frames at the model's rate that were not scored
        self._look_at = 0  # number from which one is looked at although it is not scored
        self._convert_rate = RateConverter(prepare.fps)
        self._follows_gap = False
        # When the camera is lost unless something comes; infinite while it is.
        self._lost_at_sec = clock.now() + timeout_sec + START_SEC
        self.pass_time: Callable[[float], None] = lambda now_sec: None

    def dropped(self) -> int:
        """Returns how many frames were dropped since the start, counted at the model's rate."""
        return round(self._backlog.dropped_sec * self._prepare.fps) + self._dropped

    def stop(self) -> None:
        """Asks the threads to end at the next frame, without waiting for that."""
        self._receiver.stopping.set()
        self._backlog.stop_waiting()

    def run(self) -> None:
        """Prepares frames; an unexpected exception is sent as a message to the main thread."""
        self._receiver.start()
        try:
            while not self._receiver.stopping.is_set() and self._pass_on():
                pass
        except Exception as error:
            self._put(ReaderFailed(error))

    def _pass_on(self) -> bool:
        """Passes on what the camera sends next; returns False if nothing will come any more."""
        received = self._backlog.take(WAIT_SEC)
        if received is None and self._clock.now() > self._lost_at_sec:  # such as a hung device
            received = StreamEnd(self._clock.now(), self._silence(), is_last=False)
        if isinstance(received, ReceivedFrame):
            if received.is_first or self._lost_at_sec == float("inf"):
                self._start_connection(received.taken_sec)
            self._lost_at_sec = received.arrival_sec + SILENT_SEC
            self._take(received)
        elif isinstance(received, StreamEnd):
            self._lost_at_sec = float("inf")
            moment = self._moment(received.sec)
            self._put(ConnectionLost(moment, received.reason, received.is_last))
        elif received:
            self._put(received)
        self.pass_time(self._clock.now())
        return not (isinstance(received, StreamEnd) and received.is_last)

    def _silence(self) -> str:
        if self._first_sec is None:
            return "there is no answer"
        return f"no picture for {self._clock.now() - self._lost_at_sec + SILENT_SEC:.0f} s"

    def _take(self, received: ReceivedFrame) -> None:
        taken_sec = received.taken_sec
        self._follows_gap |= received.follows_gap or received.frame.after_gap
        ticks = self._convert_rate(taken_sec)
        if not ticks:
            return
        if self._convert_rate.jumped or self._follows_gap:
            # Leave a gap rather than repeat the frame before it.
            self._next += max(1, ticks - 1)
            self._prepare.start_after_gap()
            ticks = 1
        self._follows_gap = False
        is_dropped = not self._has_room()
        if is_dropped:
            self._dropped += ticks
            if self._next < self._look_at:
                self._next += ticks
                self._prepare.start_after_gap()
                return
        self._look_at = self._next + max(1, round(LOOK_SEC * self._prepare.fps))
        moment = self._moment(taken_sec)
        ready = self._prepare(received.frame, moment, received.arrival_sec, is_dropped)
        for tick in range(ticks):
            if tick:
                if not is_dropped and not self._has_room():
                    self._dropped += ticks - tick
                    self._next += ticks - tick
                    self._prepare.start_after_gap()
                    return
                # Things move on while a frame is repeated, as fast as they were seen to move.
                ready = ready._replace(moment=self._moment(taken_sec))
            self._put(ready)
            self._next += 1

    def _start_connection(self, taken_sec: float) -> None:
        """Numbers the first frame of a connection so that missed frames leave a gap."""
        self._first_sec = taken_sec if self._first_sec is None else self._first_sec
        missed = round((taken_sec - self._first_sec) * self._prepare.fps)
        self._next = max(missed, self._next + bool(self._next))
        self._convert_rate = RateConverter(self._prepare.fps)
        self._prepare.start_connection()

    def _moment(self, sec: float) -> Moment:
        first_sec = sec if self._first_sec is None else self._first_sec
        return Moment(self._next, sec - first_sec, self._clock.utc() - self._clock.now() + sec)
