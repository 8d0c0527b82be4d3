"""The actors in a clip, and random ordinary walkers, each with a route and a look."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from abnormal.datasets.street import background, people, routes
from abnormal.datasets.street.people import Motion
from abnormal.datasets.street.routes import Route
from abnormal.datasets.street.shapes import Pose, Shape

Body = Callable[[Motion], list[Shape]]
"""Returns the shapes of a body at one moment of its motion."""


@dataclass(frozen=True)
class Actor:
    """A person or thing that is in the street for some time.

    Attributes:
        route: Where it is at each moment.
        body: Its shapes at each moment.
        size: Scale factor of the body.
        abnormal_sec: When it is abnormal, as start and end (exclusive) in seconds since the clip
            began; None if it never is.
    """

    route: Route
    body: Body
    size: float = 1.0
    abnormal_sec: tuple[float, float] | None = None

    def is_abnormal(self, time_sec: float) -> bool:
        """Returns whether it is abnormal at a time."""
        if self.abnormal_sec is None:
            return False
        return self.abnormal_sec[0] <= time_sec < self.abnormal_sec[1]

    def stage(self, time_sec: float) -> tuple[list[Shape], Pose] | None:
        """Returns its shapes and pose at a time, or None if it is not in the street then."""
        if not self.route.is_present(time_sec):
            return None
        x, z = self.route.position(time_sec)
        motion = self.route.motion(time_sec)
        motion = motion._replace(
            distance_m=motion.distance_m / self.size, speed=motion.speed / self.size
        )
        return self.body(motion), Pose(x, z, self.route.heading(time_sec), self.size)


@dataclass(frozen=True)
class _Lane:
    """A strip of a pavement in which people walk in one direction.

    Attributes:
        z: Start and end of the strip, in metres from the camera.
        direction: 1 for walking to the right, -1 to the left.
        per_sec: Mean number of people who start in one second.
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
"""Middle of the near pavement between its lanes, in metres from the camera."""

FAR_MIDDLE_Z = 32.8
"""Middle of the far pavement between its lanes, in metres from the camera."""


def make_walker(rng: np.random.Generator, route: Route, speed: float, size: float = 1.0) -> Actor:
    """Returns a person with a random look who walks along a route, starting at any phase of a step.

    Args:
        rng: Random generator.
        route: The route.
        speed: Speed in metres per second, which determines the length of the steps.
        size: Scale factor of the body.
    """
    gait = people.walking(speed / size)
    look = people.random_look(rng)
    return Actor(route, functools.partial(_walking_body, look, gait, rng.uniform(0.0, 2.0)), size)


def random_size(rng: np.random.Generator) -> float:
    """Returns a random height of an adult, as a factor of 1.75 m."""
    return float(np.clip(rng.normal(0.98, 0.05), 0.87, 1.09))


def random_speed(rng: np.random.Generator) -> float:
    """Returns a random speed of a walking or strolling person, in metres per second."""
    return float(np.clip(rng.normal(1.3, 0.18), 0.8, 1.65))


def ordinary_people(rng: np.random.Generator, duration_sec: float) -> list[Actor]:
    """Makes the people of a clip without events.

    Args:
        rng: Random generator.
        duration_sec: Length of the clip in seconds.

    Returns:
        People who walk along the pavements in both directions, alone, in pairs or with a child;
        some who stop on their way; some who take the footpath; and some who stand and talk.
    """
    actors = []
    for lane in LANES:
        crossing = 2.0 * routes.edge_x(lane.z[1], 1.0) / 1.3
        for start in _start_times(rng, lane.per_sec, crossing, duration_sec):
            actors += _walkers_on_lane(rng, lane, start)
    for start in _start_times(rng, 0.06, 14.0, duration_sec):
        actors.append(_footpath_walker(rng, start))
    return actors + _talkers(rng, duration_sec)


