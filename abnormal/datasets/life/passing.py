"""Who passes along a way of people and does not belong there, or passes as nobody else does."""

import dataclasses
import functools
import math

import numpy as np

from abnormal.datasets.life import postures, traffic
from abnormal.datasets.life.place import Place
from abnormal.datasets.life.ways import Stop, any_lane, beside, route_with_stops, straight_on
from abnormal.datasets.street import people, vehicles
from abnormal.datasets.street.cast import Actor, Body, make_walker, random_size, random_speed

_ALWAYS = (-math.inf, math.inf)
_FLIGHT = 10  # people in a running crowd


def runner(rng: np.random.Generator, place: Place, start_sec: float) -> list[Actor]:
    """Lets somebody run through the place."""
    speed = float(rng.uniform(3.0, 3.5))
    return [_passing(rng, place, start_sec, speed, _running_body(rng, speed))]


def running_crowd(rng: np.random.Generator, place: Place, start_sec: float) -> list[Actor]:
    """Many run at the same time."""
    actors = []
    for _ in range(_FLIGHT):
        speed, start = float(rng.uniform(2.6, 3.4)), start_sec + float(rng.uniform(0.0, 4.0))
        actors.append(_passing(rng, place, start, speed, _running_body(rng, speed)))
    return actors


def cyclist(rng: np.random.Generator, place: Place, start_sec: float) -> list[Actor]:
    """Somebody cycles among those who walk, three times as fast."""
    return [_passing(rng, place, start_sec, float(rng.uniform(3.7, 4.3)), _cyclist_body(rng))]


def slow_cyclist(rng: np.random.Generator, place: Place, start_sec: float) -> list[Actor]:
    """Somebody cycles as slowly as others walk."""
    return [_passing(rng, place, start_sec, float(rng.uniform(1.2, 1.5)), _cyclist_body(rng))]


def skater(rng: np.random.Generator, place: Place, start_sec: float) -> list[Actor]:
    """Somebody stands on a skateboard and rolls as slowly as others walk."""
    body = functools.partial(postures.skating, people.random_look(rng))
    return [_passing(rng, place, start_sec, float(rng.uniform(1.3, 1.6)), body)]


def wheelchair(rng: np.random.Generator, place: Place, start_sec: float) -> list[Actor]:
    """Somebody goes by in a wheelchair."""
    body = functools.partial(postures.wheelchair, people.random_look(rng))
    return [_passing(rng, place, start_sec, float(rng.uniform(1.0, 1.3)), body)]


def cart(rng: np.random.Generator, place: Place, start_sec: float) -> list[Actor]:
    """A cart drives where people walk."""
    return [_passing(rng, place, start_sec, float(rng.uniform(3.4, 3.9)), _cart_body(rng))]


def slow_vehicle(rng: np.random.Generator, place: Place, start_sec: float) -> list[Actor]:
    """A cart drives where people walk, and as slowly as they do."""
    return [_passing(rng, place, start_sec, float(rng.uniform(1.1, 1.4)), _cart_body(rng))]


def wrong_way(rng: np.random.Generator, place: Place, start_sec: float) -> list[Actor]:
    """Somebody walks against everybody else; on a road, a car drives against the others."""
    if place.road is None:
        speed = random_speed(rng)
        lane = any_lane(rng, place).backwards
        route = route_with_stops(straight_on(beside(rng, lane)), speed, start_sec)
        person = make_walker(rng, route, speed, random_size(rng))
        return [dataclasses.replace(person, abnormal_sec=_ALWAYS)]
    z, direction = place.road.lanes[int(rng.integers(len(place.road.lanes)))]
    end = direction * place.road.half_length_m
    route = route_with_stops([Stop(end, z), Stop(-end, z)], 7.0, start_sec)
    return [Actor(route, traffic.random_car(rng), abnormal_sec=_ALWAYS)]


def off_path(rng: np.random.Generator, place: Place, start_sec: float) -> list[Actor]:
    """Somebody walks where nobody walks."""
    speed = random_speed(rng)
    points = place.forbidden if rng.random() < 0.5 else place.forbidden[::-1]
    route = route_with_stops(straight_on(points), speed, start_sec)
    while_there = (float(route.times[1]), float(route.times[-2]))
    person = make_walker(rng, route, speed, random_size(rng))
    return [dataclasses.replace(person, abnormal_sec=while_there)]


def _passing(
    rng: np.random.Generator, place: Place, start_sec: float, speed: float, body: Body
) -> Actor:
    """Makes an actor who is abnormal from one end of a lane to the other."""
    route = route_with_stops(straight_on(beside(rng, any_lane(rng, place))), speed, start_sec)
    return Actor(route, body, abnormal_sec=_ALWAYS)


def _running_body(rng: np.random.Generator, speed: float) -> Body:
    look = postures.trousers(people.random_look(rng))
    return functools.partial(people.person_shapes, look, people.running(speed))


def _cyclist_body(rng: np.random.Generator) -> Body:
    look, grey = people.random_look(rng), float(rng.choice([30.0, 60.0, 215.0]))
    return functools.partial(vehicles.cyclist_shapes, look, grey)


def _cart_body(rng: np.random.Generator) -> Body:
    look, grey = people.random_look(rng), float(rng.uniform(195.0, 230.0))
    return functools.partial(vehicles.cart_shapes, look, grey)
