"""A camera that shows its day, and then a night that nobody has calibrated."""

import dataclasses

import numpy as np
import pytest

from abnormal.models.backend import start_backend

start_backend()

from abnormal.errors import AbnormalError  # noqa: E402
from abnormal.inference import learn_regime  # noqa: E402
from abnormal.inference.detector import Detector  # noqa: E402
from abnormal.live import dismiss  # noqa: E402
from abnormal.live.address import Camera  # noqa: E402
from abnormal.live.dismiss import (  # noqa: E402
    dismiss_live_event,
    keep_event_cells,
    undo_live_dismissal,
)
from abnormal.live.frame import Moment  # noqa: E402
from abnormal.live.monitor import CameraMonitor  # noqa: E402
from abnormal.live.prepare import FramePreparer  # noqa: E402
from abnormal.live.regime_file import (  # noqa: E402
    CAMERA,
    calibration_of_regime,
    digest_of,
    regime_path,
    write_regime,
)
from abnormal.live.regime_folder import free_number, read_regimes  # noqa: E402
from abnormal.models.model import ModelInfo  # noqa: E402
from abnormal.scoring.alarm import Alarm  # noqa: E402
from abnormal.scoring.calibration import Calibration, Normality  # noqa: E402
from abnormal.scoring.local import LOCAL_SCORES  # noqa: E402
from abnormal.scoring.surprise import learn_surprise  # noqa: E402
from abnormal.video.stream import Frame  # noqa: E402

FPS, LENGTH, SIZE = 5.0, 5, 48
DRAW = np.random.default_rng(0)
DAY = DRAW.integers(60, 190, (SIZE, SIZE), np.uint8)
NIGHT = 250 - DAY
INFO = ModelInfo("cae", LENGTH, SIZE, FPS)


def normal_of(background):
    levels = {name: np.full((6, 6), 1.0, np.float32) for name in LOCAL_SCORES}
    surprises = dict.fromkeys(LOCAL_SCORES, learn_surprise(np.arange(500) / 500))
    return Normality(levels, surprises, background)


class Gate:
    """One camera that is watched, with the network left out."""

    def __init__(self, folder, *backgrounds):
        cameras = {
            "gate" + (f" (regime {number})" if number > 1 else ""): normal_of(background)
            for number, background in enumerate(backgrounds, start=1)
        }
        calibration = Calibration({}, {}, cameras, 9, (), held_out=True)
        detector = Detector("m", INFO, lambda clips: clips / 2, calibration)
        self.told, self.number, self.faults, self.kept = [], 0, [], []
        self.monitor = CameraMonitor(
            Camera("gate", "0"), detector, Alarm("motion", 2.0, 1.0), self.told.append
        )
        self.folder = folder
        self.monitor.keep_cells = self.keep
        self.monitor.regimes.keep_in(folder)
        self.prepare = FramePreparer(SIZE, FPS, True, False, self.monitor.regimes.watch)

    def keep(self, name, cells):
        self.kept.append(cells.camera)
        keep_event_cells(self.folder, name, cells)

    def give(self, picture, seconds, runs=()):
        for second in np.arange(round(seconds * FPS)) / FPS:
            image, sec = picture.copy(), self.number / FPS
            # Nobody's picture is the same to the last bit, which would be a fault.
            image[0, 0] = self.number % 2
            if second in runs:
                image[20:32, 5 * self.number % 36 :][:, :12] = 240
            frame = self.prepare(Frame(image, sec, 0), Moment(self.number, sec, 1e9 + sec), sec)
            self.faults.append(frame.fault)
            self.monitor.take(frame)
            for clip in self.monitor.take_clips():
                (residual,) = [clip.segment.reconstruct(clip)]
                self.monitor.add_residual(clip, residual, sec)
                if learning := self.monitor.regimes._learning:
                    learning.result()
            self.number += 1
        return self.monitor.regime

    def alarms(self):
        return [event for event in self.told if (event.kind, event.state) == ("anomaly", "opened")]


RUN = [2.0, 2.2, 2.4, 2.6, 2.8, 3.0, 3.2, 3.4, 3.6, 3.8, 4.0]


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(learn_regime, "BACKGROUND_SEC", 6.0)
    monkeypatch.setattr(learn_regime, "MEASURE_SEC", 30.0)


