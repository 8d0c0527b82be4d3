"""Events of cameras are dismissed, in the model file and for those that are watched."""

import contextlib
import dataclasses
import http.client
import json
import os
import shutil
import threading

import keras
import numpy as np
import pytest

from abnormal.models.backend import start_backend

start_backend()

from abnormal.cli import test  # noqa: E402
from abnormal.errors import AbnormalError  # noqa: E402
from abnormal.inference.dismiss import undo_dismissal  # noqa: E402
from abnormal.inference.event_cells import EventCells  # noqa: E402
from abnormal.inference.stored_calibration import (  # noqa: E402
    calibration_of,
    change_calibration,
    read_info_and_calibration,
)
from abnormal.live.dismiss import dismiss_live_event, keep_event_cells  # noqa: E402
from abnormal.live.dismissals import Dismissals  # noqa: E402
from abnormal.live.page.server import open_page  # noqa: E402
from abnormal.live.regime_file import (  # noqa: E402
    CAMERA,
    calibration_of_regime,
    digest_of,
    read_regime,
    regime_path,
    write_regime,
)
from abnormal.live.status import Watched  # noqa: E402
from abnormal.models.model import ModelInfo  # noqa: E402
from abnormal.models.model_file import load_model, save_model  # noqa: E402
from abnormal.scoring.calibration import Calibration, Normality  # noqa: E402
from abnormal.scoring.dismissal import Dismissal  # noqa: E402
from abnormal.scoring.local import LOCAL_SCORES  # noqa: E402
from abnormal.scoring.regime_names import learnt_regime_name, regime_name  # noqa: E402
from abnormal.scoring.surprise import learn_surprise  # noqa: E402

SIZE, GRID = 16, (2, 2)
FIRST, SECOND = "gate-20261126T201205.123Z-anomaly", "gate-20261126T201305.000Z-anomaly"
LEARNT = "gate-20261126T211205.000Z-anomaly"
MERGED = Dismissal({"video": "a", "camera": "gate", "first_frame": 1, "last_frame": 2})


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    surprise = learn_surprise(np.arange(300) / 300)
    normality = Normality({"motion": np.ones(GRID, np.float32)}, {"motion": surprise})
    cameras = {"gate": normality, "yard": normality}
    known = Calibration({}, {}, cameras, 300, ("a",), held_out=True, dismissed=(MERGED,))
    layers = [keras.Input((2, SIZE, SIZE, 1)), keras.layers.Conv3D(1, 1, activation="sigmoid")]
    path = tmp_path_factory.mktemp("model") / "m.h5"
    info = ModelInfo("cae", 2, SIZE, 5.0, calibration=known.as_dict())
    save_model(path, keras.Sequential(layers), info, None, known.arrays)
    return path


@pytest.fixture
def model(saved, tmp_path):
    return shutil.copy(saved, tmp_path / "m.h5")


@pytest.fixture
def output(tmp_path):
    """The folder of results of a watch that found two events."""
    for event, value in ((FIRST, 5.0), (SECOND, 9.0)):
        cells = EventCells("gate", "motion", 1.0, {"motion": np.full(GRID, value)})
        keep_event_cells(tmp_path / "results", event, cells)
    return tmp_path / "results"


@pytest.fixture
def regime(model, output):
    """The file of a regime that was learnt while the camera was watched, with an event in it."""
    levels = {name: np.ones(GRID, np.float32) for name in LOCAL_SCORES}
    surprises = dict.fromkeys(LOCAL_SCORES, learn_surprise(np.arange(300) / 300))
    night = Normality(levels, surprises, np.zeros((SIZE, SIZE), np.uint8))
    path, learnt = regime_path(output, "gate", 2), calibration_of_regime(night)
    write_regime(path, learnt, load_model(model).info)
    name = learnt_regime_name("gate", digest_of(learnt))
    cells = EventCells(name, "motion", 1.0, {"motion": np.full(GRID, 5.0)})
    keep_event_cells(output, LEARNT, cells)
    return path


class Monitor:
    def __init__(self):
        self.regimes, self.dismissed, self.refreshed = self, [], 0

    def use(self, calibration):
        self.calibration = calibration

    def refresh(self):
        self.refreshed += 1


def level(calibration, camera="gate"):
    return float(calibration.cameras[camera].levels["motion"].max())


def in_file(model):
    return calibration_of(load_model(model))


def watching(model, output, monitors):
    """The dismissals of a watch that begins now."""
    return Dismissals(model, output, *read_info_and_calibration(model), monitors)