def _walking_body(
    look: people.Look, gait: people.Gait, offset_m: float, motion: Motion
) -> list[Shape]:
    moved = motion._replace(distance_m=motion.distance_m + offset_m)
    return people.person_shapes(look, gait, moved)


def _start_times(
    rng: np.random.Generator, per_sec: float, crossing_sec: float, duration_sec: float
) -> list[float]:
    """Returns random start times in seconds. Some are negative: people already there at time 0."""
    count = rng.poisson(per_sec * (crossing_sec + duration_sec))
    return [float(start) for start in np.sort(rng.uniform(-crossing_sec, duration_sec, count))]


def _walkers_on_lane(rng: np.random.Generator, lane: _Lane, start_sec: float) -> list[Actor]:
    """Makes a person who walks on a lane alone, or together with another adult or a child."""
    z, speed = rng.uniform(*lane.z), random_speed(rng)
    mood = rng.random()
    if mood < 0.22:
        speed = min(speed, 1.35)
        small = random_size(rng) if mood < 0.13 else float(rng.uniform(0.62, 0.78))
        first = make_walker(rng, _along(lane, z - 0.3, speed, start_sec), speed, random_size(rng))
        beside = start_sec + rng.uniform(-0.2, 0.2)
        return [first, make_walker(rng, _along(lane, z + 0.3, speed, beside), speed, small)]
    route = _along(lane, z, speed, start_sec)
    if mood > 0.88:
        route = _route_with_stop(rng, lane, z, speed, start_sec)
    return [make_walker(rng, route, speed, random_size(rng))]


def _along(lane: _Lane, z: float, speed: float, start_sec: float) -> Route:
    ends = [(routes.edge_x(z, -lane.direction), z), (routes.edge_x(z, lane.direction), z)]
    return routes.route_along(ends, speed, start_sec)


def _route_with_stop(
    rng: np.random.Generator, lane: _Lane, z: float, speed: float, start_sec: float
) -> Route:
    start, end = routes.edge_x(z, -lane.direction), routes.edge_x(z, lane.direction)
    middle = start + (end - start) * rng.uniform(0.25, 0.75)
    corners = [(start, z), (middle, z), (end, z)]
    return routes.route_along(corners, speed, start_sec, stop=(1, float(rng.uniform(1.5, 5.0))))


def _footpath_walker(rng: np.random.Generator, start_sec: float) -> Actor:
    """Makes a person who crosses from one pavement to the other on the footpath."""
    near, far = rng.choice([0, 1]), rng.choice([2, 3])
    z_near, z_far = rng.uniform(*LANES[near].z), rng.uniform(*LANES[far].z)
    x = rng.uniform(background.FOOTPATH_X[0] + 0.5, background.FOOTPATH_X[1] - 0.5)
    begin = routes.edge_x(z_near, -LANES[near].direction)
    end = routes.edge_x(z_far, LANES[far].direction)
    corners = [(begin, z_near), (x, z_near), (x, z_far), (end, z_far)]
    if rng.random() < 0.5:  # in the opposite direction, from the far pavement to the near one
        begin = routes.edge_x(z_far, -LANES[far].direction)
        end = routes.edge_x(z_near, LANES[near].direction)
        corners = [(begin, z_far), (x, z_far), (x, z_near), (end, z_near)]
    speed = random_speed(rng)
    return make_walker(rng, routes.route_along(corners, speed, start_sec), speed, random_size(rng))


def _talkers(rng: np.random.Generator, duration_sec: float) -> list[Actor]:
    """Makes two people who stand and face each other at the edge of the far pavement."""
    x, z = rng.uniform(-8.0, 8.0), float(rng.choice([29.7, 36.2]))
    actors = []
    for side in (-1.0, 1.0):
        spot = routes.stay_at(x + side * 0.45, z, (-side, 0.0), -1.0, duration_sec + 1.0)
        actors.append(make_walker(rng, spot, random_speed(rng), random_size(rng)))
    return actors
