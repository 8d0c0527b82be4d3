import dataclasses
import fcntl
import math
import os
from pathlib import Path

import keras
import pytest

from abnormal.errors import AbnormalError
from abnormal.inference.stored_calibration import calibration_of, change_calibration
from abnormal.models.model import ModelInfo, TrainedModel
from abnormal.models.model_file import read_model, save_model

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


def test_what_was_measured_with_another_network_is_not_written(tmp_path, network, model_info):
    path = tmp_path / "gate.h5"
    save_model(path, network, model_info)
    measured = read_model(path).lazy_network.digest

    def with_frames(known):
        return dataclasses.replace(known, frames=7)

    assert change_calibration(path, with_frames, network=measured).frames == 7
    assert change_calibration(path, with_frames).frames == 7
    other = keras.models.clone_model(network)  # with other weights
    save_model(path, other, model_info)
    before = path.read_bytes()
    with pytest.raises(AbnormalError, match=r"gate\.h5 has another network now.* Start again"):
        change_calibration(path, with_frames, network=measured)
    assert path.read_bytes() == before


@pytest.mark.parametrize("there", ["model.h5", "a"])
def test_a_model_is_locked_where_it_lies_whichever_link_leads_there(
    tmp_path, network, model_info, there
):
    """There may be a link to the file, or to its folder."""
    disk = tmp_path / "disk"
    disk.mkdir()
    save_model(disk / "model.h5", network, model_info)
    if there == "a":
        (tmp_path / "a").symlink_to(disk)
    else:
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "model.h5").symlink_to("../disk/model.h5")

    def change(known):
        handle = os.open(disk, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)
        return dataclasses.replace(known, frames=7)

    assert change_calibration(tmp_path / "a" / "model.h5", change).frames == 7
