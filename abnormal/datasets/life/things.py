"""Things that are left behind or taken away."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abnormal.datasets.life import postures
from abnormal.datasets.life.place import Place, Point
from abnormal.datasets.life.ways import Stop, detour, route_with_stops, straight_on
from abnormal.datasets.street import people
from abnormal.datasets.street.cast import Actor, Body
from abnormal.datasets.street.routes import Route, stay_at
from abnormal.datasets.street.shapes import Shape

_ALWAYS = (-math.inf, math.inf)
_SPEED = 1.3  # metres per second
_ARM_M = 0.5  # from somebody's feet to what they lift or put down
_STOOP_SEC = 1.6
_GONE_SEC = 45.0  # for which a thing is left, or is not there


class Gap(Actor):
    """The place where a thing is missing: it is drawn in masks only."""


def left_behind(rng: np.random.Generator, place: Place, start_sec: float) -> list[Actor]:
    """Somebody puts a suitcase down and goes; later somebody takes it away. It is abnormal."""
    thing = _suitcase(float(rng.choice([30.0, 60.0, 225.0])))
    down = _visit(place, place.drop_at, start_sec)
    later = _visit(place, place.drop_at, start_sec + _GONE_SEC)
    leaver = down.handler(rng, thing, (-math.inf, down.lifts_sec))
    finder = later.handler(rng, thing, (later.lifts_sec, math.inf))
    route = stay_at(*place.drop_at, down.heading, down.lifts_sec, later.lifts_sec)
    return [leaver, Actor(route, _still(thing), abnormal_sec=_ALWAYS), finder]


def taken_away(rng: np.random.Generator, place: Place, start_sec: float) -> list[Actor]:
    """Somebody takes away what always stands there; later it is brought back. The gap counts."""
    up = _visit(place, place.item_at, start_sec)
    later = _visit(place, place.item_at, start_sec + _GONE_SEC)
    thief = up.handler(rng, place.item, (up.lifts_sec, math.inf))
    bringer = later.handler(rng, place.item, (-math.inf, later.lifts_sec))
    route = stay_at(*place.item_at, (1.0, 0.0), up.lifts_sec, later.lifts_sec)
    return [thief, Gap(route, _still(place.item), abnormal_sec=_ALWAYS), bringer]


@dataclass(frozen=True)
class _Visit:
    """Somebody walks along the first lane, bends down to a thing, and walks on.

    Attributes:
        route: The way.
        lifts_sec: When a hand is at the thing.
        heading: Unit vector (x, z) in which they look then.
    """

    route: Route
    lifts_sec: float
    heading: Point

    def handler(
        self, rng: np.random.Generator, thing: Sequence[Shape], held_sec: tuple[float, float]
    ) -> Actor:
        """Returns the person, who holds a thing from one time to another."""
        gait, look = people.walking(_SPEED), people.random_look(rng)
        return Actor(self.route, functools.partial(postures.handling, look, gait, thing, held_sec))


def _visit(place: Place, thing_at: Point, start_sec: float) -> _Visit:
    way = detour(place.lanes[0].points, thing_at)
    (x0, z0), (x, z) = way.before[-1], thing_at
    gap = math.dist((x0, z0), thing_at)
    heading = ((x - x0) / gap, (z - z0) / gap)
    near = (x - _ARM_M * heading[0], z - _ARM_M * heading[1])
    arrival = way.arrival_sec(near, _SPEED, start_sec)
    stops = [*straight_on(way.before), Stop(*near, arrival + _STOOP_SEC), *straight_on(way.after)]
    route = route_with_stops(stops, _SPEED, start_sec)
    return _Visit(route, arrival + _STOOP_SEC / 2.0, heading)


def _still(shapes: Sequence[Shape]) -> Body:
    return functools.partial(_unmoved, tuple(shapes))


def _unmoved(shapes: Sequence[Shape], motion: people.Motion) -> list[Shape]:
    del motion
    return list(shapes)


def _suitcase(grey: float) -> tuple[Shape, ...]:
    outline = [(-0.22, 0.0, 0.08), (0.22, 0.0, 0.08), (0.22, 0.0, 0.6), (-0.22, 0.0, 0.6)]
    handle = [(-0.1, 0.0, 0.65), (-0.1, 0.0, 0.8), (0.1, 0.0, 0.8), (0.1, 0.0, 0.65)]
    return (Shape(outline, 0.09, grey, filled=True), Shape(handle, 0.02, 60.0))
