"""Events of cameras are dismissed, in the model file and for those that are watched."""

import contextlib
import dataclasses
import http.client
import json
import os

import numpy as np
import pytest

from abnormal.models.backend import start_backend

start_backend()

from abnormal.errors import AbnormalError  # noqa: E402
from abnormal.inference.stored_calibration import change_calibration  # noqa: E402
from abnormal.live.dismiss import dismiss_live_event  # noqa: E402
from abnormal.live.page.server import open_page  # noqa: E402
from abnormal.live.status import Watched  # noqa: E402
from abnormal.models.model import ModelInfo  # noqa: E402
from abnormal.models.model_file import load_model, save_model  # noqa: E402
from abnormal.scoring.calibration import Calibration  # noqa: E402
from tests.live.dismissals.dismissing import (  # noqa: E402
    FIRST,
    LEARNT,
    MERGED,
    SECOND,
    SIZE,
    Monitor,
    in_file,
    level,
    watching,
)


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
