"""Estimates when frames were taken: cameras are regular, arrivals over a network are not."""

import collections
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

TIMESTAMP_WINDOW_SEC = 30.0
"""The least delay of a stream with time stamps is looked for in the last so many seconds."""
ARRIVAL_WINDOW_SEC = 5.0
"""The arrivals of a stream without time stamps are smoothed over so many seconds."""
BREAK_SEC = 1.0
"""If a frame differs from its expected time by so many seconds, the estimate starts anew."""
BACKLOG_SEC = 10.0
"""A network may hold back frames with time stamps for so many seconds without a new start."""


@dataclass(frozen=True)
class Clock:
    """This machine's clocks; tests replace them by functions of their own.

    Attributes:
        now: Returns seconds by a clock that never goes back.
        utc: Returns seconds since 1970.
    """

    now: Callable[[], float] = time.monotonic
    utc: Callable[[], float] = time.time


def format_utc(utc: float) -> str:
    """Formats seconds since 1970 as a time in UTC by ISO 8601, to the millisecond."""
    return (
        datetime.fromtimestamp(utc, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def parse_utc(text: str) -> float:
    """Parses a time that `format_utc` formatted, and returns seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def format_stamp(utc: float) -> str:
    """Formats seconds since 1970 as the time in an event's id; these sort by time, as texts do."""
    return re.sub("[-:]", "", format_utc(utc))


class TimestampMapper:
    """Converts the time stamps of a stream to this machine's clock.

    The offset between the two clocks is the smallest delay of the last half minute, because a frame
    may be held up on its way, but is never early. This keeps the camera's spacing, even when frames
    arrive in bursts.
    """

    def __init__(self) -> None:
        self._delays: collections.deque[tuple[float, float]] = collections.deque()

    def __call__(self, stream_sec: float, arrival_sec: float) -> float:
        """Estimates when a frame was taken, in seconds by the clock of the arrivals.

        Args:
            stream_sec: The frame's time stamp, in seconds.
            arrival_sec: When the frame arrived, in seconds by a clock that never goes back.
        """
        delay = arrival_sec - stream_sec
        if self._delays and not -BREAK_SEC < delay - self._least_delay() < BACKLOG_SEC:
            self._delays.clear()
        self._delays.append((arrival_sec, delay))
        while arrival_sec - self._delays[0][0] > TIMESTAMP_WINDOW_SEC:
            self._delays.popleft()
        return stream_sec + self._least_delay()

    def restart(self) -> None:
        """Forgets the delays, because the clock of the stream may have been set anew."""
        self._delays.clear()

    def _least_delay(self) -> float:
        return min(delay for _, delay in self._delays)


class ArrivalSmoother:
    """Estimates when frames without time stamps, such as MJPEG over HTTP, were taken.

    A camera takes its frames at regular intervals. A frame's time is therefore on the straight line
    that is fitted to the arrival times of the last seconds, by the count of the frames.
    """

    def __init__(self) -> None:
        self._numbers: collections.deque[float] = collections.deque()
        self._arrivals: collections.deque[float] = collections.deque()
        self._line = (0.0, 0.0, 0.0)  # number and time of a point, and seconds per frame

    def __call__(self, number: float, arrival_sec: float) -> float:
        """Estimates when a frame was taken, in seconds by the clock of the arrivals.

        Args:
            number: Number of the frame in its stream.
            arrival_sec: When the frame arrived, in seconds by a clock that never goes back.
        """
        if len(self._arrivals) > 1 and abs(arrival_sec - self._on_line(number)) > BREAK_SEC:
            self._numbers.clear()
            self._arrivals.clear()
        self._numbers.append(number)
        self._arrivals.append(arrival_sec)
        while arrival_sec - self._arrivals[0] > ARRIVAL_WINDOW_SEC:
            self._numbers.popleft()
            self._arrivals.popleft()
        self._fit()
        return self._on_line(number)

    def _fit(self) -> None:
        """Fits the least-squares line through the arrivals."""
        numbers, arrivals = np.fromiter(self._numbers, float), np.fromiter(self._arrivals, float)
        middle = float(numbers.mean())
        centred = numbers - middle
        slope = float(centred @ arrivals) / max(float(centred @ centred), 1e-9)
        self._line = middle, float(arrivals.mean()), slope

    def _on_line(self, number: float) -> float:
        middle, middle_sec, slope = self._line
        return middle_sec + slope * (number - middle)


class RateConverter:
    """Converts a camera's frame rate to the model's by repeating or leaving out frames.

    Each tick of the model's rate takes the nearest frame of the camera. Ticks are pulled towards
    the frames, so that at equal rates each frame is used once, even if it is a little irregular.

    Attributes:
        jumped: Whether much more time or many more frames than usual passed before the last frame
            that was used, so that it is not known what moved in between.
    """

    _PULL = 0.01
    """Share of the distance to a frame by which the next tick is pulled towards it."""
    _NEAR = 10
    """A tick that is so many periods or more away from the next frame is not pulled: it is in a
    gap, or the camera has few frames."""
    _GAP_GAIN = 0.02
    """Weight of the newest interval in the mean interval between frames."""
    _FIRST = 10
    """If most of the first so many intervals are unlike the model's, their mean is the usual one at
    once."""
    _SHORTEST_SEC = 1 / 75
    """Cameras have up to 60 frames a second. At first, frames that are closer than this are taken
    for those of a stream that was held up before its first one came."""
    _JUMP = 4
    """A jump is more than so many times the usual number of ticks."""

    def __init__(self, fps: float) -> None:
        """Starts with the next frame, which is always used.

        Args:
            fps: Frames per second of the model.
        """
        self._period = self._gap = 1 / fps
        self._first_gaps = [self._period]
        self._due: float | None = None
        self._last_sec = 0.0
        self._skipped = 0
        self.jumped = False

    def __call__(self, time_sec: float) -> int:
        """Returns how many times the next frame is used; 0 if it is left out.

        Args:
            time_sec: When the frame was taken, in seconds.
        """
        usual = self._gap / self._period  # ticks per frame
        if self._due is None:
            self._due = self._last_sec = time_sec
        if time_sec > self._last_sec:
            self._learn(time_sec - self._last_sec)
        self._last_sec = time_sec
        ticks = 0
        while self._due <= time_sec + self._gap / 2:
            late_sec = time_sec - self._due
            is_near = abs(late_sec) < self._NEAR * self._period
            self._due += self._period + is_near * self._PULL * late_sec
            ticks += 1
        self.jumped = (
            # A regular camera has fewer frames between ticks. More of them are a stream that was
            # held up and now catches up: things would seem to move as many times too fast.
            ticks > self._JUMP * max(1.0, usual) or self._skipped > max(1.0, 1 / usual)
        ) and ticks > 0
        self._skipped = 0 if ticks else self._skipped + 1
        return ticks

    def _learn(self, gap: float) -> None:
        """Learns the usual interval between frames from the next one, in seconds."""
        if len(self._first_gaps) <= self._FIRST:
            self._first_gaps.append(gap if gap >= self._SHORTEST_SEC else self._period)
            middle = statistics.median_low(self._first_gaps)
            if not middle / 2 < self._period < 2 * middle:
                # The rate is another one than the model's. A pause must not count in the mean.
                near = [one for one in self._first_gaps if middle / 2 < one < 2 * middle]
                self._gap = statistics.fmean(near)
                return
        if gap >= BREAK_SEC:  # a pause, or a camera that has become slow
            gap = min(gap, self._JUMP * max(self._gap, self._SHORTEST_SEC))
        self._gap += self._GAP_GAIN * (gap - self._gap)
