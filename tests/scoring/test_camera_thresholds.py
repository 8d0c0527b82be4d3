"""Each camera has the rate of false alarms that is asked for, by a threshold of its own."""

import dataclasses
import math

import numpy as np
import pytest

from abnormal.names import FUSED
from abnormal.scoring.calibration import Calibration
from abnormal.scoring.false_alarms import count_false_alarms
from abnormal.scoring.normality import Normality
from abnormal.scoring.pools import Pool, combine, without_cameras
from abnormal.scoring.surprise import learn_surprise

FPS = 10.0


def footage(draw, hours, bursts):
    """The surprise of each frame of a camera with so many bursts an hour, ten times fewer per 1."""
    surprise = np.zeros(round(hours * 3600 * FPS))
    for start in draw.integers(0, len(surprise), draw.poisson(bursts * hours)):
        burst = surprise[start : start + 10]
        np.maximum(burst, 1.0 + draw.exponential(1 / math.log(10)), out=burst)
    return surprise


def of_cameras(pools):
    """A calibration of cameras of which nothing is known but how often they raise false alarms."""
    all_of_them = combine(pools)
    names = [name for pool in pools for name in pool.cameras]
    return Calibration(
        *({}, all_of_them.false_alarms, dict.fromkeys(names, Normality({}, {}))),
        *(all_of_them.frames, all_of_them.videos, False),
        pools=tuple(pools),
    )


def pool_of(camera, normal):
    return Pool((camera,), {}, {FUSED: count_false_alarms([normal], FPS)}, 1, (camera,), False)


def pool_of_l2(camera, values):
    surprise = learn_surprise(values, FPS)
    counted = {"l2": count_false_alarms([surprise.of(values)], FPS)}
    return Pool((camera,), {"l2": surprise}, counted, 1, (camera,), held_out=False)


BURSTS = {"calm": 30.0, "calm as well": 30.0, "lively": 500.0}


@pytest.mark.parametrize(
    "hours", [dict.fromkeys(BURSTS, 4.0), {"calm": 6.0, "calm as well": 6.0, "lively": 0.5}]
)
def test_each_camera_has_the_rate_that_is_asked_for(hours):
    draw = np.random.default_rng(0)
    known = of_cameras(
        [pool_of(name, footage(draw, hours[name], bursts)) for name, bursts in BURSTS.items()]
    )
    alarm, together = known.alarm(FUSED, per_hour=3.0), []
    for name, bursts in BURSTS.items():
        fresh = footage(draw, 50.0, bursts)
        assert 1.5 < len(alarm.for_camera(name).events(fresh, FPS)) / 50 < 6
        together.append(len(alarm.events(fresh, FPS)) / 50)
    assert max(together) > 6  # with one threshold for all


def test_a_camera_with_hardly_any_footage_has_the_threshold_of_all():
    draw = np.random.default_rng(0)
    pools = [pool_of("long", footage(draw, 6.0, 100.0)), pool_of("new", np.zeros(10))]
    alarm = of_cameras(pools).alarm(FUSED, per_hour=3.0)
    assert alarm.for_camera("new").threshold == pytest.approx(alarm.threshold, abs=0.1)
    assert alarm.for_camera("unknown") is alarm
    assert alarm.for_camera("new (regime 2)") is alarm.cameras["new"]


def test_thresholds_of_cameras_are_for_rates_and_for_several_cameras_alone():
    draw = np.random.default_rng(0)
    pools = [pool_of(name, footage(draw, 1.0, 50.0)) for name in "ab"]
    known = of_cameras(pools)
    assert set(known.alarm(FUSED, per_hour=3.0).cameras) == {"a", "b"}
    for asked in ({}, {"threshold": 2.5}):
        assert known.alarm(FUSED, **asked).cameras == {}
    day_and_night = [pools[0], dataclasses.replace(pools[1], cameras=("a (regime 2)",))]
    assert of_cameras(day_and_night).alarm(FUSED, per_hour=3.0).cameras == {}


