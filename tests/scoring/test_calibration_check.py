import copy
import math

import numpy as np
import pytest

from abnormal.scoring.calibration import Calibration
from abnormal.scoring.calibration_check import check_calibration
from abnormal.scoring.dismissal import Dismissal
from abnormal.scoring.false_alarms import COUNTED_SURPRISES, FalseAlarms
from abnormal.scoring.normality import Normality
from abnormal.scoring.surprise import learn_surprise

SURPRISE = learn_surprise(np.random.default_rng(0).random(500))
LEVELS = {"gate": {"motion": np.full((2, 2), 0.5, np.float32)}}
STORED = Calibration(
    surprises={"gradient": SURPRISE},
    false_alarms={"fused": FalseAlarms(0.5, (3,) * len(COUNTED_SURPRISES))},
    cameras={"gate": Normality(LEVELS["gate"], {"motion": SURPRISE})},
    frames=500,
    videos=("a",),
    held_out=True,
    dismissed=(
        Dismissal({"video": "a", "camera": "gate", "first_frame": 1, "last_frame": 2}),
        Dismissal({"event": "b:1", "camera": "gate"}, {"motion": LEVELS["gate"]["motion"]}),
    ),
    positions={"l2": (1.1, 0.9)},
).as_dict()


def check(stored, levels=LEVELS):
    check_calibration(stored, levels, clip_length=2, size=16)


def test_what_a_calibration_gives_is_right():
    check(STORED)
    check({}, {})


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("surprises.gradient.scale", math.nan, "surprises.gradient.scale is nan"),
        ("surprises.gradient.scale", 1e9, "scale is 1000000000.0"),
        ("surprises.gradient.scale", 0.0, "scale is 0.0"),
        ("surprises.gradient.values", [math.inf], "values is inf"),
        ("surprises.gradient.values", [0.5, 0.25], "values falls from 0.5 to 0.25"),
        ("surprises.gradient.values", [], "values is a list of 0 values"),
        ("surprises.gradient.surprises", [0.0], "surprises is a list of 1 values"),
        ("surprises.gradient.exceedances", 0, "exceedances is 0"),
        ("surprises.gradient.frames", 1.5, "frames is 1.5"),
        ("surprises.gradient", None, "surprises.gradient is None"),
        ("surprises", [], "surprises is a list"),
        ("false_alarms.fused.hours", -1, "hours is -1"),
        ("false_alarms.fused.counts", [1], "counts is a list of 1 values"),
        ("false_alarms.fused.counts", ["1"] * 19, "counts is '1'"),
        ("cameras.gate.motion.scale", "big", "cameras.gate.motion.scale is 'big'"),
        ("cameras.gate", 3, "cameras.gate is 3"),
        ("positions.l2", [1.0], "positions.l2 is a list of 1 values"),
        ("positions.l2", [1.0, 0], "positions.l2 is 0"),
        ("positions.l2", [2.0, 2.0], "the mean of positions.l2 is 2.0"),
        ("corrections.gate", -2.5, "corrections.gate is -2.5"),
        ("corrections.gate", 2.5, "corrections.gate is 2.5"),
        ("frames", -1, "frames is -1"),
        ("held_out", "yes", "held_out is 'yes'"),
        ("is_mixed", 1, "is_mixed is 1"),
        ("videos", [None], "name of a video is None"),
        ("pools", [{}], "a pool has no cameras"),
        ("pools", [{"cameras": [1]}], "a camera of a pool is 1"),
        ("pools", [{"cameras": ["a"], "frames": -1}], "frames is -1"),
        ("pools", [3], "a pool is 3"),
        ("dismissed", [{}], "has no camera"),
        ("dismissed", [{"camera": "gate"}], "has no video"),
        ("dismissed", [{"camera": "gate", "event": 1}], "name of a dismissed event is 1"),
        ("dismissed", 10**4000, "a number of about 4000 digits"),
    ],
)
def test_a_value_that_no_footage_gives_is_refused_and_shown(place, value, said):
    stored = copy.deepcopy(STORED)
    *path, key = place.split(".")
    inside = stored
    for part in path:
        inside = inside[part]
    inside[key] = value
    with pytest.raises(ValueError, match=said):
        check(stored)


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (np.full((2, 2), np.nan, np.float32), "is nan"),
        (np.full((2, 2), 1e9, np.float32), "is 1e"),
        (np.zeros((2, 2), np.float32), "is 0"),
        (np.ones((2, 3), np.float32), r"\(2, 3\)"),
        (np.ones((2, 2), np.int32), "int32"),
    ],
)
def test_a_level_that_no_footage_gives_is_refused(level, said):
    with pytest.raises(ValueError, match=said):
        check(STORED, {"gate": {"motion": level}})


@pytest.mark.parametrize(
    ("stack", "said"),
    [
        (np.full((1, 2, 2), np.nan, np.float32), "is nan"),
        (np.full((1, 2, 2), -1, np.float32), "is -1"),
        (np.ones((2, 2), np.float32), r"\(2, 2\)"),
        (np.ones((1, 2, 2), bool), "bool"),
    ],
)
def test_what_no_dismissal_asks_for_is_refused(stack, said):
    with pytest.raises(ValueError, match=said):
        check(STORED, {"gate": LEVELS["gate"] | {"raised_motion": stack}})
