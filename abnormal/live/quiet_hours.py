"""Hours of each day at which nobody is told of what cameras see."""

import time
from typing import NamedTuple

DAY_MIN = 24 * 60
"""Minutes of a day."""


class QuietHours(NamedTuple):
    """A part of each day, by the local time of this machine.

    The hours are those that a clock on the wall shows. If it is set back for winter, an hour comes
    twice and is quiet twice; if it is set forward for summer, an hour is left out.

    Attributes:
        start_min: The first minute, 0 to 1439, counted from midnight.
        stop_min: The minute after the last one, 0 to 1440; not above the first if midnight is
            between them.
    """

    start_min: int
    stop_min: int

    def __str__(self) -> str:
        """Returns the hours as they are given on the command line, such as `22:00-06:00`."""
        return "-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in self)

    def contain(self, utc: float) -> bool:
        """Whether a time, in seconds since 1970, is in these hours."""
        local = time.localtime(utc)
        minute = 60 * local.tm_hour + local.tm_min
        if self.start_min < self.stop_min:
            return self.start_min <= minute < self.stop_min
        return minute >= self.start_min or minute < self.stop_min
