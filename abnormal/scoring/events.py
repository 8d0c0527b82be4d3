"""Events: intervals of a video in which something abnormal happens.

The events of an alarm are found in `abnormal.scoring.alarm`. The events that papers count, at the
minima of the regularity, are found here.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from abnormal.scoring.regularity import stretched

REACH = 100
"""Number of frames before and after a minimum of the regularity that belong to its event."""

PERSISTENCE = 0.2
"""Persistence above which a minimum of the regularity is an event, where the regularity of a video
reaches from 0 to 1."""


@dataclass(frozen=True)
class Event:
    """A half-open interval of frames in which something abnormal happens.

    Attributes:
        start: 0-based number of the first frame.
        stop: 0-based number of the frame after the last one.
        peak: 0-based number of the frame with the highest score.
        peak_score: Score of that frame.
        mean_score: Mean score of all frames of the event.
    """

    start: int
    stop: int
    peak: int
    peak_score: float
    mean_score: float

    def later(self, frames: int) -> "Event":
        """Returns the same event with its frames numbered from an earlier first frame."""
        return dataclasses.replace(
            self, start=self.start + frames, stop=self.stop + frames, peak=self.peak + frames
        )


def persistent_events(regularity: np.ndarray) -> list[Event]:
    """Finds events at the persistent minima of the regularity, for which the video must be whole.

    The regularity is stretched to the range from 0 to 1. Each minimum whose persistence is above
    `PERSISTENCE`, and so the lowest one in any case, becomes an interval of `REACH` frames on both
    sides. Intervals that overlap are merged. The public code for the counts of Hasan et al., 2016
    (arXiv:1604.04574), does this with Persistence1D of Kozlov and Weinkauf, at any frame rate; see
    docs/DIFFERENCES.md for what the papers say instead.

    Args:
        regularity: `(n,)` float64 in [0, 1], one per frame.

    Returns:
        The events, in the order of time; none if all values are equal. Their scores are 1 -
        regularity, which is not stretched.
    """
    windows = [
        (max(0, index - REACH), min(len(regularity), index + REACH + 1))
        for index, depth in sorted(minima(stretched(regularity)))
        if depth > PERSISTENCE
    ]
    return [event_between(1 - regularity, *interval) for interval in _merged(windows)]


def minima(values: np.ndarray) -> Iterator[tuple[int, float]]:
    """Finds the local minima of a curve, each with its persistence.

    The curve is flooded from below, as in a watershed. Each local minimum begins a basin. Where two
    basins meet, the one with the higher minimum ends, and its persistence is the height of the
    meeting point above its minimum. The basin of the lowest minimum never ends; its persistence is
    the height of the whole curve.

    Args:
        values: `(n,)` float64 of any range. Of equal values, the first counts as lower.

    Yields:
        The index of each minimum, and its persistence, at least 0; in no particular order.
    """
    basin = np.full(len(values), -1)  # index of the minimum, by a chain; -1 where not yet flooded

    def minimum_of(index: int) -> int:
        while basin[index] != index:
            basin[index] = basin[basin[index]]
            index = basin[index]
        return index

    for index in np.argsort(values, kind="stable").tolist():
        neighbours = [near for near in (index - 1, index + 1) if 0 <= near < len(values)]
        lowest_first = sorted(
            {minimum_of(near) for near in neighbours if basin[near] >= 0},
            key=lambda minimum: (values[minimum], minimum),
        )
        basin[index] = lowest_first[0] if lowest_first else index
        for ended in lowest_first[1:]:
            basin[ended] = lowest_first[0]
            yield ended, float(values[index] - values[ended])
    if len(values):
        yield int(np.argmin(values)), float(values.max() - values.min())


def intervals(flags: np.ndarray) -> Iterator[tuple[int, int]]:
    """Finds the half-open intervals `[start, stop)` in which all flags are set.

    Args:
        flags: `(n,)` bool.

    Yields:
        The index of the first flag, and the index after the last one, in growing order.
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return ((int(start), int(stop)) for start, stop in edges.reshape(-1, 2))


def event_between(scores: np.ndarray, start: int, stop: int) -> Event:
    """Makes the event of the frames `[start, stop)`.

    Args:
        scores: `(n,)` float64 of the whole video, growing with abnormality.
        start: 0-based number of the first frame.
        stop: 0-based number of the frame after the last one.
    """
    inside = scores[start:stop]
    peak = start + int(np.argmax(inside))
    return Event(start, stop, peak, float(scores[peak]), float(inside.mean()))


def _merged(windows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Merges half-open intervals that overlap; both their ends are in growing order."""
    merged: list[tuple[int, int]] = []
    for start, stop in windows:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
    return merged
