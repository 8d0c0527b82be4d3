import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.errors import AbnormalError
from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.calibration import ALARM_SURPRISE, Calibration, read_calibration
from abnormal.scoring.false_alarms import COUNTED_SURPRISES as LEVELS
from abnormal.scoring.false_alarms import (
    ENOUGH_EVENTS,
    RELEASE_DROP,
    FalseAlarms,
    count_false_alarms,
)
from abnormal.scoring.fusion import fuse
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.normality import Normality
from abnormal.scoring.pools import Pool, combine, without_cameras
from abnormal.scoring.surprise import learn_surprise

FPS = 10.0


def calibration(cameras=("",)):
    draw = np.random.default_rng(0)
    surprise = learn_surprise(draw.exponential(1.0, 20_000))
    alarms = count_false_alarms([surprise.of(draw.exponential(1.0, 20_000))], FPS)
    levels = {name: draw.random((2, 3), np.float32) for name in LOCAL_SCORES}
    background = draw.integers(0, 256, (8, 8), np.uint8)
    normality = Normality(levels, dict.fromkeys(LOCAL_SCORES, surprise), background)
    return Calibration(
        surprises={"l2": surprise},
        false_alarms=dict.fromkeys(("l2", FUSED, *LOCAL_SCORES), alarms),
        cameras=dict.fromkeys(cameras, normality),
        frames=20_000,
        videos=("01", "02"),
        held_out=True,
    )


def test_one_normal_frame_in_a_hundred_is_above_the_threshold():
    threshold = calibration().threshold("l2")
    fresh = np.random.default_rng(1).exponential(1.0, 100_000)
    assert (fresh > threshold).mean() == pytest.approx(0.01, rel=0.2)
    assert calibration().threshold(FUSED) == ALARM_SURPRISE


def test_an_event_ends_where_five_times_as_many_normal_frames_are():
    known = calibration()
    release = known.alarm("l2").release
    fresh = np.random.default_rng(1).exponential(1.0, 100_000)
    assert (fresh > release).mean() == pytest.approx(0.05, rel=0.2)
    assert known.alarm(FUSED) == Alarm(FUSED, ALARM_SURPRISE, ALARM_SURPRISE - RELEASE_DROP)
    assert known.alarm("l2", 0.001).release <= 0.001
    assert known.alarm("another", 5.0) == Alarm("another", 5.0, 5.0)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"threshold": math.nan}, "The threshold is nan"),
        ({"threshold": math.inf}, "The threshold is inf"),
        ({"per_hour": 0.0}, r"0\.0 false alarms an hour"),
        ({"per_hour": math.nan}, "nan false alarms an hour"),
    ],
)
def test_an_alarm_that_could_never_come_is_refused(asked, said):
    with pytest.raises(AbnormalError, match=said):
        calibration().alarm(FUSED, **asked)


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


def test_each_score_may_cause_its_share_of_the_false_alarms():
    draw = np.random.default_rng(0)
    # Of a million normal frames, each score's surprise is above x for one in 10**x.
    surprises = {name: draw.exponential(np.log10(np.e), 1_000_000) for name in LOCAL_SCORES}
    fused, _ = fuse(surprises, 1_000_000)
    for x in (1.0, 2.0, 3.0):
        assert (fused > x).mean() == pytest.approx(10**-x, rel=0.15)
        assert (fused > x).mean() <= 1.1 * 10**-x
    alone, _ = fuse({"place": surprises["place"]}, 1_000_000)
    assert np.array_equal(alone, surprises["place"])


def test_what_is_most_surprising_speaks():
    silent = np.zeros(2)
    surprises = dict.fromkeys(LOCAL_SCORES, silent)
    heard = surprises | {"motion": np.array([4.0, 0.0]), "place": np.array([0, 5.0])}
    fused, speaker = fuse(heard, 1_000_000)
    names = list(LOCAL_SCORES)
    assert [names[number] for number in speaker] == ["motion", "place"]
    assert 3 < fused[0] < 4
    assert fused[1] == pytest.approx(4.0)
    assert fuse(surprises, 1_000_000)[0].tolist() == [0, 0]


