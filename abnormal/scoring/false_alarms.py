"""The false alarms of a score in normal footage, by which a threshold is chosen for a rate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from abnormal.scoring.alarm import Alarm
from abnormal.scoring.surprise import MAX_SURPRISE

RELEASE_DROP = 0.7
"""Difference in surprise between the threshold of an alarm and its release. Five times as many
normal frames are above the release as above the threshold."""

COUNTED_SURPRISES = tuple(np.arange(0.5, 5.01, 0.25).tolist())
"""Thresholds, as surprises, at which the false alarms of the normal footage are counted."""

ENOUGH_EVENTS = 10
"""Number of false alarms from which a rate can be measured. Rates of fewer are extrapolated."""

RULE_OF_THREE = 3.0
"""If nothing happens in n hours, there are with 95 % confidence at most 3 / n events per hour
(Hanley and Lippman-Hand, 1983)."""


@dataclass(frozen=True)
class FalseAlarms:
    """The false alarms of a score in normal footage.

    Attributes:
        hours: Length of the footage, in hours.
        counts: Number of events at each threshold of `COUNTED_SURPRISES`. It is not whole where the
            footage was `extended`.
    """

    hours: float
    counts: tuple[float, ...]

    @property
    def lowest_rate_per_hour(self) -> float:
        """The lowest rate of false alarms that footage of this length can guarantee."""
        return RULE_OF_THREE / self.hours

    def surprise_for(self, per_hour: float) -> float:
        """Returns the threshold above which there are at most so many false alarms per hour.

        The logarithm of the rate is interpolated linearly between thresholds with `ENOUGH_EVENTS`
        events or more. Beyond them the rate is taken to fall by a factor of ten for each step of 1,
        as the fraction of frames does. Where it falls more slowly, that would be a threshold above
        which the footage itself has more false alarms; it is raised to the first counted one above
        which there are no more, or beyond all of them by the same rule.

        Args:
            per_hour: Number of false alarms per hour, above 0.

        Returns:
            The threshold as a surprise, at most `MAX_SURPRISE`.
        """
        counts = np.maximum.accumulate(self.counts[::-1])[::-1]
        first = last = 0
        if counts[0]:
            first = int((counts == counts[0]).sum()) - 1  # below it, events merge into one another
            last = int((counts >= min(ENOUGH_EVENTS, counts[0])).sum()) - 1
        rates = np.log10(np.maximum(counts[first : last + 1], 1) / self.hours)
        wanted = np.log10(per_hour)
        if wanted > rates[-1]:
            return float(np.interp(-wanted, -rates, COUNTED_SURPRISES[first : last + 1]))
        surprise = COUNTED_SURPRISES[last] + rates[-1] - wanted
        exceeded = int((counts / self.hours > per_hour).sum())  # the lowest thresholds
        if exceeded == len(counts):
            beyond = np.log10(counts[-1] / self.hours) - wanted
            surprise = max(surprise, COUNTED_SURPRISES[-1] + beyond)
        else:
            surprise = max(surprise, COUNTED_SURPRISES[exceeded])
        return float(min(surprise, MAX_SURPRISE))

    def missing_hours(self, per_hour: float) -> float:
        """Returns how much longer the footage had to be to guarantee a rate, in hours.

        Args:
            per_hour: Number of false alarms per hour, above 0.
        """
        return max(0.0, RULE_OF_THREE / per_hour - self.hours)

    def extended(self, by: "FalseAlarms", hours: float) -> "FalseAlarms":
        """Returns the false alarms of this footage and of some hours like other footage.

        Args:
            by: The false alarms of the same score in the other footage.
            hours: How many hours of it are added, at most as many as it has: more would count each
                of its events several times.
        """
        counts = np.array(self.counts) + hours / by.hours * np.array(by.counts)
        return FalseAlarms(self.hours + hours, tuple(counts.tolist()))

    def is_counted(self, per_hour: float) -> bool:
        """Tells whether the threshold for a rate is among those at which events were counted.

        Args:
            per_hour: Number of false alarms per hour, above 0.
        """
        return self.surprise_for(per_hour) <= COUNTED_SURPRISES[-1]


def count_false_alarms(normal: Iterable[np.ndarray], fps: float) -> FalseAlarms:
    """Counts the events that a score raises in normal footage, at several thresholds.

    Args:
        normal: For each video the surprise of each frame, `(n,)` float64, at least 0.
        fps: Frames per second.
    """
    videos: Sequence[np.ndarray] = list(normal)
    alarms = [
        Alarm("surprise", threshold, max(0.0, threshold - RELEASE_DROP))
        for threshold in COUNTED_SURPRISES
    ]
    counts = [sum(len(alarm.events(values, fps)) for values in videos) for alarm in alarms]
    return FalseAlarms(sum(map(len, videos)) / fps / 3600, tuple(counts))
