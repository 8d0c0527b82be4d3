"""What people do at a place on an ordinary day: one function for each errand."""

import functools
from collections.abc import Callable, Iterator

import numpy as np

from abnormal.datasets.life import postures
from abnormal.datasets.life.diary import Diary
from abnormal.datasets.life.place import Place, Point, Spot
from abnormal.datasets.life.ways import (
    Stop,
    any_lane,
    beside,
    detour,
    point_on,
    route_with_stops,
    standing_point,
    straight_on,
)
from abnormal.datasets.street import people
from abnormal.datasets.street.cast import Actor, make_walker, random_size, random_speed

_CHILD = (0.62, 0.78)  # size

Errand = Callable[[np.random.Generator, Place, Diary, float], list[Actor]]
"""Makes the people of an errand, given the time at which the first of them comes."""


def walk(rng: np.random.Generator, place: Place, diary: Diary, start_sec: float) -> list[Actor]:
    """Somebody walks along a lane."""
    del diary
    speed, lane = random_speed(rng), any_lane(rng, place)
    route = route_with_stops(straight_on(beside(rng, lane)), speed, start_sec)
    return [make_walker(rng, route, speed, random_size(rng))]


def walk_together(
    rng: np.random.Generator, place: Place, diary: Diary, start_sec: float
) -> list[Actor]:
    """Two adults, or an adult and a child, walk side by side."""
    del diary
    speed, lane = min(random_speed(rng), 1.3), any_lane(rng, place)
    second = random_size(rng) if rng.random() < 0.6 else float(rng.uniform(*_CHILD))
    half = min(0.32 / lane.spread_m, 1.0)
    return [
        make_walker(
            rng,
            route_with_stops(straight_on(beside(rng, lane, side)), speed, start_sec),
            speed,
            size,
        )
        for side, size in ((-half, random_size(rng)), (half, second))
    ]


def pause(rng: np.random.Generator, place: Place, diary: Diary, start_sec: float) -> list[Actor]:
    """Somebody stops on the way for some seconds, as to look at a telephone."""
    del diary
    speed, points = random_speed(rng), beside(rng, any_lane(rng, place))
    corner, (x, z) = point_on(points, float(rng.uniform(0.25, 0.75)))
    stops = straight_on(points)
    arrival = route_with_stops([*stops[:corner], Stop(x, z)], speed, start_sec).times[-1]
    stops.insert(corner, Stop(x, z, float(arrival + rng.uniform(3.0, 14.0))))
    return [make_walker(rng, route_with_stops(stops, speed, start_sec), speed, random_size(rng))]


def sit(rng: np.random.Generator, place: Place, diary: Diary, start_sec: float) -> list[Actor]:
    """Somebody sits on a bench for a while."""
    seats = [spot for spot in place.spots if spot.seat]
    return _stay(rng, place, diary, start_sec, seats, (30.0, 240.0))


def wait(rng: np.random.Generator, place: Place, diary: Diary, start_sec: float) -> list[Actor]:
    """Somebody stands and waits for a while."""
    spots = [spot for spot in place.spots if not spot.seat]
    return _stay(rng, place, diary, start_sec, spots, (15.0, 120.0))


def meet(rng: np.random.Generator, place: Place, diary: Diary, start_sec: float) -> list[Actor]:
    """Somebody waits, somebody else comes, they talk, and each goes their way."""
    spots = [spot for spot in place.spots if not spot.seat]
    spot = diary.take(rng, spots, start_sec, 200.0)
    if spot is None:
        return walk(rng, place, diary, start_sec)
    second_sec = start_sec + float(rng.uniform(2.0, 50.0))
    actors, arrivals = [], []
    ways = [beside(rng, place.lanes[int(rng.choice(spot.lanes))]) for _ in range(2)]
    corners = [(spot.x - 0.42, spot.z), (spot.x + 0.42, spot.z)]
    speeds = [random_speed(rng), random_speed(rng)]
    plans = [detour(way, corner) for way, corner in zip(ways, corners, strict=True)]
    starts = (start_sec, second_sec)
    for plan, corner, speed, start in zip(plans, corners, speeds, starts, strict=True):
        arrivals.append(plan.arrival_sec(corner, speed, start))
    until = max(arrivals) + float(rng.uniform(12.0, 90.0))
    for index, (plan, (x, z), start) in enumerate(zip(plans, corners, starts, strict=True)):
        facing = (1.0 - 2.0 * index, 0.0)
        stops = [*straight_on(plan.before), Stop(x, z, until, facing), *straight_on(plan.after)]
        route = route_with_stops(stops, speeds[index], start)
        actors.append(make_walker(rng, route, speeds[index], random_size(rng)))
    return actors


