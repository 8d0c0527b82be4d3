import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.scoring.events import (
    Event,
    intervals,
    minima,
    persistent_events,
)


def places(events):
    return [(event.start, event.stop) for event in events]


def brute_force(values):
    """Persistence of each minimum: the least that has to be climbed to get to a lower place."""
    order = sorted(range(len(values)), key=lambda place: (values[place], place))
    rank = {place: number for number, place in enumerate(order)}
    found = {}
    for place in range(len(values)):
        beside = [near for near in (place - 1, place + 1) if 0 <= near < len(values)]
        if any(rank[near] < rank[place] for near in beside):
            continue
        climbs = [
            max(values[min(place, low) : max(place, low) + 1]) - values[place]
            for low in order[: rank[place]]
        ]
        found[place] = min(climbs, default=max(values) - min(values))
    return found


@given(st.lists(st.integers(0, 8).map(float), min_size=1, max_size=30))
def test_the_persistence_of_minima(values):
    assert dict(minima(np.array(values))) == pytest.approx(brute_force(values))


def test_minima_by_hand():
    curve = np.array([0.9, 0.2, 0.8, 0.5, 0.6, 0.1, 1.0])
    assert dict(minima(curve)) == pytest.approx({1: 0.6, 3: 0.1, 5: 0.9})
    assert list(minima(np.zeros(0))) == []


def curve_with(minima, frames=1000):
    curve = np.full(frames, 0.9)
    for index, value in minima.items():
        curve[index] = value
    return curve


def test_persistent_minima_whose_windows_overlap_are_one_event():
    # Each stands for 100 frames on both sides, whatever the rate.
    events = persistent_events(curve_with({300: 0.5, 500: 0.5, 800: 0.5}))
    assert places(events) == [(200, 601), (700, 901)]
    assert places(persistent_events(curve_with({300: 0.5, 501: 0.5}))) == [(200, 401), (401, 602)]
    assert events[1] == Event(700, 901, 800, 0.5, pytest.approx((0.5 + 200 * 0.1) / 201))


def test_a_minimum_has_to_be_deeper_than_a_fifth_of_the_whole_height():
    events = persistent_events(curve_with({150: 0.5, 500: 0.83, 800: 0.81}))
    assert [event.peak for event in events] == [150, 800]  # 1, 0.07 / 0.4 and 0.09 / 0.4


def test_the_lowest_minimum_of_a_video_is_always_an_event():
    (event,) = persistent_events(curve_with({150: 0.89}))
    assert (event.start, event.stop) == (50, 251)
    assert event.peak_score == pytest.approx(0.11)
    assert persistent_events(np.ones(5)) == []  # where all is the same, there is no minimum


def test_persistent_events_stay_within_the_video():
    assert places(persistent_events(np.array([0.5, 1, 1]))) == [(0, 3)]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ([], []),
        ([0, 0], []),
        ([1, 1, 1], [(0, 3)]),
        ([0, 1, 1, 0, 1], [(1, 3), (4, 5)]),
        ([1, 0, 0, 1], [(0, 1), (3, 4)]),
    ],
)
def test_intervals_by_hand(flags, expected):
    assert list(intervals(np.array(flags, bool))) == expected


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=40))
def test_intervals_say_which_flags_are_set(flags):
    found = list(intervals(np.array(flags, bool)))
    again = np.zeros(len(flags), bool)
    for start, stop in found:
        assert start < stop
        again[start:stop] = True
    assert again.tolist() == flags
    assert all(stop < start for (_, stop), (start, _) in itertools.pairwise(found))
