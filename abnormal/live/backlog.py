"""The frames of one camera between the thread that receives them and the one that prepares them."""

import collections
import threading
from typing import NamedTuple

from abnormal.live.frame import ReaderFailed
from abnormal.video.stream import Frame

LARGEST_BYTES = 16 << 20
"""So many bytes of frames may wait, or two frames."""


class ReceivedFrame(NamedTuple):
    """A frame as it has come.

    Attributes:
        frame: The frame, at its own size.
        taken_sec: When it was taken, as far as is known, by the clock of the arrivals.
        arrival_sec: When it arrived, in seconds by a clock that never goes back.
        is_first: Whether it is the first of a connection.
        follows_gap: Whether frames before it were dropped, so that it is not known what moved.
    """

    frame: Frame
    taken_sec: float
    arrival_sec: float
    is_first: bool
    follows_gap: bool = False


class StreamEnd(NamedTuple):
    """A connection has ended, or could not be made.

    Attributes:
        sec: When this was noticed, by the clock of the arrivals.
        reason: Why, as far as it is known; without a password.
        is_last: Whether there will be no other connection, because the source is a file.
    """

    sec: float
    reason: str
    is_last: bool


Received = ReceivedFrame | StreamEnd | ReaderFailed


class Backlog:
    """A short queue in which the newest frames win, so that nothing is noticed late.

    If frames waited in the network instead, a camera that has died would go on for as long as its
    last frames last. When there is no more room, all frames that wait are dropped at once: one long
    gap costs the scores less than many short ones, before and after which nothing is compared.

    Attributes:
        dropped_sec: How many seconds of frames were dropped since the start.
    """

    def __init__(self, longest_sec: float, waits: bool) -> None:
        """Makes an empty queue.

        Args:
            longest_sec: At most so many seconds of frames wait, or two frames.
            waits: Whether to wait for room, as for a file, instead of dropping frames.
        """
        self._longest_sec, self._waits = longest_sec, waits
        self._waiting: collections.deque[Received] = collections.deque()
        self._changed = threading.Condition()
        self.dropped_sec = 0.0

    def put(self, received: Received) -> None:
        """Adds what the camera has sent. Only frames are ever dropped."""
        with self._changed:
            if isinstance(received, ReceivedFrame):
                frame = received
                if self._waits:
                    self._changed.wait_for(lambda: self._has_room(frame) or not self._waits)
                if not self._has_room(frame):
                    received = self._in_place_of(self._frames(), frame)
            self._waiting.append(received)
            self._changed.notify_all()

    def stop_waiting(self) -> None:
        """Makes `put` drop frames from now on, because nobody takes them any more."""
        with self._changed:
            self._waits = False
            self._changed.notify_all()

    def take(self, timeout_sec: float) -> Received | None:
        """Takes the oldest of what waits; None if nothing comes in so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting, timeout_sec)
            if not self._waiting:
                return None
            received = self._waiting.popleft()
            self._changed.notify_all()
            return received

    def _in_place_of(self, older: list[ReceivedFrame], newest: ReceivedFrame) -> ReceivedFrame:
        """Drops the frames that wait; the newest one then follows a gap."""
        others = [one for one in self._waiting if not isinstance(one, ReceivedFrame)]
        self._waiting = collections.deque(others)
        self.dropped_sec += max(0.0, newest.taken_sec - older[0].taken_sec)
        is_first = any(one.is_first for one in [*older, newest])
        return newest._replace(is_first=is_first, follows_gap=True)

    def _has_room(self, newest: ReceivedFrame) -> bool:
        older = self._frames()
        with_colours = 3 * newest.frame.image.nbytes
        return len(older) < 2 or (
            len(older) < LARGEST_BYTES // with_colours
            and newest.arrival_sec - older[0].arrival_sec < self._longest_sec
        )

    def _frames(self) -> list[ReceivedFrame]:
        return [one for one in self._waiting if isinstance(one, ReceivedFrame)]
