"""Ways through the street: where somebody is at a time, and when somebody comes by."""

import bisect
import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abnormal.datasets.street import camera
from abnormal.datasets.street.people import Motion

MARGIN_M = 1.6
"""How far beyond the picture's edge ways begin and end."""

_TURN_SEC = 0.3  # half the time that a turn takes
_STEP_SEC = 0.15  # half the time over which the speed is measured

ENTRY_SHARE = 0.65  # of a clip gone when something comes by that takes too long to leave again
_LEAST_SHARE = 0.25  # of a clip during which something comes by
_MOST_SHARE = 0.45


@dataclass(frozen=True)
class Route:
    """A way in straight pieces.

    Attributes:
        points: `(n, 2)` metres, x and z, n at least 2.
        times: `(n,)` seconds since the clip began, ascending; a piece without length is a stop.
        facing: Unit vector (x, z) of the direction before the first step.
    """

    points: np.ndarray
    times: np.ndarray
    facing: tuple[float, float] = (1.0, 0.0)

    def present(self, time_sec: float) -> bool:
        """Tell whether somebody is on the way at that time."""
        return bool(self.times[0] <= time_sec <= self.times[-1])

    def position(self, time_sec: float) -> tuple[float, float]:
        """Give x and z in metres."""
        x = np.interp(time_sec, self.times, self.points[:, 0])
        return float(x), float(np.interp(time_sec, self.times, self.points[:, 1]))

    def motion(self, time_sec: float) -> Motion:
        """Give the way gone so far and the speed."""
        around = [time_sec - _STEP_SEC, time_sec, time_sec + _STEP_SEC]
        before, now, after = np.interp(around, self.times, self._gone)
        return Motion(float(now), float(after - before) / (2.0 * _STEP_SEC), time_sec)

    def heading(self, time_sec: float) -> tuple[float, float]:
        """Give the unit vector (x, z) of the direction, turning smoothly at corners."""
        x0, z0 = self._direction(time_sec - _TURN_SEC)
        x1, z1 = self._direction(time_sec + _TURN_SEC)
        length = math.hypot(x0 + x1, z0 + z1)
        if length < 1e-6:
            return x1, z1
        return (x0 + x1) / length, (z0 + z1) / length

    @functools.cached_property
    def _gone(self) -> np.ndarray:
        """Metres gone at each corner."""
        return np.concatenate([[0.0], np.cumsum(_lengths(self.points))])

    @functools.cached_property
    def _directions(self) -> list[tuple[float, float]]:
        """The direction of each piece; a stop keeps the one before."""
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


def go(
    points: Sequence[tuple[float, float]],
    speed: float,
    start_sec: float,
    stop: tuple[int, float] | None = None,
) -> Route:
    """Lay a route that is gone at one speed.

    Args:
        points: Its corners, x and z in metres.
        speed: Metres a second.
        start_sec: The time at the first corner.
        stop: The number of a corner, and for how many seconds somebody stops there.

    Returns:
        The route.
    """
    corners = list(points)
    waits = [0.0] * len(corners)
    if stop is not None:
        corners.insert(stop[0], corners[stop[0]])
        waits.insert(stop[0] + 1, stop[1])
    placed = np.array(corners)
    spans = _lengths(placed) / speed + np.array(waits[1:])
    return Route(placed, start_sec + np.concatenate([[0.0], np.cumsum(spans)]))


def stand(
    x: float, z: float, facing: tuple[float, float], since_sec: float, until_sec: float
) -> Route:
    """Lay the route of somebody, or something, that stays."""
    return Route(np.array([[x, z], [x, z]]), np.array([since_sec, until_sec]), facing)


def edge_x(z: float, side: float) -> float:
    """Give the x in metres at which ways along `z` begin, left (`side` -1) or right (1)."""
    return side * (camera.half_width_m(z) + MARGIN_M)


def shifted(route: Route, seconds: float) -> Route:
    """Give the same route, gone that much later."""
    return Route(route.points, route.times + seconds, route.facing)


def pass_times(rng: np.random.Generator, duration_sec: float, pass_sec: float) -> list[float]:
    """Decide when something comes by, so that it is there for 25 to 45 per cent of a clip.

    Args:
        rng: Decides.
        duration_sec: The clip's length.
        pass_sec: For how long it is there each time.

    Returns:
        The seconds at which it appears. One that takes longer than 45 per cent comes late, and
        is still there when the clip ends.
    """
    if pass_sec > _MOST_SHARE * duration_sec:
        return [ENTRY_SHARE * duration_sec]
    count = int(np.ceil(_LEAST_SHARE * duration_sec / pass_sec))
    free = duration_sec - count * pass_sec
    gaps = rng.dirichlet(np.full(count + 1, 6.0)) * free
    return [float(gap) for gap in np.cumsum(gaps[:-1]) + pass_sec * np.arange(count)]
