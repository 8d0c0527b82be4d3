import dataclasses
import json

import numpy as np
import pytest

from abnormal.scoring.false_alarms import COUNTED_SURPRISES, FalseAlarms
from abnormal.scoring.pools import Pool, combine, combine_checks, mix, read_pool, without_cameras
from abnormal.scoring.rate_check import RateCheck
from abnormal.scoring.surprise import learn_surprise


def pool(*cameras, hours=1.0, events=2, **fields):
    counts = (events,) * len(COUNTED_SURPRISES)
    surprises = {"l2": learn_surprise(np.arange(100.0))}
    alarms = {"fused": FalseAlarms(hours, counts)}
    return Pool(cameras, surprises, alarms, 100, cameras, held_out=False, **fields)


def test_the_counts_of_all_cameras_add_up():
    both = combine([pool("a"), pool("b", hours=3.0, events=5)])
    assert both.false_alarms["fused"] == FalseAlarms(4.0, (7,) * len(COUNTED_SURPRISES))
    assert (both.cameras, both.videos, both.frames) == (("a", "b"), ("a", "b"), 200)
    assert not both.held_out
    assert both.rate_check is None


def test_a_score_that_a_camera_does_not_have_is_that_of_the_others():
    other = dataclasses.replace(pool("b"), surprises={"l1": learn_surprise(np.arange(9.0))})
    assert combine([pool("a"), other]).surprises == pool("a").surprises | other.surprises


@pytest.mark.parametrize("camera", ["busy", "alike"])
def test_mixed_distributions_are_nearly_that_of_all_frames_together(camera):
    draw = np.random.default_rng(0)
    scale, count = {"busy": (4.0, 20_000), "alike": (1.0, 90_000)}[camera]
    calm, other = draw.exponential(1.0, 60_000), draw.exponential(scale, count)
    mixed = mix([learn_surprise(calm, 10), learn_surprise(other, 10)])
    together = learn_surprise(np.concatenate([calm, other]), 10)
    for surprise in (0.5, 1.0, 2.0, 3.0, 4.0):
        assert mixed.score(surprise) == pytest.approx(together.score(surprise), rel=0.07)
    assert mixed.frames == together.frames
    assert np.all(np.diff(mixed.surprises) >= 0)


def test_a_single_part_is_what_it_was():
    one = learn_surprise(np.random.default_rng(0).random(500))
    assert mix([one]) is one
    twice = mix([one, one])
    assert twice.values == one.values
    assert twice.surprises == pytest.approx(one.surprises)
    assert (twice.scale, twice.exceedances) == pytest.approx((one.scale, 2 * one.exceedances))


def test_the_interval_of_all_cameras_is_narrower_than_that_of_each():
    one = RateCheck(0.02, 0.01, 0.05, 3, 1.0)
    both = combine_checks([one, dataclasses.replace(one, events=4)])
    assert (both.share, both.events, both.hours) == (0.02, 7, 2.0)
    assert both.low == pytest.approx(0.02 - 0.01 / np.sqrt(2))
    assert both.high == pytest.approx(0.02 + 0.03 / np.sqrt(2))
    uneven = combine_checks([one, RateCheck(0.0, 0.0, 0.1, 0, 3.0)])
    assert uneven.share == pytest.approx(0.02 / 4)
    assert uneven.low < 0.005 < uneven.high


def test_footage_that_is_not_told_apart_stays_until_all_its_cameras_are_left_out():
    old = [pool("a", "b")]
    without_a = without_cameras(old, {"a"})
    assert [one.cameras for one in without_a] == [("b",)]
    assert without_a[0].false_alarms == old[0].false_alarms
    assert without_cameras(without_a, {"b"}) == []
    (without_c,) = without_cameras(without_a, {"c"})
    kept = read_pool(json.loads(json.dumps(dataclasses.asdict(without_c))))
    assert (old[0].is_mixed, without_a[0].is_mixed, kept.is_mixed) == (False, True, True)
