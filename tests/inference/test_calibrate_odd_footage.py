"""Videos that cannot be read, show nothing or have gaps, and a full disk."""

import dataclasses
import logging

import numpy as np
import pytest

from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.frames.gaps import Gap
from abnormal.inference.calibrate import Calibrator
from abnormal.inference.cell_file import CellFile
from abnormal.names import FUSED
from abnormal.scoring.calibration import ALARM_SURPRISE
from tests.inference.calibrating import FPS, LENGTH, SIZE, halved, scored, video, walking


def test_a_video_that_cannot_be_read_is_left_out(caplog):
    empty = video(np.zeros((0, SIZE, SIZE), np.uint8), "empty")
    calibration = Calibrator(halved, LENGTH, FPS).calibrate([empty, video(walking(250, 0), "gate")])
    assert calibration.videos == ("gate",)
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == ["left out: empty: No frame of it could be read."]


def test_without_any_footage_the_error_names_all_problems():
    empty = [video(np.zeros((0, SIZE, SIZE), np.uint8), name) for name in ("a", "b")]
    with pytest.raises(AbnormalError, match=r"no footage to calibrate on\. a: No frame .* b: No f"):
        Calibrator(halved, LENGTH, FPS).calibrate(empty)


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((1, SIZE, SIZE), np.uint8),
        np.zeros((30, SIZE, SIZE), np.uint8),
        np.full((30, SIZE, SIZE), 255, np.uint8),
        walking(3, 0),
    ],
)
def test_footage_in_which_nothing_happens_is_a_calibration_too(frames):
    calibration = Calibrator(halved, LENGTH, FPS).calibrate([video(frames)])
    causal = scored(walking(30, 1), calibration).causal
    for name, values in causal.items():
        assert np.isfinite(values).all(), name
    assert not (scored(frames, calibration).causal[FUSED] > ALARM_SURPRISE).any()


def test_normal_footage_is_not_compared_across_a_gap():
    """The light is switched on in the gap, which is no change that ordinary life shows."""
    dark, bright = walking(100, 1) // 4, walking(100, 1)
    whole = dataclasses.replace(video(np.concatenate((dark, bright))), gaps=[Gap(100, 64.0)])
    split = Calibrator(halved, LENGTH, FPS).calibrate([whole, whole])
    parts = Calibrator(halved, LENGTH, FPS).calibrate([video(dark), video(bright)] * 2)
    assert split.threshold("difference") == pytest.approx(parts.threshold("difference"), rel=0.05)
    for name, level in split.cameras[""].levels.items():
        np.testing.assert_allclose(level, parts.cameras[""].levels[name], rtol=0.3)


def test_a_full_disk_is_no_fault_of_a_video(monkeypatch):
    def full(file, cells):
        raise CannotWriteError("There is no space left.")

    monkeypatch.setattr(CellFile, "append", full)
    with pytest.raises(CannotWriteError, match="no space left"):
        Calibrator(halved, LENGTH, FPS).calibrate([video(walking(60, n), str(n)) for n in range(4)])
