"""What happens to people, or between them, at one point of a place."""

import dataclasses
import functools
import math
from collections.abc import Sequence

import numpy as np

from abnormal.datasets.life import postures
from abnormal.datasets.life.place import Place, Point
from abnormal.datasets.life.ways import (
    Stop,
    any_lane,
    beside,
    detour,
    point_on,
    route_with_stops,
    straight_on,
)
from abnormal.datasets.street import people
from abnormal.datasets.street.cast import Actor, make_walker, random_size, random_speed

_LOITER_SEC = 60.0
_FIGHT_SEC = 12.0

_LOOKS: tuple[tuple[float, Point], ...] = (
    (0.3, (0.0, -1.0)),
    (0.45, (1.0, 0.0)),
    (0.75, (-0.7, -0.7)),
    (1.0, (0.0, 1.0)),
)
"""Until which share of the time somebody who loiters looks in which direction."""


def loiter(rng: np.random.Generator, place: Place, start_sec: float) -> list[Actor]:
    """Somebody stands for a minute where nobody stands, and turns now and then."""
    speed, (x, z) = random_speed(rng), place.lonely
    way = detour(beside(rng, any_lane(rng, place)), place.lonely)
    since = way.arrival_sec(place.lonely, speed, start_sec)
    turns = [Stop(x, z, since + part * _LOITER_SEC, facing) for part, facing in _LOOKS]
    route = route_with_stops(
        [*straight_on(way.before), *turns, *straight_on(way.after)], speed, start_sec
    )
    person = make_walker(rng, route, speed, random_size(rng))
    return [dataclasses.replace(person, abnormal_sec=(since, since + _LOITER_SEC))]


def fall(rng: np.random.Generator, place: Place, start_sec: float) -> list[Actor]:
    """Somebody falls, lies for some seconds, and gets up again."""
    speed, size, points = random_speed(rng), random_size(rng), beside(rng, any_lane(rng, place))
    corner, (x, z) = point_on(points, float(rng.uniform(0.4, 0.6)))
    stops = straight_on(points)
    down = _arrival([*points[:corner], (x, z)], speed, start_sec)
    up = down + float(rng.uniform(9.0, 15.0))
    stops.insert(corner, Stop(x, z, up))
    look, gait = postures.trousers(people.random_look(rng)), people.walking(speed / size)
    body = functools.partial(postures.falling, look, gait, down, up)
    return [Actor(route_with_stops(stops, speed, start_sec), body, size, (down, up))]


def fight(rng: np.random.Generator, place: Place, start_sec: float) -> list[Actor]:
    """Two people come, beat and push each other, and run away."""
    lane = any_lane(rng, place)
    points = beside(rng, lane)
    corner, (x, z) = point_on(points, float(rng.uniform(0.45, 0.6)))
    meets = max(_arrival([*points[:corner], (x, z)], 1.3, start_sec), start_sec) + 2.0
    actors = []
    for side in (-1.0, 1.0):
        corners = [*points[:corner], (x + 0.4 * side, z)]
        begins = meets - (_arrival(corners, 1.3, 0.0) + 0.6)
        pushes = [
            Stop(x + (0.4 + 0.2 * math.sin(k)) * side + 0.25 * math.sin(1.7 * k), z,
                 meets + (k + 1) * _FIGHT_SEC / 8.0, (-side, 0.0))
            for k in range(8)
        ]  # fmt: skip
        stops = [*straight_on(points[:corner]), *pushes, *straight_on(points[corner:])]
        size = random_size(rng)
        body = functools.partial(
            postures.fighting,
            postures.trousers(people.random_look(rng)),
            people.walking(1.3 / size),
            meets,
            meets + _FIGHT_SEC,
        )
        route = route_with_stops(stops, 1.3, begins)
        actors.append(Actor(route, body, size, (meets, meets + _FIGHT_SEC)))
    return actors


def _arrival(points: Sequence[Point], speed: float, start_sec: float) -> float:
    return float(route_with_stops(straight_on(points), speed, start_sec).times[-1])
