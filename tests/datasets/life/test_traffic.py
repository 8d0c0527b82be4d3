import itertools

import numpy as np
import pytest

from abnormal.datasets.life.daylight import Daylight
from abnormal.datasets.life.diary import BUS_EVERY_SEC, Diary
from abnormal.datasets.life.errands import catch_bus, cross
from abnormal.datasets.life.places import PLACES
from abnormal.datasets.life.traffic import drive, vehicles_of_lane

STREET = PLACES["street"]
ROAD = STREET.road
NOON = Daylight(12.0, (0.0, 0.0, 0.0), outdoors=True)


def test_a_car_brakes_waits_and_goes_on():
    plan = drive(40.0, 8.0, 100.0, [(15.0, 110.0)])
    times, metres = plan.T
    assert (times[0], metres[0], metres[-1]) == (100.0, 0.0, 40.0)
    assert (np.diff(times) >= 0).all()
    assert (np.diff(metres) >= 0).all()
    assert np.interp([106.0, 109.9], times, metres) == pytest.approx([15.0, 15.0])
    speeds = np.diff(metres) / np.maximum(np.diff(times), 1e-9)
    assert speeds.max() <= 8.0 + 1e-6


def test_cars_and_people_are_never_on_the_crossing_together():
    diary, rng = Diary(NOON, 50.0), np.random.default_rng(0)
    walkers = [cross(rng, STREET, diary, 6.0 * k)[0] for k in range(40)]
    cars = []
    for number in range(2):
        lane = vehicles_of_lane(np.random.default_rng(number), STREET, number, diary, 0.0)
        coming = itertools.takewhile(lambda arrival: arrival[0] < 240.0, lane)
        cars += [actor for _, actors in coming for actor in actors if _drives(actor)]
    assert len(cars) > 12
    met = stopped = 0
    for now in np.arange(20.0, 230.0, 0.25):
        there = [car for car in cars if car.route.is_present(now)]
        stopped += any(car.route.motion(now).speed < 0.1 for car in there)
        busy = any(
            ROAD.crossing[0] < car.route.position(now)[0] < ROAD.crossing[1] for car in there
        )
        met += busy and any(_on_crossing(walker, now) for walker in walkers)
    assert stopped > 20
    assert met == 0


def _drives(actor):
    return actor.route.points[0, 1] in {z for z, _ in ROAD.lanes}


def _on_crossing(walker, now):
    return walker.route.is_present(now) and (
        ROAD.kerbs[0] + 0.5 < walker.route.position(now)[1] < ROAD.kerbs[1] - 0.5
    )


def test_who_waits_for_the_bus_gets_in_while_it_stands_there():
    diary, rng = Diary(NOON, 150.0), np.random.default_rng(1)
    lane = vehicles_of_lane(np.random.default_rng(5), STREET, 1, diary, 0.0)
    arrivals = itertools.takewhile(lambda arrival: arrival[0] < 500.0, lane)
    long = [actor for _, actors in arrivals for actor in actors if _stands_at_stop(actor)]
    assert len(long) == 2
    for start in (20.0, 60.0, 200.0):
        (person,) = catch_bus(rng, STREET, diary, start)
        gone = person.route.times[-1]
        (bus,) = (bus for bus in long if bus.route.is_present(gone))
        assert bus.route.motion(gone).speed < 0.1
    assert diary.next_bus(151.0) == 150.0 + BUS_EVERY_SEC


def _stands_at_stop(actor):
    if not _drives(actor):
        return False
    stops = actor.route.points[:-1][np.diff(actor.route.points[:, 0]) == 0.0]
    return bool((np.abs(stops[:, 0] - ROAD.bus_stop[0]) < 0.01).any()) if len(stops) else False