def cross(rng: np.random.Generator, place: Place, diary: Diary, start_sec: float) -> list[Actor]:
    """Somebody waits at the kerb until no car comes, and crosses the road."""
    road = place.road
    if road is None:
        return walk(rng, place, diary, start_sec)
    sides = [(road.ways[0], road.kerbs[0]), (road.ways[1], road.kerbs[1])]
    if rng.random() < 0.5:
        sides.reverse()
    (ways, kerb), (other_ways, other_kerb) = sides
    x = float(rng.uniform(road.crossing[0] + 0.5, road.crossing[1] - 0.5))
    speed = random_speed(rng)
    way = beside(rng, place.lanes[int(rng.choice(ways))])
    other = beside(rng, place.lanes[int(rng.choice(other_ways))])
    before, after = detour(way, (x, kerb)).before, detour(other, (x, other_kerb)).after
    to_kerb = route_with_stops(straight_on([*before, (x, kerb)]), speed, start_sec).times[-1]
    takes = abs(other_kerb - kerb) / speed
    go = diary.cross(float(to_kerb + rng.uniform(0.8, 2.5)), takes)
    stops = [*straight_on(before), Stop(x, kerb, go), Stop(x, other_kerb), *straight_on(after)]
    return [make_walker(rng, route_with_stops(stops, speed, start_sec), speed, random_size(rng))]


def catch_bus(
    rng: np.random.Generator, place: Place, diary: Diary, start_sec: float
) -> list[Actor]:
    """Somebody waits at the stop until the bus comes, and gets in behind it."""
    if place.road is None:
        return walk(rng, place, diary, start_sec)
    x, z = place.road.bus_stop
    spot = (x + float(rng.uniform(-1.6, 1.6)), z + float(rng.uniform(-0.3, 0.3)))
    speed = random_speed(rng)
    way = beside(rng, place.lanes[int(rng.choice(place.road.ways[1]))])
    before = detour(way, spot).before
    arrival = route_with_stops(straight_on([*before, spot]), speed, start_sec).times[-1]
    until = diary.next_bus(float(arrival)) + float(rng.uniform(2.0, 6.0))
    stops = [*straight_on(before), Stop(*spot, until, (0.0, -1.0))]
    return [make_walker(rng, route_with_stops(stops, speed, start_sec), speed, random_size(rng))]


ERRANDS: dict[Errand, float] = {
    walk: 0.40,
    walk_together: 0.13,
    pause: 0.09,
    sit: 0.09,
    wait: 0.06,
    meet: 0.05,
    cross: 0.12,
    catch_bus: 0.06,
}
"""How often people come for each errand, as shares of all."""


def ordinary_people(
    rng: np.random.Generator, place: Place, diary: Diary, since_sec: float
) -> Iterator[tuple[float, list[Actor]]]:
    """Yields the people of an ordinary day without end, each with the time at which they come.

    Args:
        rng: Random generator.
        place: The place.
        diary: What is taken already.
        since_sec: Time from which people come.
    """
    errands, shares = list(ERRANDS), list(ERRANDS.values())
    now = since_sec
    while True:
        now += float(rng.exponential(60.0 / place.people_per_min))
        if rng.random() < diary.busyness(now):
            errand = errands[int(rng.choice(len(errands), p=shares))]
            yield now, errand(rng, place, diary, now)


def _stay(
    rng: np.random.Generator,
    place: Place,
    diary: Diary,
    start_sec: float,
    spots: list[Spot],
    stay_sec: tuple[float, float],
) -> list[Actor]:
    """Makes somebody who goes to a free spot, stays there and goes on; else, somebody who walks."""
    stay = float(np.exp(rng.uniform(*np.log(stay_sec))))
    spot = diary.take(rng, spots, start_sec, stay + 40.0)
    if spot is None:
        return walk(rng, place, diary, start_sec)
    speed, size = random_speed(rng), random_size(rng)
    point: Point = standing_point(spot)
    way = detour(beside(rng, place.lanes[int(rng.choice(spot.lanes))]), point)
    arrival = way.arrival_sec(point, speed, start_sec)
    stop = Stop(*point, arrival + stay, spot.facing)
    route = route_with_stops(
        [*straight_on(way.before), stop, *straight_on(way.after)], speed, start_sec
    )
    if not spot.seat:
        return [make_walker(rng, route, speed, size)]
    body = functools.partial(
        postures.sitting,
        people.random_look(rng),
        people.walking(speed / size),
        arrival + 0.8,
        arrival + stay,
    )
    return [Actor(route, body, size)]