def test_a_dismissal_acts_in_the_file_and_on_the_cameras_until_it_is_taken_back(model, output):
    known, monitor = in_file(model), Monitor()
    dismissals = watching(model, output, [monitor])
    tolerated = known.cameras["gate"].surprises["motion"].score(1.0)
    dismissals.dismiss(FIRST)
    # Another program dismisses an event in the same file meanwhile.
    other = watching(model, output, [])
    other.dismiss(SECOND)
    assert other.ids() == {FIRST, SECOND, MERGED.event}
    dismissals.undo(FIRST)
    for calibration in (monitor.calibration, in_file(model)):
        assert level(calibration) == pytest.approx(9 / tolerated)
        assert level(calibration, "yard") == 1
    dismissals.undo(SECOND)
    for calibration in (monitor.calibration, in_file(model)):
        assert level(calibration) == 1
    assert dismissals.ids() == {MERGED.event}


def test_the_page_dismisses_for_the_watch_that_goes_on(model, output, caplog):
    dismissals = watching(model, output, [monitor := Monitor()])
    watched = Watched()
    watched.set_up([], dismissals)
    caplog.set_level("INFO", "abnormal")

    def press(button, event=FIRST):
        connection.request(
            "POST", f"/events/{event}/{button}", headers={"Content-Type": "application/json"}
        )
        return json.loads(connection.getresponse().read())

    with (
        open_page("127.0.0.1:0", output, watched),
        contextlib.closing(http.client.HTTPConnection(caplog.messages[-1].split("/")[2])) as one,
    ):
        connection = one
        assert press("dismiss") == {"dismissed": True}
        assert level(monitor.calibration) == level(in_file(model)) > 1
        assert "dismissed already" in press("dismiss")["error"]
        assert press("undo") == {"dismissed": False}
        assert level(monitor.calibration) == level(in_file(model)) == 1
        assert "There is no event" in press("dismiss", "gate-20260101T000000.000Z-anomaly")["error"]


def test_a_watch_learns_of_what_the_command_line_dismisses(model, output, said):
    dismissals = watching(model, output, [monitor := Monitor()])
    dismissals.refresh()
    dismiss_live_event(model, output, FIRST)
    assert dismissals.ids() == {MERGED.event}
    dismissals.refresh()
    assert dismissals.ids() == {FIRST, MERGED.event}
    assert level(monitor.calibration) > 1
    model.write_bytes(b"damaged")
    dismissals.refresh()
    dismissals.refresh()
    assert dismissals.ids() == {FIRST, MERGED.event}
    assert [line.endswith("goes on with what it knows.") for line in said] == [True]


def test_what_cannot_be_dismissed_is_said_and_nothing_is_changed(model, output):
    dismissals, before = watching(model, output, []), model.read_bytes()
    learnt = "gate-20261126T201405.000Z-anomaly"
    cells = EventCells(regime_name("gate", 1), "motion", 1.0, {"motion": np.ones(GRID)})
    keep_event_cells(output, learnt, cells)
    for event, says in {
        learnt: "a view or a light that was learnt while the camera was watched",
        "gate-20261126T201205.123Z-disconnected": "is no anomaly but disconnected",
        "gate-20261126T201205.999Z-anomaly": f"There is no event .*: {FIRST}, {SECOND}, {learnt}.",
        "../../m": "There is no event",
        f"{'a' * 300}-20260101T000000.000Z-anomaly": "There is no event",
        f"../cells/{FIRST}": "There is no event",
    }.items():
        with pytest.raises(AbnormalError, match=says):
            dismissals.dismiss(event)
    for event, says in {
        FIRST: f"{FIRST} is not dismissed. Dismissed are a:frames 1-2",
        MERGED.event: "cannot be taken back: an older version",
    }.items():
        with pytest.raises(AbnormalError, match=says):
            dismissals.undo(event)
    assert model.read_bytes() == before
    dismissals.dismiss(FIRST)
    with pytest.raises(AbnormalError, match=f"{FIRST} is dismissed already"):
        dismissals.dismiss(FIRST)


def test_of_a_model_without_dismissals_nothing_can_be_taken_back(model):
    known = in_file(model).with_dismissed(())
    with pytest.raises(AbnormalError, match=f"{FIRST} is not dismissed. No event is.$"):
        undo_dismissal(known, FIRST)


def test_an_event_of_a_regime_that_was_learnt_is_dismissed_in_its_file(
    model, output, regime, capsys
):
    before, info = model.read_bytes(), load_model(model).info
    options = ["--model", str(model), "--output", str(output), "--dismiss", LEARNT]
    assert test.main(options) == 0
    assert f"regime: {regime}, with 1 dismissed event\n" in capsys.readouterr().out
    known = read_regime(regime, info)
    tolerated = known.cameras[CAMERA].surprises["motion"].score(1.0)
    assert level(known, CAMERA) == pytest.approx(5 / tolerated)
    assert known.cameras[CAMERA].levels["stay"].max() == 1
    assert test.main(options) == 1
    assert "dismissed already" in capsys.readouterr().err
    assert test.main([*options, "--undo"]) == 0
    assert f"regime: {regime}, with 0 dismissed events\n" in capsys.readouterr().out
    assert level(read_regime(regime, info), CAMERA) == 1
    assert model.read_bytes() == before
    regime.unlink()
    assert test.main(options) == 1
    assert f"of which nothing is kept in {regime.parent}" in capsys.readouterr().err
    # Another view that was learnt later has the number, but not the event.
    other = known.cameras[CAMERA]
    other = dataclasses.replace(other, background=np.full((SIZE, SIZE), 9, np.uint8))
    write_regime(regime, calibration_of_regime(other), info)
    assert test.main(options) == 1
    assert "of which nothing is kept" in capsys.readouterr().err
    # The model has been trained again since it found the event.
    write_regime(regime, known, dataclasses.replace(info, seed=7))
    assert test.main(options) == 1
    assert f"with another model than {model}, and that is kept in {regime}." in (
        capsys.readouterr().err
    )


