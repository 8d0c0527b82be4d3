"""Who is in a clip: the ordinary walkers, each with a way and a look."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from abnormal.datasets.street import background, people, routes
from abnormal.datasets.street.people import Motion
from abnormal.datasets.street.routes import Route
from abnormal.datasets.street.shapes import Place, Shape

Body = Callable[[Motion], list[Shape]]
"""The shapes of a body at one moment of its motion."""


@dataclass(frozen=True)
class Actor:
    """Somebody or something that is in the street for a while.

    Attributes:
        route: The way.
        body: How it looks at each moment of it.
        size: Factor on the body's metres.
        abnormal_sec: The seconds, from and until (exclusive), in which it does not belong here;
            None for never.
    """

    route: Route
    body: Body
    size: float = 1.0
    abnormal_sec: tuple[float, float] | None = None

    def is_abnormal(self, time_sec: float) -> bool:
        """Tell whether it does not belong here at that time."""
        if self.abnormal_sec is None:
            return False
        return self.abnormal_sec[0] <= time_sec < self.abnormal_sec[1]

    def stage(self, time_sec: float) -> tuple[list[Shape], Place] | None:
        """Give its shapes and its place at that time, or None if it is not there."""
        if not self.route.present(time_sec):
            return None
        x, z = self.route.position(time_sec)
        motion = self.route.motion(time_sec)
        motion = motion._replace(
            distance_m=motion.distance_m / self.size, speed=motion.speed / self.size
        )
        return self.body(motion), Place(x, z, self.route.heading(time_sec), self.size)


@dataclass(frozen=True)
class _Lane:
    """A strip of a pavement in which people walk in one direction.

    Attributes:
        z: Metres from the camera, from and to.
        direction: 1 to the right, -1 to the left.
        per_sec: People who set out in a second.
    """

    z: tuple[float, float]
    direction: float
    per_sec: float


LANES = (
    _Lane((19.9, 21.0), 1.0, 0.10),
    _Lane((22.1, 23.3), -1.0, 0.10),
    _Lane((30.0, 32.0), 1.0, 0.13),
    _Lane((33.6, 35.8), -1.0, 0.13),
)
NEAR_MIDDLE_Z = 21.5
FAR_MIDDLE_Z = 32.8


def walker(rng: np.random.Generator, route: Route, speed: float, size: float = 1.0) -> Actor:
    """Give an ordinary person on a route, whose steps begin anywhere."""
    gait = people.walking(speed / size)
    look = people.random_look(rng)
    return Actor(route, functools.partial(_walk, look, gait, rng.uniform(0.0, 2.0)), size)


def draw_size(rng: np.random.Generator) -> float:
    """Draw an adult's height, as a factor on 1.75 m."""
    return float(np.clip(rng.normal(0.98, 0.05), 0.87, 1.09))


def draw_speed(rng: np.random.Generator) -> float:
    """Draw the speed of somebody who walks or strolls, in metres a second."""
    return float(np.clip(rng.normal(1.3, 0.18), 0.8, 1.65))


def ordinary_people(rng: np.random.Generator, duration_sec: float) -> list[Actor]:
    """Draw the people of an ordinary clip.

    Args:
        rng: Decides.
        duration_sec: The clip's length.

    Returns:
        People along the pavements in both directions, alone, in pairs or with a child; some
        who stop on their way; some who take the footpath; and some who stand and talk.
    """
    actors = []
    for lane in LANES:
        crossing = 2.0 * routes.edge_x(lane.z[1], 1.0) / 1.3
        for start in _starts(rng, lane.per_sec, crossing, duration_sec):
            actors += _company(rng, lane, start)
    for start in _starts(rng, 0.06, 14.0, duration_sec):
        actors.append(_crosser(rng, start))
    return actors + _talkers(rng, duration_sec)


def _walk(look: people.Look, gait: people.Gait, offset_m: float, motion: Motion) -> list[Shape]:
    moved = motion._replace(distance_m=motion.distance_m + offset_m)
    return people.person_shapes(look, gait, moved)


def _starts(
    rng: np.random.Generator, per_sec: float, crossing_sec: float, duration_sec: float
) -> list[float]:
    """Draw when people set out, early enough that the clip begins with some on their way."""
    count = rng.poisson(per_sec * (crossing_sec + duration_sec))
    return [float(start) for start in np.sort(rng.uniform(-crossing_sec, duration_sec, count))]


def _company(rng: np.random.Generator, lane: _Lane, start_sec: float) -> list[Actor]:
    """Draw somebody on a lane: alone, or beside another adult or a child."""
    z, speed = rng.uniform(*lane.z), draw_speed(rng)
    mood = rng.random()
    if mood < 0.22:
        speed = min(speed, 1.35)
        small = draw_size(rng) if mood < 0.13 else float(rng.uniform(0.62, 0.78))
        first = walker(rng, _along(lane, z - 0.3, speed, start_sec), speed, draw_size(rng))
        beside = start_sec + rng.uniform(-0.2, 0.2)
        return [first, walker(rng, _along(lane, z + 0.3, speed, beside), speed, small)]
    route = _along(lane, z, speed, start_sec)
    if mood > 0.88:
        route = _with_stop(rng, lane, z, speed, start_sec)
    return [walker(rng, route, speed, draw_size(rng))]


def _along(lane: _Lane, z: float, speed: float, start_sec: float) -> Route:
    ends = [(routes.edge_x(z, -lane.direction), z), (routes.edge_x(z, lane.direction), z)]
    return routes.go(ends, speed, start_sec)


def _with_stop(
    rng: np.random.Generator, lane: _Lane, z: float, speed: float, start_sec: float
) -> Route:
    start, end = routes.edge_x(z, -lane.direction), routes.edge_x(z, lane.direction)
    middle = start + (end - start) * rng.uniform(0.25, 0.75)
    corners = [(start, z), (middle, z), (end, z)]
    return routes.go(corners, speed, start_sec, stop=(1, float(rng.uniform(1.5, 5.0))))


def _crosser(rng: np.random.Generator, start_sec: float) -> Actor:
    """Draw somebody who changes from one pavement to the other by the footpath."""
    near, far = rng.choice([0, 1]), rng.choice([2, 3])
    z_near, z_far = rng.uniform(*LANES[near].z), rng.uniform(*LANES[far].z)
    x = rng.uniform(background.FOOTPATH_X[0] + 0.5, background.FOOTPATH_X[1] - 0.5)
    begin = routes.edge_x(z_near, -LANES[near].direction)
    end = routes.edge_x(z_far, LANES[far].direction)
    corners = [(begin, z_near), (x, z_near), (x, z_far), (end, z_far)]
    if rng.random() < 0.5:  # the other way round, on the lanes that lead there
        begin = routes.edge_x(z_far, -LANES[far].direction)
        end = routes.edge_x(z_near, LANES[near].direction)
        corners = [(begin, z_far), (x, z_far), (x, z_near), (end, z_near)]
    speed = draw_speed(rng)
    return walker(rng, routes.go(corners, speed, start_sec), speed, draw_size(rng))


def _talkers(rng: np.random.Generator, duration_sec: float) -> list[Actor]:
    """Draw two people who stand and face each other at the edge of the far pavement."""
    x, z = rng.uniform(-8.0, 8.0), float(rng.choice([29.7, 36.2]))
    actors = []
    for side in (-1.0, 1.0):
        spot = routes.stand(x + side * 0.45, z, (-side, 0.0), -1.0, duration_sec + 1.0)
        actors.append(walker(rng, spot, draw_speed(rng), draw_size(rng)))
    return actors
