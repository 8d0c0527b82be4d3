"""The ways of people through a place: along a lane, with stops, and with a detour to a spot."""

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from abnormal.datasets.life.place import Lane, Place, Point, Spot
from abnormal.datasets.street.routes import Route

SEAT_AHEAD_M = 0.45
"""Who sits down stands this far in front of the seat."""

_TURN_SEC = 0.4  # time for turning round at a stop
_TURN_M = 0.02  # the direction of a route is that of its movement, however small


class Stop(NamedTuple):
    """A corner of a way, and how long somebody waits there.

    Attributes:
        x: Metres to the right of the camera.
        z: Metres away from it.
        until_sec: Time until which they wait; if they arrive later, they do not.
        facing: Unit vector (x, z) of the direction in which they look; None for that of the way.
    """

    x: float
    z: float
    until_sec: float = -math.inf
    facing: Point | None = None


def route_with_stops(stops: Sequence[Stop], speed: float, start_sec: float) -> Route:
    """Makes a route through corners at constant speed, with any number of stops.

    Args:
        stops: The corners.
        speed: Speed in metres per second.
        start_sec: Time at the first corner.
    """
    points, times = [(stops[0].x, stops[0].z)], [start_sec]

    def go_on(x: float, z: float, at_sec: float) -> None:
        points.append((x, z))
        times.append(at_sec)

    for stop in stops[1:]:
        gap = math.dist(points[-1], (stop.x, stop.z))
        go_on(stop.x, stop.z, times[-1] + gap / speed)
        if stop.until_sec <= times[-1]:
            continue
        if stop.facing is not None:
            x, z = (c + _TURN_M * f for c, f in zip(points[-1], stop.facing, strict=True))
            go_on(x, z, times[-1] + _TURN_SEC)
        go_on(*points[-1], max(stop.until_sec, times[-1]))
    return Route(np.array(points), np.array(times))


def any_lane(rng: np.random.Generator, place: Place) -> Lane:
    """Returns a random lane of a place."""
    return place.lanes[int(rng.integers(len(place.lanes)))]


def straight_on(points: Sequence[Point]) -> list[Stop]:
    """Returns corners at which nobody waits."""
    return [Stop(*point) for point in points]


def beside(rng: np.random.Generator, lane: Lane, side: float | None = None) -> list[Point]:
    """Returns the corners of a lane, moved to one side.

    Args:
        rng: Random generator.
        lane: The lane.
        side: How far to the left, as a share of the lane's spread; None for a random share.
    """
    share = float(rng.uniform(-1.0, 1.0)) if side is None else side
    (x0, z0), (x1, z1) = lane.points[0], lane.points[-1]
    length = math.dist(lane.points[0], lane.points[-1])
    left, away = (z0 - z1) / length, (x1 - x0) / length
    shift = share * lane.spread_m
    return [(x + shift * left, z + shift * away) for x, z in lane.points]


def point_on(points: Sequence[Point], share: float) -> tuple[int, Point]:
    """Returns the point after a share of a way, and the index of the corner after it."""
    gaps = [math.dist(a, b) for a, b in itertools.pairwise(points)]
    left = share * sum(gaps)
    for index, gap in enumerate(gaps):
        if left <= gap:
            (x0, z0), (x1, z1) = points[index], points[index + 1]
            part = left / gap
            return index + 1, (x0 + part * (x1 - x0), z0 + part * (z1 - z0))
        left -= gap
    return len(points) - 1, points[-1]


def nearest_share(points: Sequence[Point], target: Point) -> float:
    """Returns the share of a way after which it is nearest to a target."""
    shares = np.linspace(0.0, 1.0, 101)
    gaps = [math.dist(point_on(points, float(share))[1], target) for share in shares]
    return float(shares[int(np.argmin(gaps))])


class Detour(NamedTuple):
    """A way that leaves a lane for a while.

    Attributes:
        before: The corners up to the spot, without it.
        after: The corners after the spot.
    """

    before: list[Point]
    after: list[Point]

    def arrival_sec(self, spot: Point, speed: float, start_sec: float) -> float:
        """Returns when somebody reaches the spot."""
        corners = [*self.before, spot]
        gaps = (math.dist(a, b) for a, b in itertools.pairwise(corners))
        return start_sec + sum(gaps) / speed


def detour(points: Sequence[Point], target: Point) -> Detour:
    """Returns the way along a lane that leaves it for a target, and comes back to it."""
    share = nearest_share(points, target)
    leave, out = point_on(points, max(share - 0.06, 0.02))
    back, into = point_on(points, min(share + 0.06, 0.98))
    return Detour([*points[:leave], out], [into, *points[back:]])


def standing_point(spot: Spot) -> Point:
    """Returns where somebody stands who uses a spot: in front of a seat, or on the spot."""
    ahead = SEAT_AHEAD_M if spot.seat else 0.0
    return spot.x + ahead * spot.facing[0], spot.z + ahead * spot.facing[1]
