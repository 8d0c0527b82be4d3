"""Events: stretches of a video in which something is not regular.

Those of an alarm are found in `abnormal.scoring.alarm`; those that papers count, by the minima of
the regularity, are found here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

WINDOW_SEC = 2.0
"""A minimum of the regularity stands for a stretch of this length around it: the 50 frames of Hasan
et al., 2016 (arXiv:1604.04574), section 4.3, at 25 frames a second."""

PERSISTENCE = 0.2
"""How deep a minimum of the regularity has to be to count, in regularity."""


@dataclass(frozen=True)
class Event:
    """Some consecutive frames that belong together.

    Attributes:
        start: Number of the first frame.
        stop: Number behind the last frame.
        peak: Number of the frame with the highest score.
        peak_score: Its score.
        mean_score: Over all frames of the event.
    """

    start: int
    stop: int
    peak: int
    peak_score: float
    mean_score: float


def persistent_events(
    regularity: np.ndarray, fps: float, persistence: float = PERSISTENCE
) -> list[Event]:
    """Events by the persistent minima of the regularity; it looks back on the whole video.

    Each minimum that is deeper than `persistence` below the lower of the ridges beside it stands
    for `WINDOW_SEC` around it; minima whose stretches touch are one event. That is how
    Chong and Tay count events, after Hasan et al., 2016, section 4.3, with Persistence1D of Kozlov
    and Weinkauf.

    Args:
        regularity: `(n,)` in [0, 1].
        fps: Frames per second.
        persistence: How deep a minimum has to be.

    Returns:
        The events; their scores are 1 - regularity.
    """
    reach = round(WINDOW_SEC * fps / 2)
    stretches = [
        (max(0, place - reach), min(len(regularity), place + reach + 1))
        for place, depth in sorted(minima(regularity))
        if depth > persistence
    ]
    return [event_between(1 - regularity, *stretch) for stretch in _joined(stretches)]


def minima(values: np.ndarray) -> Iterator[tuple[int, float]]:
    """The local minima of a curve, each with its persistence.

    The curve is flooded from below. Each local minimum begins a lake; where two lakes meet, the one
    with the higher bottom ends there, and its persistence is the height of the ridge above its
    bottom. The lowest never ends: its persistence is the height of the whole curve.

    Args:
        values: `(n,)`. Of equal values, the first counts as lower.
    """
    lake = np.full(len(values), -1)  # for each flooded place the bottom of its lake

    def bottom_of(place: int) -> int:
        while lake[place] != place:
            lake[place] = lake[lake[place]]
            place = lake[place]
        return place

    for place in np.argsort(values, kind="stable").tolist():
        beside = [near for near in (place - 1, place + 1) if 0 <= near < len(values)]
        bottoms = sorted(
            {bottom_of(near) for near in beside if lake[near] >= 0},
            key=lambda bottom: (values[bottom], bottom),
        )
        lake[place] = bottoms[0] if bottoms else place
        for ended in bottoms[1:]:
            lake[ended] = bottoms[0]
            yield ended, float(values[place] - values[ended])
    if len(values):
        yield int(np.argmin(values)), float(values.max() - values.min())


def intervals(flags: np.ndarray) -> Iterator[tuple[int, int]]:
    """The half-open intervals `[start, stop)` in which flags are set."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return ((int(start), int(stop)) for start, stop in edges.reshape(-1, 2))


def event_between(scores: np.ndarray, start: int, stop: int) -> Event:
    """The event of the frames `[start, stop)`.

    Args:
        scores: `(n,)` float64 of the whole video, growing with abnormality.
        start: Number of the first frame.
        stop: Number behind the last frame.
    """
    inside = scores[start:stop]
    peak = start + int(np.argmax(inside))
    return Event(start, stop, peak, float(scores[peak]), float(inside.mean()))


def _joined(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches in order of both ends, with those that touch made one."""
    joined: list[tuple[int, int]] = []
    for start, stop in stretches:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return joined
