"""What is taken and when: seats, the crossing, the bus. Who comes first is served first."""

import math
from collections.abc import Sequence

import numpy as np

from abnormal.datasets.life.daylight import Daylight, busyness
from abnormal.datasets.life.place import Spot

BUS_EVERY_SEC = 260.0
BUS_STAYS_SEC = 11.0
_GAP_SEC = 0.7  # between a car and somebody on the crossing
_FORGET_SEC = 300.0

Interval = tuple[float, float]
"""From and to, in seconds."""


class Diary:
    """Keeps what people and cars have planned, so that they give way to each other.

    It forgets what is long past, so that it does not grow.

    Args:
        daylight: The hour of the day.
        first_bus_sec: When the first bus comes to the stop.
    """

    def __init__(self, daylight: Daylight, first_bus_sec: float) -> None:
        self._daylight = daylight
        self._first_bus_sec = first_bus_sec
        self._taken: dict[Spot, float] = {}
        self._walkers: list[Interval] = []
        self._cars: list[Interval] = []

    def busyness(self, now_sec: float) -> float:
        """Returns how many people are about, as a share of the busiest hour."""
        return busyness(self._daylight.hour(now_sec))

    def take(
        self, rng: np.random.Generator, spots: Sequence[Spot], now_sec: float, for_sec: float
    ) -> Spot | None:
        """Takes a random free spot for some seconds; returns None if there is none."""
        free = [spot for spot in spots if self._taken.get(spot, -math.inf) <= now_sec]
        if not free:
            return None
        spot = free[int(rng.integers(len(free)))]
        self._taken[spot] = now_sec + for_sec
        return spot

    def next_bus(self, after_sec: float) -> float:
        """Returns when the next bus comes to the stop."""
        number = math.ceil((after_sec - self._first_bus_sec) / BUS_EVERY_SEC)
        return self._first_bus_sec + number * BUS_EVERY_SEC

    def cross(self, ready_sec: float, takes_sec: float) -> float:
        """Plans that somebody crosses the road as soon as no car is in the way.

        Args:
            ready_sec: When they are ready at the kerb.
            takes_sec: How long they take.

        Returns:
            When they start.
        """
        start = _first_gap(self._cars, ready_sec, takes_sec)
        self._walkers = _with(self._walkers, (start, start + takes_sec))
        return start

    def drive(self, arrives_sec: float, takes_sec: float) -> float:
        """Plans that a car passes the crossing as soon as nobody is on it.

        Args:
            arrives_sec: When it comes to the crossing.
            takes_sec: How long it takes to pass.

        Returns:
            When it passes; later than it arrives if it has to stop.
        """
        start = _first_gap(self._walkers, arrives_sec, takes_sec)
        self._cars = _with(self._cars, (start, start + takes_sec))
        return start


def _first_gap(taken: Sequence[Interval], ready_sec: float, takes_sec: float) -> float:
    start = ready_sec
    for since, until in sorted(taken):
        if since - _GAP_SEC < start + takes_sec and start < until + _GAP_SEC:
            start = until + _GAP_SEC
    return start


def _with(taken: Sequence[Interval], new: Interval) -> list[Interval]:
    return [one for one in taken if one[1] > new[0] - _FORGET_SEC] + [new]