def test_the_watch_that_goes_on_reads_the_file_of_a_regime_again(model, output, regime):
    dismissals = watching(model, output, [monitor := Monitor()])
    dismissals.dismiss(LEARNT)
    monitor.dismissed = [LEARNT]
    assert monitor.refreshed == 1
    assert dismissals.ids() == {LEARNT, MERGED.event}
    dismissals.undo(LEARNT)
    assert monitor.refreshed == 2
    regime.write_bytes(b"no zip")
    with pytest.raises(AbnormalError, match="not dismissed"):
        dismissals.undo(LEARNT)
    with pytest.raises(AbnormalError, match="of which nothing is kept"):
        dismissals.dismiss(LEARNT)


def test_nothing_is_lost_when_many_dismiss_at_once(model, output):
    dismissed = [Dismissal({"event": f"v:{n}", "camera": "yard"}) for n in range(3)]

    def add(one):
        change_calibration(model, lambda known: known.with_dismissed((*known.dismissed, one)))

    threads = [threading.Thread(target=add, args=(one,)) for one in dismissed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.event for one in in_file(model).dismissed} == {MERGED.event, "v:0", "v:1", "v:2"}


def calibrate(model):
    """Calibrates one of the two cameras, as `merged` does, which forgets its dismissals."""

    def change(known):
        fresh = dataclasses.replace(known.cameras["gate"], correction=0.5, learnt={})
        known = known.with_dismissed(one for one in known.dismissed if one.camera != "gate")
        return dataclasses.replace(known, cameras=known.cameras | {"gate": fresh})

    change_calibration(model, change)


def train(model):
    """Trains another network, which is calibrated to the same levels."""
    known = in_file(model).with_dismissed(())
    info = ModelInfo("cae", 2, SIZE, 5.0, seed=7, calibration=known.as_dict())
    save_model(model, load_model(model).network, info, None, known.arrays)


def train_with_smaller_frames(model):
    of_cell = {"motion": np.ones((1, 1), np.float32)}
    gate = dataclasses.replace(in_file(model).cameras["gate"], levels=of_cell, learnt={})
    known = Calibration({}, {}, {"gate": gate}, 300, ("a",), held_out=True)
    info = ModelInfo("cae", 2, SIZE // 2, 5.0, calibration=known.as_dict())
    save_model(model, load_model(model).network, info, None, known.arrays)


@pytest.mark.parametrize("learn", [calibrate, train, train_with_smaller_frames])
def test_a_watch_keeps_its_dismissals_when_its_model_file_is_learnt_anew(
    learn, model, output, said
):
    dismissals = watching(model, output, [monitor := Monitor()])
    dismissals.dismiss(FIRST)
    known, old = monitor.calibration, model.read_bytes()
    learn(model)
    new = model.read_bytes()
    for change in (dismissals.dismiss, dismissals.undo):
        with pytest.raises(AbnormalError, match=r"trained again since .* Start the"):
            change(SECOND)
    dismissals.refresh()
    os.utime(model)
    dismissals.refresh()
    assert dismissals.ids() == {FIRST, MERGED.event}
    assert (monitor.calibration, model.read_bytes()) == (known, new)
    assert ["start it again to use what is new" in line for line in said] == [True]
    model.write_bytes(old)  # somebody does not want it after all
    dismissals.undo(FIRST)
    assert dismissals.ids() == {MERGED.event}
    assert level(monitor.calibration) == 1


def test_the_command_line_dismisses_without_a_video(model, output, capsys):
    options = ["--model", str(model), "--output", str(output), "--dismiss", FIRST]
    assert test.main(options) == 0
    assert level(in_file(model)) > 1
    assert "with 2 dismissed events" in capsys.readouterr().out
    assert test.main(options) == 1
    assert "dismissed already" in capsys.readouterr().err
    assert test.main([*options, "--undo"]) == 0
    assert "with 1 dismissed event\n" in capsys.readouterr().out
    assert level(in_file(model)) == 1
    assert test.main(["--model", str(model), "--undo"]) == 1
    assert "Name the event with --dismiss EVENT" in capsys.readouterr().err