def test_day_and_night_each_have_their_alarms_and_the_change_has_none(tmp_path):
    gate = Gate(tmp_path, DAY, NIGHT)
    assert gate.give(DAY, 10) == "regime 1 of 2"
    assert gate.give(NIGHT, 10) == "regime 2 of 2"
    assert gate.alarms() == []
    assert set(gate.faults) == {""}
    assert gate.give(NIGHT, 6, RUN) == "regime 2 of 2"
    assert len(gate.alarms()) == 1


def test_an_event_belongs_to_the_regime_in_which_it_began(tmp_path):
    gate = Gate(tmp_path, DAY, NIGHT)
    gate.give(DAY, 4, RUN)
    assert gate.told[-1].state != "closed"
    gate.give(NIGHT, 6)
    assert gate.told[-1].state == "closed"
    assert set(gate.kept) == {"gate"}
    gate.give(NIGHT, 6, RUN)
    assert gate.kept[-1] == "gate (regime 2)"


def test_a_night_that_is_not_known_is_learnt_without_alarms_and_known_from_then_on(tmp_path, said):
    gate = Gate(tmp_path, DAY)
    assert gate.give(DAY, 10) == ""
    assert gate.give(NIGHT, 8, RUN).startswith("view not known, learning until about 01:47")
    assert "gate shows a view or a light that is not known" in said[0]
    assert gate.faults[-1] == "shifted"
    assert gate.give(NIGHT, 45) == "regime 2 of 2"
    assert gate.alarms() == []
    assert gate.faults[-1] == ""
    gate.give(NIGHT, 6, RUN)
    assert len(gate.alarms()) == 1
    assert gate.give(DAY, 3) == "regime 1 of 2"
    assert gate.give(NIGHT, 3) == "regime 2 of 2"
    assert Gate(tmp_path, DAY).give(NIGHT, 2) == "regime 2 of 2"


def test_an_event_in_a_night_that_was_learnt_is_dismissed_for_this_watch_and_the_next(
    tmp_path, monkeypatch
):
    learnt = calibration_of_regime(normal_of(NIGHT))
    write_regime(regime_path(tmp_path, "gate", 1), learnt, INFO)
    gate = Gate(tmp_path, DAY)
    model = INFO, Gate(tmp_path / "other", DAY).monitor.regimes.detector.calibration
    monkeypatch.setattr(dismiss, "read_info_and_calibration", lambda path: model)
    gate.give(DAY, 2)
    gate.give(NIGHT, 10, RUN)
    (alarm,) = gate.alarms()
    assert gate.kept[-1] == f"gate (learnt regime {digest_of(learnt)})"
    dismiss_live_event(tmp_path / "m.h5", tmp_path, alarm.id)
    gate.monitor.regimes.refresh()
    assert gate.monitor.regimes.dismissed == [alarm.id]
    gate.give(NIGHT, 10, RUN)
    assert gate.alarms() == [alarm]
    gate.give(DAY, 5)
    gate.give(DAY, 6, RUN)
    assert len(gate.alarms()) == 2  # nothing was dismissed by day
    again = Gate(tmp_path, DAY)
    again.give(NIGHT, 10, RUN)
    assert again.alarms() == []
    undo_live_dismissal(tmp_path / "m.h5", tmp_path, alarm.id)
    again.monitor.regimes.refresh()
    assert again.monitor.regimes.dismissed == []
    again.give(NIGHT, 10, RUN)
    assert len(again.alarms()) == 1
    model = INFO, Gate(tmp_path / "other", DAY, NIGHT).monitor.regimes.detector.calibration
    with pytest.raises(AbnormalError, match="has been calibrated on this view since"):
        dismiss_live_event(tmp_path / "m.h5", tmp_path, alarm.id)


