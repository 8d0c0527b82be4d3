"""Routes through the street: where an actor is at each time, and when actors pass the camera."""

import bisect
import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abnormal.datasets.street import camera
from abnormal.datasets.street.people import Motion

MARGIN_M = 1.6
"""Routes start and end this many metres outside the picture."""

_TURN_SEC = 0.3  # half the duration of a turn
_STEP_SEC = 0.15  # half the interval over which the speed is measured

ENTRY_SHARE = 0.65
"""Share of a clip after which an actor appears that is too slow to leave the picture in time."""

_MIN_SHARE = 0.25  # smallest and largest share of a clip in which an event is visible
_MAX_SHARE = 0.45


@dataclass(frozen=True)
class Route:
    """A route of straight segments.

    Attributes:
        points: `(n, 2)` float, x and z of the corners in metres; n is at least 2.
        times: `(n,)` float, when each corner is reached, in seconds since the clip began,
            ascending. A segment of length 0 is a stop.
        facing: Unit vector (x, z) of the direction before the first movement.
    """

    points: np.ndarray
    times: np.ndarray
    facing: tuple[float, float] = (1.0, 0.0)

    def is_present(self, time_sec: float) -> bool:
        """Returns whether an actor on this route is in the street at a time."""
        return bool(self.times[0] <= time_sec <= self.times[-1])

    def position(self, time_sec: float) -> tuple[float, float]:
        """Returns the position (x, z) at a time, in metres."""
        x = np.interp(time_sec, self.times, self.points[:, 0])
        return float(x), float(np.interp(time_sec, self.times, self.points[:, 1]))

    def motion(self, time_sec: float) -> Motion:
        """Returns the distance covered and the speed at a time."""
        around = [time_sec - _STEP_SEC, time_sec, time_sec + _STEP_SEC]
        before, now, after = np.interp(around, self.times, self._distances_m)
        return Motion(float(now), float(after - before) / (2.0 * _STEP_SEC), time_sec)

    def heading(self, time_sec: float) -> tuple[float, float]:
        """Returns the direction at a time as a unit vector (x, z). It turns smoothly at corners."""
        x0, z0 = self._direction(time_sec - _TURN_SEC)
        x1, z1 = self._direction(time_sec + _TURN_SEC)
        length = math.hypot(x0 + x1, z0 + z1)
        if length < 1e-6:
            return x1, z1
        return (x0 + x1) / length, (z0 + z1) / length

    @functools.cached_property
    def _distances_m(self) -> np.ndarray:
        """The distance covered at each corner, in metres."""
        return np.concatenate([[0.0], np.cumsum(_lengths(self.points))])

    @functools.cached_property
    def _directions(self) -> list[tuple[float, float]]:
        """The direction of each segment. A stop has the direction of the segment before it."""
        directions = [self.facing]
        for step, length in zip(np.diff(self.points, axis=0), _lengths(self.points), strict=True):
            directions.append(directions[-1] if length == 0.0 else tuple((step / length).tolist()))
        return directions[1:]

    def _direction(self, time_sec: float) -> tuple[float, float]:
        piece = bisect.bisect_right(self.times, time_sec) - 1
        return self._directions[min(max(piece, 0), len(self._directions) - 1)]


def _lengths(points: np.ndarray) -> np.ndarray:
    steps = np.diff(points, axis=0)
    return np.hypot(steps[:, 0], steps[:, 1])


def route_along(
    points: Sequence[tuple[float, float]],
    speed: float,
    start_sec: float,
    stop: tuple[int, float] | None = None,
) -> Route:
    """Makes a route through corners at constant speed.

    Args:
        points: The corners (x, z) in metres.
        speed: Speed in metres per second.
        start_sec: Time at the first corner, in seconds since the clip began.
        stop: Index of a corner at which the actor stops, and the duration of the stop in seconds;
            None for no stop.
    """
    corners = list(points)
    waits = [0.0] * len(corners)
    if stop is not None:
        corners.insert(stop[0], corners[stop[0]])
        waits.insert(stop[0] + 1, stop[1])
    placed = np.array(corners)
    spans = _lengths(placed) / speed + np.array(waits[1:])
    return Route(placed, start_sec + np.concatenate([[0.0], np.cumsum(spans)]))


def stay_at(
    x: float, z: float, facing: tuple[float, float], since_sec: float, until_sec: float
) -> Route:
    """Makes the route of an actor that stays at one position, from one time to another."""
    return Route(np.array([[x, z], [x, z]]), np.array([since_sec, until_sec]), facing)


def edge_x(z: float, side: float) -> float:
    """Returns the x in metres at which routes along `z` start on the left (-1) or right (1)."""
    return side * (camera.half_width_m(z) + MARGIN_M)


def delayed(route: Route, seconds: float) -> Route:
    """Returns the same route with all times later by a number of seconds."""
    return Route(route.points, route.times + seconds, route.facing)


def pass_times(rng: np.random.Generator, duration_sec: float, pass_sec: float) -> list[float]:
    """Returns random times at which an event starts, so that it fills 25 to 45 per cent of a clip.

    Args:
        rng: Random generator.
        duration_sec: Length of the clip in seconds.
        pass_sec: Duration of the event each time, in seconds.

    Returns:
        The start times in seconds. An event that lasts longer than 45 per cent of the clip starts
        late, and still lasts when the clip ends.
    """
    if pass_sec > _MAX_SHARE * duration_sec:
        return [ENTRY_SHARE * duration_sec]
    count = int(np.ceil(_MIN_SHARE * duration_sec / pass_sec))
    free = duration_sec - count * pass_sec
    gaps = rng.dirichlet(np.full(count + 1, 6.0)) * free
    return [float(gap) for gap in np.cumsum(gaps[:-1]) + pass_sec * np.arange(count)]
