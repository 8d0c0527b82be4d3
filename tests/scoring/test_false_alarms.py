import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.false_alarms import COUNTED_SURPRISES as LEVELS
from abnormal.scoring.false_alarms import (
    ENOUGH_EVENTS,
    RELEASE_DROP,
    FalseAlarms,
    count_false_alarms,
)
from abnormal.scoring.surprise import learn_surprise

FPS = 10.0


@pytest.mark.parametrize("per_hour", [2.0, 30.0, 200.0])
def test_there_are_no_more_false_alarms_than_asked_for(per_hour):
    draw = np.random.default_rng(2)
    normal = learn_surprise(draw.exponential(1.0, 400_000))
    known, fresh = (normal.of(np.repeat(draw.exponential(1.0, 400_000 // 5), 5)) for _ in range(2))
    level = count_false_alarms([known], FPS).surprise_for(per_hour)
    found = count_false_alarms([fresh], FPS)
    hours = len(fresh) / FPS / 3600
    nearest = min(LEVELS, key=lambda other: abs(other - level))
    assert found.counts[LEVELS.index(nearest)] / hours == pytest.approx(per_hour, rel=0.6, abs=1)


def test_a_rate_that_was_not_seen_is_extrapolated_by_a_decade_for_each_step():
    alarms = FalseAlarms(1.0, (1000, 500, 100, ENOUGH_EVENTS, 3, *[0] * (len(LEVELS) - 5)))
    assert alarms.surprise_for(ENOUGH_EVENTS) == pytest.approx(LEVELS[3])
    assert alarms.surprise_for(ENOUGH_EVENTS / 10) == pytest.approx(LEVELS[3] + 1)
    assert alarms.surprise_for(ENOUGH_EVENTS / 1000) == pytest.approx(LEVELS[3] + 3)
    assert LEVELS[1] < alarms.surprise_for(200) < LEVELS[2]
    assert alarms.surprise_for(1e6) == LEVELS[0]


@pytest.mark.parametrize("strongest", [2.1, 3.0, 4.4, 6.0])
@pytest.mark.parametrize("per_hour", [0.1, 1.0, 2.0, 3.0])
def test_no_threshold_is_one_that_the_footage_itself_exceeds(strongest, per_hour):
    """Three hours of calm footage with nine strong events: fewer than are measured."""
    draw = np.random.default_rng(0)
    seconds = 3 * 3600
    calm = np.repeat(-np.log10(draw.random(seconds)), round(FPS))
    for start in range(600, len(calm), len(calm) // 9):
        calm[start : start + round(10 * FPS)] = strongest
    alarms = count_false_alarms([calm], FPS)
    surprise = alarms.surprise_for(per_hour)
    assert alarms.is_counted(per_hour) == (surprise <= LEVELS[-1])
    if alarms.counts[-1] <= 3 * per_hour:
        found = Alarm(FUSED, surprise, surprise - RELEASE_DROP).events(calm, FPS)
        assert len(found) <= 3 * per_hour
    else:  # how much stronger they are is not known
        excess = np.log10(alarms.counts[-1] / (3 * per_hour))
        assert surprise >= LEVELS[-1] + excess
        assert not alarms.is_counted(per_hour)


def test_the_footage_s_own_events_raise_no_threshold_by_much():
    """Events whose surprises are exponential, as the extrapolation takes them to be."""
    draw = np.random.default_rng(0)
    hours, at_first = 3.0, 1000.0
    for wanted in (0.3, 1.0, 3.0, 6.0):  # in all of the footage
        ideal = LEVELS[0] + np.log10(at_first / wanted)
        found = []
        for _ in range(300):
            peaks = LEVELS[0] - np.log10(draw.random(draw.poisson(at_first)))
            counts = tuple((peaks[:, None] > LEVELS).sum(axis=0).tolist())
            found.append(FalseAlarms(hours, counts).surprise_for(wanted / hours))
        assert np.mean(found) == pytest.approx(ideal + 0.1, abs=0.15)
        assert 0.7 < np.mean(10 ** (ideal - np.array(found))) < 1.1


def test_footage_without_false_alarms_promises_what_its_length_allows():
    quiet = count_false_alarms([np.zeros(int(FPS * 3600 / 2))], FPS)
    assert quiet.counts == (0,) * len(LEVELS)
    assert quiet.lowest_rate_per_hour == pytest.approx(6.0)
    assert quiet.surprise_for(2.0) == pytest.approx(LEVELS[0])
    assert quiet.surprise_for(0.2) == pytest.approx(LEVELS[0] + 1)


@settings(deadline=None)
@given(st.lists(st.integers(0, 300), min_size=len(LEVELS), max_size=len(LEVELS)))
def test_fewer_alarms_need_a_higher_level(counts):
    alarms = FalseAlarms(0.5, tuple(counts))
    levels = [alarms.surprise_for(rate) for rate in (1000, 100, 10, 1, 0.1)]
    assert levels == sorted(levels)
