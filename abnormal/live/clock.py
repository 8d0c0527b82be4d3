"""When a frame was taken: arrivals over a network are uneven, cameras are not."""

import collections
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

STAMPED_WINDOW_SEC = 30.0
EVEN_WINDOW_SEC = 5.0
BREAK_SEC = 1.0
"""A frame that comes so far from where the others make it expected begins anew."""
BACKLOG_SEC = 10.0
"""So late may be what a network held back, where the stream has times of its own."""


@dataclass(frozen=True)
class Clock:
    """What time it is.

    Attributes:
        now: Seconds by a clock that never goes back.
        utc: Seconds since 1970.
    """

    now: Callable[[], float] = time.monotonic
    utc: Callable[[], float] = time.time


def iso(utc: float) -> str:
    """A time as ISO 8601 has it, in UTC, to the millisecond."""
    return (
        datetime.fromtimestamp(utc, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


class StampedClock:
    """The times of a stream that has its own, by the clock of this machine.

    What is between the two clocks is the smallest delay of the last half minute: a frame that was
    held up on its way is late, none is ever early. So a camera's spacing is kept, bursts too.
    """

    def __init__(self) -> None:
        self._delays: collections.deque[tuple[float, float]] = collections.deque()

    def __call__(self, stream_sec: float, arrival_sec: float) -> float:
        """When a frame was taken, in seconds by the clock of the arrivals.

        Args:
            stream_sec: By the stream.
            arrival_sec: When it came, by a clock that never goes back.
        """
        delay = arrival_sec - stream_sec
        if self._delays and not -BREAK_SEC < delay - self._least() < BACKLOG_SEC:
            self._delays.clear()
        self._delays.append((arrival_sec, delay))
        while arrival_sec - self._delays[0][0] > STAMPED_WINDOW_SEC:
            self._delays.popleft()
        return stream_sec + self._least()

    def _least(self) -> float:
        return min(delay for _, delay in self._delays)


class EvenClock:
    """The times of a stream that has none, such as pictures one after the other over HTTP.

    A camera takes its pictures evenly, so a frame's time is on the straight line through the last
    seconds of arrivals over their numbers.
    """

    def __init__(self) -> None:
        self._pairs: collections.deque[tuple[float, float]] = collections.deque()

    def __call__(self, number: float, arrival_sec: float) -> float:
        """When a frame was taken, in seconds by the clock of the arrivals.

        Args:
            number: Grows evenly from frame to frame.
            arrival_sec: When it came, by a clock that never goes back.
        """
        if len(self._pairs) > 1 and abs(arrival_sec - self._line(number)) > BREAK_SEC:
            self._pairs.clear()
        self._pairs.append((number, arrival_sec))
        while arrival_sec - self._pairs[0][1] > EVEN_WINDOW_SEC:
            self._pairs.popleft()
        return self._line(number)

    def _line(self, number: float) -> float:
        numbers, arrivals = np.array(self._pairs).T
        away = numbers - numbers.mean()
        slope = float(away @ arrivals) / max(float(away @ away), 1e-9)
        return float(arrivals.mean()) + slope * (number - float(numbers.mean()))


class Pacer:
    """Says for how many frames of the model each frame of a camera stands.

    Each tick takes the frame that is nearest to it. Ticks are pulled towards the frames, so that
    where the rates are the same each frame stands for one tick, although it is a little uneven.

    Attributes:
        jumped: Whether much more happened before the last frame than usually does between two:
            what moves in between is not known.
    """

    _PULL = 0.01
    _GAP_GAIN = 0.02
    _JUMP = 4

    def __init__(self, fps: float) -> None:
        """Begins with the first frame.

        Args:
            fps: Ticks per second.
        """
        self._period = self._gap = 1 / fps
        self._due: float | None = None
        self._last_sec = 0.0
        self._skipped = 0
        self.jumped = False

    def __call__(self, time_sec: float) -> int:
        """How many ticks take the next frame.

        Args:
            time_sec: When it was taken.
        """
        usual = self._gap / self._period  # ticks of a frame
        if self._due is None:
            self._due = self._last_sec = time_sec
        elif 0 < (gap := time_sec - self._last_sec) < BREAK_SEC:
            self._gap += self._GAP_GAIN * (gap - self._gap)
        self._last_sec = time_sec
        ticks = 0
        while self._due <= time_sec + self._gap / 2:
            self._due += self._period + self._PULL * (time_sec - self._due)
            ticks += 1
        self.jumped = (
            ticks > self._JUMP * max(1.0, usual) or self._skipped > self._JUMP * max(1.0, 1 / usual)
        ) and ticks > 0
        self._skipped = 0 if ticks else self._skipped + 1
        return ticks
