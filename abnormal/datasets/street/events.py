"""The abnormal events in the street: one function for each kind, which makes its actors."""

import functools
from collections.abc import Callable

import numpy as np

from abnormal.datasets.street import background, camera, cast, people, routes, vehicles
from abnormal.datasets.street.cast import Actor
from abnormal.datasets.street.people import Motion
from abnormal.datasets.street.shapes import Shape

_ALWAYS = (-np.inf, np.inf)
_STOOP_SEC = 0.8  # duration of bending down from upright to the ground


def runner(rng: np.random.Generator, duration_sec: float) -> list[Actor]:
    """Makes a person who runs along a pavement, about two and a half times as fast as walkers."""
    speed = float(rng.uniform(3.1, 3.5))
    look = _without_luggage(people.random_look(rng))
    body = functools.partial(people.person_shapes, look, people.running(speed))
    return _passing_actors(rng, duration_sec, speed, body, cast.random_size(rng))


def cyclist(rng: np.random.Generator, duration_sec: float) -> list[Actor]:
    """Makes a person who cycles along a pavement, three times as fast as walkers."""
    body = functools.partial(
        vehicles.cyclist_shapes, people.random_look(rng), float(rng.choice([30.0, 60.0, 215.0]))
    )
    return _passing_actors(rng, duration_sec, float(rng.uniform(3.7, 4.3)), body)


def cart(rng: np.random.Generator, duration_sec: float) -> list[Actor]:
    """Makes a golf cart that drives along a pavement."""
    body = functools.partial(
        vehicles.cart_shapes, people.random_look(rng), float(rng.uniform(205.0, 238.0))
    )
    return _passing_actors(rng, duration_sec, float(rng.uniform(3.4, 3.9)), body)


def wrong_way(rng: np.random.Generator, duration_sec: float) -> list[Actor]:
    """Makes a person who leaves the pavement and walks over the lawn, which is abnormal."""
    speed = float(rng.uniform(1.2, 1.45))
    corners = _lawn_crossing(rng)
    from_zero = routes.route_along(corners, speed, 0.0)
    on_lawn, off_lawn = float(from_zero.times[2]), float(from_zero.times[3])
    actors = []
    for start in routes.pass_times(rng, duration_sec, off_lawn - on_lawn):
        route = routes.delayed(from_zero, start - on_lawn)
        person = cast.make_walker(rng, route, speed, cast.random_size(rng))
        while_on_lawn = (start, start + off_lawn - on_lawn)
        actors.append(Actor(route, person.body, person.size, while_on_lawn))
    return actors


def left_behind(rng: np.random.Generator, duration_sec: float) -> list[Actor]:
    """Makes a person who puts down a bag and walks on, and the bag. Only the bag is abnormal."""
    speed, size = float(rng.uniform(1.2, 1.4)), cast.random_size(rng)
    z, x = float(rng.uniform(19.9, 20.4)), float(rng.uniform(-4.0, 3.0))
    down_sec = routes.ENTRY_SHARE * duration_sec
    corners = [(routes.edge_x(z, -1.0), z), (x, z), (routes.edge_x(z, 1.0), z)]
    arrival = (x - corners[0][0]) / speed
    start = down_sec - _STOOP_SEC - arrival
    route = routes.route_along(corners, speed, start, stop=(1, 2.0 * _STOOP_SEC))
    look = people.random_look(rng)
    bag = float(rng.choice([30.0, 55.0, 225.0]))
    look = people.Look(**{**vars(look), "carries": people.BAG, "bag": bag})
    carrier = functools.partial(_carrier_body, look, people.walking(speed / size), down_sec)
    spot = routes.stay_at(
        x + 0.44 * size, z - 0.21 * size, (1.0, 0.0), down_sec, duration_sec + 1.0
    )
    left = Actor(spot, functools.partial(_bag_body, bag), size, _ALWAYS)
    return [Actor(route, carrier, size), left]


EVENTS: dict[str, Callable[[np.random.Generator, float], list[Actor]]] = {
    "runner": runner,
    "cyclist": cyclist,
    "cart": cart,
    "wrong_way": wrong_way,
    "left_behind": left_behind,
}
"""Maps each kind of event to the function that makes its actors.

The arguments of the function are a random generator and the length of the clip in seconds.
"""


def _without_luggage(look: people.Look) -> people.Look:
    return people.Look(**{**vars(look), "carries": people.NOTHING, "skirt": False})


def _passing_actors(
    rng: np.random.Generator, duration_sec: float, speed: float, body: cast.Body, size: float = 1.0
) -> list[Actor]:
    """Makes actors that pass along the middle of a pavement: once, or several times in long clips.

    Args:
        rng: Random generator.
        duration_sec: Length of the clip in seconds.
        speed: Speed in metres per second.
        body: The body of all actors.
        size: Scale factor of the body.
    """
    z = float(rng.choice([cast.NEAR_MIDDLE_Z, cast.FAR_MIDDLE_Z]) + rng.uniform(-0.15, 0.15))
    side = float(rng.choice([-1.0, 1.0]))
    pass_sec = 2.0 * camera.half_width_m(z) / speed  # from edge to edge
    early_sec = routes.MARGIN_M / speed
    actors = []
    for start in routes.pass_times(rng, duration_sec, pass_sec):
        ends = [(routes.edge_x(z, side), z), (routes.edge_x(z, -side), z)]
        actors.append(
            Actor(routes.route_along(ends, speed, start - early_sec), body, size, _ALWAYS)
        )
        side = -side
    return actors


def _lawn_crossing(rng: np.random.Generator) -> list[tuple[float, float]]:
    """Returns corners of a random route over the lawn, left of the footpath, in any direction."""
    near_z, far_z = float(rng.uniform(22.3, 23.2)), float(rng.uniform(30.0, 31.5))
    ends = [float(rng.uniform(-7.0, -6.2)), float(rng.uniform(-0.9, 0.2))]
    if rng.random() < 0.5:
        ends.reverse()
    first, last = ends
    towards = 1.0 if last > first else -1.0
    slope = (last - first) / (background.LAWN[1] - background.LAWN[0])
    begin_x = first - slope * (background.LAWN[0] - near_z)
    end_x = last + slope * (far_z - background.LAWN[1])
    corners = [
        (routes.edge_x(near_z, -towards), near_z),
        (begin_x, near_z),
        (first, background.LAWN[0]),
        (last, background.LAWN[1]),
        (end_x, far_z),
        (routes.edge_x(far_z, towards), far_z),
    ]
    return corners if rng.random() < 0.5 else corners[::-1]


def _carrier_body(
    look: people.Look, gait: people.Gait, down_sec: float, motion: Motion
) -> list[Shape]:
    """Returns a body that bends down until the bag stands, lets it go, and rises again."""
    stoop = max(1.0 - abs(motion.time_sec - down_sec) / _STOOP_SEC, 0.0)
    holds = motion.time_sec < down_sec
    return people.person_shapes(look, gait, motion, stoop * stoop * (3.0 - 2.0 * stoop), holds)


def _bag_body(grey: float, motion: Motion) -> list[Shape]:
    del motion
    return [people.bag_shape(grey)]
