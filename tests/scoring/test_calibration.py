import json

import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.scoring.calibration import QUANTILE, calibrate, release_of, threshold_of


def test_at_most_one_normal_frame_in_a_hundred_is_above_the_threshold():
    first = {"l2": np.arange(150.0), "gradient": np.zeros(150)}
    second = {"l2": np.arange(150.0, 300.0), "gradient": np.full(150, 0.5)}
    calibration = calibrate([first, second], ["a", "b"], held_out=True)
    # Of 0..299 the 0.99-quantile lies at 296.01; the next score that was seen is 297.
    assert calibration.thresholds == {"l2": 297.0, "gradient": 0.5}
    assert (calibration.frames, calibration.quantile) == (300, QUANTILE)
    assert (calibration.videos, calibration.held_out) == (("a", "b"), True)
    above = sum(int((scores["l2"] > 297.0).sum()) for scores in (first, second))
    assert above <= 300 * (1 - QUANTILE)


def test_an_event_ends_lower_than_it_begins():
    calibration = calibrate([{"l2": np.arange(300.0)}], ["a"], held_out=True).as_dict()
    assert calibration["releases"] == {"l2": 285.0}
    assert release_of(calibration, "l2", 297.0) == 285.0
    assert release_of(calibration, "l2", 200.0) == 200.0  # a threshold of one's own, below it
    assert release_of({"thresholds": {"l2": 297.0}}, "l2", 297.0) == 297.0  # an older file


def test_a_single_frame_is_its_own_threshold():
    calibration = calibrate([{"l2": np.array([2.5])}], ["a"], held_out=False)
    assert (calibration.thresholds, calibration.held_out) == ({"l2": 2.5}, False)


def test_a_threshold_survives_the_model_file():
    calibration = calibrate([{"l2": np.array([1.0, 2.0])}], ["a"], held_out=True)
    stored = json.loads(json.dumps(calibration.as_dict()))
    assert threshold_of(stored, "l2") == 2.0


@pytest.mark.parametrize("stored", [{}, {"thresholds": {}}, {"thresholds": {"l2": 1.0}}])
def test_a_score_without_a_threshold_is_answered_with_what_to_do(stored):
    with pytest.raises(AbnormalError, match=r"no threshold for the score 'gradient'.*--threshold"):
        threshold_of(stored, "gradient")