def test_beyond_what_footage_vouches_for_only_the_largest_share_ranks_on():
    loud, silent = np.array([5.0, 20.0]), np.zeros(2)
    for name, score in LOCAL_SCORES.items():
        surprises = dict.fromkeys(LOCAL_SCORES, silent) | {name: loud}
        fused, _ = fuse(surprises, 1000)
        most = loud if name == "motion" else np.full(2, np.log10(1000))
        assert fused == pytest.approx(most + np.log10(score.share)), name
    appearance = dict.fromkeys(LOCAL_SCORES, silent) | {"appearance": loud}
    assert (fuse(appearance, 4_900)[0] < ALARM_SURPRISE).all()
    assert (fuse(appearance, 5_100)[0] > ALARM_SURPRISE).all()


def test_a_calibration_survives_the_model_file():
    known = calibration(("gate", "door/2"))
    assert read_calibration(json.loads(json.dumps(known.as_dict())), known.arrays) == known


def test_each_camera_has_its_own_normality():
    known = calibration(("gate", "door"))
    assert known.normality("gate") is known.cameras["gate"]
    assert known.normality("") is None
    assert calibration(("gate",)).normality("").levels.keys() == LOCAL_SCORES.keys()


def test_a_camera_has_a_normality_for_each_regime():
    known = calibration(("gate", "gate (regime 2)", "door"))
    assert known.camera_names == ["gate", "door"]
    assert known.regimes("gate") == ["gate", "gate (regime 2)"]
    assert known.normality("gate (regime 2)") is known.cameras["gate (regime 2)"]
    assert known.normality("gate (regime 3)") is None
    assert calibration(("", " (regime 2)")).regimes("gate") == ["", " (regime 2)"]


def test_it_is_kept_that_a_background_does_not_tell_the_view():
    known = calibration(("gate", "door"))
    mixed = dataclasses.replace(known.cameras["door"], is_one_view=False)
    known = dataclasses.replace(known, cameras=known.cameras | {"door": mixed})
    found = read_calibration(json.loads(json.dumps(known.as_dict())), known.arrays)
    assert [camera.is_one_view for camera in found.cameras.values()] == [True, False]


@pytest.mark.parametrize("stored", [{}, {"thresholds": {"l2": 1.0}, "releases": {"l2": 0.5}}])
@pytest.mark.parametrize("score", ["l2", FUSED, "motion"])
def test_what_is_not_calibrated_is_answered_with_what_to_do(stored, score):
    older = read_calibration(stored, {})
    message = f"not calibrated for the score '{score}'.*--threshold.*--calibrate FOLDER"
    with pytest.raises(AbnormalError, match=message):
        older.threshold(score)
    with pytest.raises(AbnormalError, match=message):
        older.alarm(score, per_hour=1.0)


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
    pools = []
    for name, scale in {"dark": 1.0, "bright": 10.0}.items():
        values = draw.exponential(scale, 40_000)
        surprise = learn_surprise(values, FPS)
        counted = {"l2": count_false_alarms([surprise.of(values)], FPS)}
        pools.append(Pool((name,), {"l2": surprise}, counted, 1, (name,), held_out=False))
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
    draw, pools = np.random.default_rng(0), []
    for name, seconds, of_camera in (("a", 3600, 1.0), ("b", 3600, 1.0), ("new", 60, scale)):
        values = draw.exponential(of_camera, round(seconds * FPS))
        surprise = learn_surprise(values, FPS)
        counted = {"l2": count_false_alarms([surprise.of(values)], FPS)}
        pools.append(Pool((name,), {"l2": surprise}, counted, 1, (name,), held_out=False))
    known = dataclasses.replace(of_cameras(pools), surprises=combine(pools).surprises)
    found = known.alarm("l2", per_hour=3.0).for_camera("new").threshold
    assert threshold / 1.5 < found < threshold * 1.5
