import dataclasses
import json
import math

import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.calibration import ALARM_SURPRISE, Calibration, read_calibration
from abnormal.scoring.false_alarms import RELEASE_DROP, count_false_alarms
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.normality import Normality
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
