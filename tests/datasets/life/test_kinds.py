import numpy as np
import pytest

from abnormal.datasets.life.kinds import KINDS, events_of_kind
from abnormal.datasets.life.places import PLACES
from abnormal.datasets.life.things import Gap

by_place = pytest.mark.parametrize("place", PLACES)


def make(kind, place, seed=0):
    return KINDS[kind](np.random.default_rng(seed), PLACES[place], 20.0)


def speed_of(actor):
    length = np.hypot(*np.diff(actor.route.points, axis=0).T).sum()
    return length / np.ptp(actor.route.times)


@by_place
@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        ("runner", 3.0, 3.5),
        ("running_crowd", 2.6, 3.4),
        ("cyclist", 3.7, 4.3),
        ("cart", 3.4, 3.9),
        ("slow_cyclist", 1.2, 1.5),
        ("slow_vehicle", 1.1, 1.4),
        ("skater", 1.3, 1.6),
        ("wheelchair", 1.0, 1.3),
    ],
)
def test_how_fast_somebody_passes(place, kind, least, most):
    actors = make(kind, place)
    assert len(actors) == (10 if kind == "running_crowd" else 1)
    for actor in actors:
        assert least - 1e-6 <= speed_of(actor) <= most + 1e-6


@by_place
def test_somebody_loiters_for_a_minute_where_no_way_leads(place):
    (actor,) = make("loiter", place)
    since, until = actor.abnormal_sec
    assert until - since == pytest.approx(60.0)
    places = [actor.route.position(t) for t in np.linspace(since + 0.1, until - 0.1, 20)]
    assert np.ptp(places, axis=0).max() < 0.1
    near = [np.hypot(*(np.subtract(spot, places[0]))) for spot in _spots(place)]
    assert min(near) > 1.0


def _spots(place):
    return [(spot.x, spot.z) for spot in PLACES[place].spots]


@by_place
def test_who_falls_lies_and_gets_up(place):
    (actor,) = make("fall", place)
    since, until = actor.abnormal_sec
    heights = [
        max(point[2] for shape in actor.stage(t)[0] for point in shape.points)
        for t in (since - 0.1, since + 3.0, until + 0.5)
    ]
    assert heights[0] > 1.5
    assert heights[1] < 0.6
    assert heights[2] > 1.5


@by_place
def test_two_who_fight_are_within_reach(place):
    one, other = make("fight", place)
    assert one.abnormal_sec == other.abnormal_sec
    since, until = one.abnormal_sec
    for now in np.linspace(since + 0.5, until - 0.5, 9):
        gap = np.subtract(one.route.position(now), other.route.position(now))
        assert np.hypot(*gap) < 1.4


@by_place
@pytest.mark.parametrize("kind", ["left_behind", "taken_away"])
def test_a_thing_is_left_or_missing_between_two_visits(place, kind):
    first, thing, second = make(kind, place)
    assert isinstance(thing, Gap) == (kind == "taken_away")
    since, until = thing.route.times[[0, -1]]
    assert until - since == pytest.approx(45.0)
    for person, moment in ((first, since), (second, until)):
        reach = np.subtract(person.route.position(moment), thing.route.position(moment))
        assert np.hypot(*reach) == pytest.approx(0.5, abs=0.05)
        held = [len(person.stage(moment + shift)[0]) for shift in (-0.1, 0.1)]
        assert held[0] != held[1]


def test_wrong_way_is_against_everybody_else():
    place = PLACES["square"]
    (actor,) = make("wrong_way", "square")
    ways = [np.subtract(lane.points[-1], lane.points[0]) for lane in place.lanes]
    mine = actor.route.points[-1] - actor.route.points[0]
    cosines = [mine @ way / np.linalg.norm(mine) / np.linalg.norm(way) for way in ways]
    assert min(cosines) < -0.99


@pytest.mark.parametrize("kind", KINDS)
def test_events_come_one_after_the_other(kind):
    events = events_of_kind(np.random.default_rng(0), PLACES["hall"], kind)
    ends = 0.0
    for _ in range(3):
        begins, actors = next(events)
        assert begins > ends + 10.0
        ends = max(actor.route.times[-1] for actor in actors)
