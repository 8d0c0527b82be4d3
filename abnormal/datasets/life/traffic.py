"""Cars and buses on a road: they stop for people on the crossing, and buses at their stop."""

import functools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from abnormal.datasets.life import cars
from abnormal.datasets.life.diary import BUS_STAYS_SEC, Diary
from abnormal.datasets.life.place import Place, Road
from abnormal.datasets.life.ways import detour, route_with_stops, straight_on
from abnormal.datasets.street.cast import Actor, make_walker, random_size, random_speed
from abnormal.datasets.street.routes import Route

_BRAKE, _ACCELERATION = 3.0, 1.8  # metres per second per second
_STEPS = 8  # pieces of constant speed in which a change of speed is drawn
_CAR_SPEED = 8.0  # metres per second
_EVERY_SEC = 14.0  # between cars of a lane in the busiest hour
_PASS_SEC = 2.6  # from the line before the crossing to behind it
_HEADWAY_SEC = 2.5
_LINE_M = 1.0  # from the line to the crossing

Halt = tuple[float, float]
"""Metres from the beginning of a drive to a halt, and the time until which it lasts."""


def vehicles_of_lane(
    rng: np.random.Generator, place: Place, number: int, diary: Diary, since_sec: float
) -> Iterator[tuple[float, list[Actor]]]:
    """Yields the vehicles of a lane without end, each with the time at which it comes.

    Args:
        rng: Random generator.
        place: The place, which has a road.
        number: Number of the lane.
        diary: What is taken already. It is told when vehicles pass the crossing.
        since_sec: Time from which vehicles come.
    """
    road = place.road
    assert road is not None
    _, direction = road.lanes[number]
    to_line = _line_m(road, direction, cars.CAR_M)
    now = free = since_sec
    bus_sec = math.inf if direction > 0 else _bus_start(road, diary, since_sec)
    while True:
        pause = float(rng.exponential(_EVERY_SEC)) / diary.busyness(now)
        now = max(now + pause, free)
        if now > bus_sec - 5.0:
            now = max(bus_sec, free)
            passed, actors = _bus(rng, place, diary, now)
            bus_sec = _bus_start(road, diary, now + 30.0)
        else:
            passed, actors = _car(rng, road, number, diary, now)
        free = max(passed + _HEADWAY_SEC - to_line / _CAR_SPEED, now + _HEADWAY_SEC)
        yield now, actors


def drive(length_m: float, speed: float, start_sec: float, halts: Sequence[Halt]) -> np.ndarray:
    """Plans a drive that begins and ends at full speed.

    Args:
        length_m: Length of the road.
        speed: Full speed in metres per second.
        start_sec: When it begins.
        halts: Where it stops on the way and until when, the nearest first.

    Returns:
        `(n, 2)` float: times in seconds and metres covered, ascending, between which the speed is
        constant.
    """
    plan = [(start_sec, 0.0)]
    entry = speed  # speed at the beginning of a leg
    for halt_m, until_sec in halts:
        gap = halt_m - plan[-1][1]
        top = speed if entry else _top_speed(gap, speed)
        plan += _change(plan[-1], entry, top)
        braking = top * top / (2.0 * _BRAKE)
        cruise = max(halt_m - braking - plan[-1][1], 0.0)
        plan.append((plan[-1][0] + cruise / top, plan[-1][1] + cruise))
        plan += _change(plan[-1], top, 0.0)
        plan.append((max(until_sec, plan[-1][0]), plan[-1][1]))
        entry = 0.0
    plan += _change(plan[-1], entry, speed)
    rest = max(length_m - plan[-1][1], 0.0)
    plan.append((plan[-1][0] + rest / speed, plan[-1][1] + rest))
    return np.array(plan)


def _top_speed(gap_m: float, speed: float) -> float:
    """Returns the speed that a vehicle reaches between two halts."""
    return min(speed, math.sqrt(gap_m / (0.5 / _ACCELERATION + 0.5 / _BRAKE)))


def _change(begin: tuple[float, float], speed: float, to: float) -> list[tuple[float, float]]:
    """Returns the times and places of a change of speed."""
    rate = _ACCELERATION if to > speed else -_BRAKE
    took = np.linspace(0.0, (to - speed) / rate, _STEPS + 1)[1:]
    if to == speed:
        return []
    gone = speed * took + 0.5 * rate * took**2
    return [(begin[0] + float(t), begin[1] + float(s)) for t, s in zip(took, gone, strict=True)]