def test_cameras_that_an_older_version_did_not_tell_apart_have_the_threshold_of_all():
    draw = np.random.default_rng(0)
    both = dataclasses.replace(pool_of("a", footage(draw, 1.0, 50.0)), cameras=("a", "b"))
    alone = pool_of("c", footage(draw, 1.0, 500.0))
    for parts in ([both, alone], [*without_cameras([both], ["a"]), alone]):
        alarm = of_cameras(parts).alarm(FUSED, per_hour=3.0)
        assert alarm.thresholds["b"] == alarm.threshold < alarm.thresholds["c"]
    assert of_cameras([both]).alarm(FUSED, per_hour=3.0).cameras == {}


def test_a_score_that_is_not_local_has_the_distribution_of_the_camera():
    draw = np.random.default_rng(0)
    scales = {"dark": 1.0, "bright": 10.0}
    pools = [pool_of_l2(name, draw.exponential(scale, 40_000)) for name, scale in scales.items()]
    known = dataclasses.replace(of_cameras(pools), surprises=combine(pools).surprises)
    alarm = known.alarm("l2", per_hour=20.0)
    assert alarm.for_camera("bright").threshold == pytest.approx(
        10 * alarm.for_camera("dark").threshold, rel=0.3
    )
    assert alarm.for_camera("dark").release < alarm.for_camera("dark").threshold
    without = [pools[0], dataclasses.replace(pools[1], surprises={})]
    known = dataclasses.replace(known, pools=tuple(without))
    alarm = known.alarm("l2", per_hour=20.0)
    assert alarm.thresholds["bright"] == alarm.threshold > alarm.thresholds["dark"]


def test_cameras_for_whose_thresholds_nothing_was_counted_are_named():
    draw = np.random.default_rng(0)
    wild = np.where(draw.random(72_000) < 0.01, 9.0, 0.0)
    calm = pool_of("calm", footage(draw, 100.0, 1.0))
    assert of_cameras([calm]).not_counted(FUSED, 3.0) == []
    assert of_cameras([pool_of("wild", wild)]).not_counted(FUSED, 3.0) == [""]
    known = of_cameras([calm, pool_of("wild", wild)])
    assert known.all_pools == known.pools
    assert known.not_counted(FUSED, 3.0) == ["wild"]


def test_cameras_with_too_little_footage_of_their_own_are_named():
    draw = np.random.default_rng(0)
    pools = [pool_of("long", footage(draw, 6.0, 9.0)), pool_of("short", footage(draw, 0.5, 9.0))]
    assert of_cameras(pools).too_short(FUSED, 3.0) == ["short"]
    assert of_cameras(pools).too_short(FUSED, 6.0) == []
    assert of_cameras(pools).too_short(FUSED, 0.1) == []  # all of it together is too short
    assert of_cameras(pools[1:]).too_short(FUSED, 3.0) == []


@pytest.mark.parametrize("per_hour", [1.0, 0.1, 0.01, 1e-320])
def test_single_events_are_not_counted_several_times(per_hour):
    draw = np.random.default_rng(0)
    pools = [pool_of(name, footage(draw, 0.4, 40.0)) for name in "ab"]
    alarm = of_cameras([*pools, pool_of("new", np.zeros(1))]).alarm(FUSED, per_hour=per_hour)
    assert alarm.for_camera("new").threshold == pytest.approx(alarm.threshold, abs=0.01)


@pytest.mark.parametrize(("scale", "threshold"), [(1.0, 7.0), (10.0, 35.0)])
def test_a_camera_with_a_minute_has_nearly_the_distribution_of_all(scale, threshold):
    draw = np.random.default_rng(0)
    pools = [
        pool_of_l2(name, draw.exponential(of_camera, round(seconds * FPS)))
        for name, seconds, of_camera in (("a", 3600, 1.0), ("b", 3600, 1.0), ("new", 60, scale))
    ]
    known = dataclasses.replace(of_cameras(pools), surprises=combine(pools).surprises)
    found = known.alarm("l2", per_hour=3.0).for_camera("new").threshold
    assert threshold / 1.5 < found < threshold * 1.5
