import math
from pathlib import Path

import pytest

from abnormal.errors import AbnormalError
from abnormal.inference.stored_calibration import calibration_of
from abnormal.models.model import ModelInfo, TrainedModel

SURPRISE = {
    **{"values": [0.25, 0.5], "surprises": [0.5, 1.0]},
    **{"scale": 0.1, "exceedances": 10.0, "frames": 100},
}


def model(**changes):
    calibration = {"surprises": {"gradient": SURPRISE | changes}}
    info = ModelInfo("spatiotemporal", 10, 227, 25.0, calibration=calibration)
    return TrainedModel(None, info, Path("gate.h5"))


def test_a_calibration_is_read():
    assert calibration_of(model()).surprises["gradient"].scale == 0.1


@pytest.mark.parametrize("change", [{"scale": math.nan}, {"scale": 1e9}, {"values": [1e9, 2e9]}])
def test_a_value_that_would_silence_alarms_is_refused_with_file_and_value(change):
    with pytest.raises(
        AbnormalError, match=r"calibration of gate\.h5 cannot be used.* is (nan|1000)"
    ):
        calibration_of(model(**change))