def test_what_cannot_be_written_is_not_replaced_by_an_older_file(tmp_path, said):
    """The disk is full when the night has been learnt, and the file has the number of another."""
    gate = Gate(tmp_path, DAY)
    gate.give(DAY, 2)
    (tmp_path / "regimes").write_text("a file in the way")
    assert gate.give(NIGHT, 45) == "regime 2 of 2"
    assert "has to learn it again" in said[-1]
    (tmp_path / "regimes").unlink()
    turned = calibration_of_regime(normal_of(np.ascontiguousarray(DAY.T)))
    write_regime(regime_path(tmp_path, "gate", 1), turned, INFO)
    before = gate.monitor.regimes.detector.calibration.cameras
    gate.monitor.regimes.refresh()
    assert gate.monitor.regimes.detector.calibration.cameras == before


def test_a_regime_is_no_camera_that_can_be_named(tmp_path):
    detector = Gate(tmp_path, DAY, NIGHT).monitor.regimes.detector
    detector.require("fused", "gate")
    with pytest.raises(AbnormalError, match=r"'gate', but not 'gate \(regime 2\)'"):
        detector.require("fused", "gate (regime 2)")


def test_an_older_model_without_backgrounds_has_one_regime(tmp_path):
    gate = Gate(tmp_path, None)
    assert gate.give(DAY, 3) == gate.give(NIGHT, 10) == ""


def test_what_another_model_learnt_and_what_is_damaged_is_left_out(tmp_path, said):
    known = calibration_of_regime(normal_of(NIGHT))
    for number in (1, 2, 3):
        write_regime(regime_path(tmp_path, "gate", number), known, INFO)
    found = read_regimes(tmp_path, "gate", INFO)
    one = found[1].cameras[CAMERA]
    assert list(found) == [1, 2, 3]
    assert np.array_equal(one.background, NIGHT)
    assert one.surprises == known.cameras[CAMERA].surprises
    regime_path(tmp_path, "gate", 2).write_bytes(b"no zip")
    write_regime(regime_path(tmp_path, "gate", 3), known, dataclasses.replace(INFO, seed=7))
    assert list(read_regimes(tmp_path, "gate", INFO)) == [1]
    assert [name in said[-1] for name in ("gate-3.npz", "another model")] == [True, True]
    assert read_regimes(tmp_path, "yard", INFO) == {}


def test_a_regime_that_is_learnt_takes_the_place_of_another_file_only_if_there_is_no_other(
    tmp_path,
):
    turned = calibration_of_regime(normal_of(np.ascontiguousarray(DAY.T)))
    paths = {number: regime_path(tmp_path, "gate", number) for number in range(1, 9)}
    write_regime(paths[1], turned, dataclasses.replace(INFO, seed=7))
    write_regime(paths[2], turned, INFO)
    gate, of_another_model = Gate(tmp_path, DAY), paths[1].read_bytes()
    gate.give(DAY, 2)
    paths[3].write_bytes(b"no zip")  # it cannot be read at the moment
    assert gate.give(NIGHT, 45) == "regime 3 of 3"
    assert [paths[1].read_bytes(), paths[3].read_bytes()] == [of_another_model, b"no zip"]
    found = read_regimes(tmp_path, "gate", INFO)
    kept = [found[number].cameras[CAMERA].background for number in (2, 4)]
    assert [np.array_equal(one, DAY.T) for one in kept] == [True, False]
    for number in range(5, 9):
        write_regime(paths[number], turned, INFO)
    assert free_number(tmp_path, "gate", {1, 2, 4}, INFO) == 3
    assert free_number(tmp_path, "gate", {1, 2, 3, 4}, INFO) == 5


def test_what_the_model_has_been_calibrated_on_since_is_not_known_twice(tmp_path):
    write_regime(regime_path(tmp_path, "gate", 1), calibration_of_regime(normal_of(NIGHT)), INFO)
    assert Gate(tmp_path, DAY).give(NIGHT, 2) == "regime 2 of 2"
    assert Gate(tmp_path, DAY, NIGHT).give(NIGHT, 2) == "regime 2 of 2"


def test_what_was_learnt_is_left_out_where_regimes_cannot_be_told_apart_any_more(tmp_path):
    write_regime(regime_path(tmp_path, "gate", 1), calibration_of_regime(normal_of(NIGHT)), INFO)
    gate = Gate(tmp_path, np.full_like(DAY, 90))
    assert gate.give(DAY, 3) == gate.give(NIGHT, 10) == ""