def _line_m(road: Road, direction: float, length_m: float) -> float:
    """Returns how far a vehicle drives until its front is at the line before the crossing."""
    edge = road.crossing[0] if direction > 0 else -road.crossing[1]
    return road.half_length_m + edge - _LINE_M - length_m / 2.0


def _on_road(road: Road, number: int, plan: np.ndarray) -> Route:
    z, direction = road.lanes[number]
    x = direction * (plan[:, 1] - road.half_length_m)
    points = np.stack([x, np.full(len(x), z)], axis=1)
    return Route(points, plan[:, 0], (direction, 0.0))


def _past_crossing(
    road: Road, diary: Diary, line_m: float, speed: float, begin: tuple[float, Sequence[Halt]]
) -> tuple[float, np.ndarray]:
    """Plans a drive that stops at the crossing if somebody is on it.

    Returns:
        When the vehicle passes the line; and the plan, as from `drive`.
    """
    start_sec, halts = begin
    length = 2.0 * road.half_length_m
    plan = drive(length, speed, start_sec, halts)
    arrival = float(np.interp(line_m, plan[:, 1], plan[:, 0]))
    passes = diary.drive(arrival, _PASS_SEC)
    if passes > arrival + 0.1:
        plan = drive(length, speed, start_sec, [*halts, (line_m, passes)])
    return passes, plan


def _car(
    rng: np.random.Generator, road: Road, number: int, diary: Diary, start_sec: float
) -> tuple[float, list[Actor]]:
    speed = _CAR_SPEED * float(rng.uniform(0.93, 1.07))
    line = _line_m(road, road.lanes[number][1], cars.CAR_M)
    passes, plan = _past_crossing(road, diary, line, speed, (start_sec, ()))
    return passes, [Actor(_on_road(road, number, plan), random_car(rng))]


def random_car(rng: np.random.Generator) -> functools.partial:
    """Returns the body of a random car or van."""
    grey = float(rng.choice([45.0, 75.0, 120.0, 165.0, 215.0]) + rng.uniform(-10.0, 10.0))
    roof = 1.42 if rng.random() < 0.75 else 1.95
    return functools.partial(cars.car_shapes, grey, roof)


def _bus_start(road: Road, diary: Diary, after_sec: float) -> float:
    """Returns when the next bus has to start, to be at its stop in time."""
    takes = _to_bus_stop(road) / _CAR_SPEED + _CAR_SPEED / (2.0 * _BRAKE)
    return diary.next_bus(after_sec + takes) - takes


def _to_bus_stop(road: Road) -> float:
    return road.half_length_m - road.bus_stop[0]


def _bus(
    rng: np.random.Generator, place: Place, diary: Diary, start_sec: float
) -> tuple[float, list[Actor]]:
    """Makes a bus, and the people who get off."""
    road = place.road
    assert road is not None
    number = next(n for n, (_, direction) in enumerate(road.lanes) if direction < 0)
    stop_m = _to_bus_stop(road)
    there = start_sec + stop_m / _CAR_SPEED + _CAR_SPEED / (2.0 * _BRAKE)
    line = _line_m(road, -1.0, cars.BUS_M)
    halts = [(stop_m, there + BUS_STAYS_SEC)]
    passes, plan = _past_crossing(road, diary, line, _CAR_SPEED, (start_sec, halts))
    bus = Actor(_on_road(road, number, plan), functools.partial(cars.bus_shapes, 175.0))
    return passes, [bus, *_passengers(rng, place, road, there)]


def _passengers(
    rng: np.random.Generator, place: Place, road: Road, there_sec: float
) -> list[Actor]:
    people = []
    for _ in range(int(rng.poisson(1.5))):
        x, z = road.bus_stop[0] + float(rng.uniform(-2.5, 2.5)), road.bus_stop[1] - 0.4
        after = detour(place.lanes[int(rng.choice(road.ways[1]))].points, (x, z)).after
        speed, start = random_speed(rng), there_sec + float(rng.uniform(2.0, 7.0))
        route = route_with_stops(straight_on([(x, z), *after]), speed, start)
        people.append(make_walker(rng, route, speed, random_size(rng)))
    return people
