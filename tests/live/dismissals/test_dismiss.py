"""Events of cameras are dismissed in the model file, or in that of a regime, without a video."""

import dataclasses
import threading

import numpy as np
import pytest

from abnormal.models.backend import start_backend

start_backend()

from abnormal.cli import test  # noqa: E402
from abnormal.errors import AbnormalError  # noqa: E402
from abnormal.inference.dismiss import undo_dismissal  # noqa: E402
from abnormal.inference.event_cells import EventCells  # noqa: E402
from abnormal.inference.stored_calibration import change_calibration  # noqa: E402
from abnormal.live.dismiss import keep_event_cells  # noqa: E402
from abnormal.live.regime_file import (  # noqa: E402
    CAMERA,
    calibration_of_regime,
    read_regime,
    write_regime,
)
from abnormal.models.model_file import load_model  # noqa: E402
from abnormal.scoring.dismissal import Dismissal  # noqa: E402
from abnormal.scoring.regime_names import regime_name  # noqa: E402
from tests.live.dismissals.dismissing import (  # noqa: E402
    FIRST,
    GRID,
    LEARNT,
    MERGED,
    SECOND,
    SIZE,
    in_file,
    level,
    watching,
)


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
    assert test.main(["--model", str(model), "--undo"]) == 2
    assert "Name the event with --dismiss EVENT" in capsys.readouterr().err
