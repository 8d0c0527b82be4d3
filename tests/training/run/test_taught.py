"""What a model is taught after its training stays, whatever is started again."""

import dataclasses

import pytest

from abnormal.inference.stored_calibration import change_calibration, read_info_and_calibration
from abnormal.scoring.dismissal import Dismissal
from abnormal.training import finish as finish_module
from tests.training.run.running import Death, Meter, go

EXAM = {"": {"twice as fast": (7, 10)}}


def dismiss(known, event):
    entry = {"event": event, "camera": ""}
    return known.with_dismissed([*known.dismissed, Dismissal(entry)])


def calibrate_elsewhere(known):
    cameras = {**known.cameras, "yard": known.cameras[""]}
    return dataclasses.replace(known, cameras=cameras, videos=("01", "yard/1", "yard/2"))


def test_only_a_run_that_begins_anew_forgets_it_and_says_so(options, monkeypatch, said):
    options = dataclasses.replace(options, epochs=1)

    def die(*_):
        raise Death

    def examine(reconstruct, clip_length, fps, videos, calibration):
        """Meanwhile the operator dismisses an event."""
        assert [*calibration.cameras] == [""]
        change_calibration(options.output, lambda known: dismiss(known, "meanwhile"))
        return dataclasses.replace(calibration, exams=EXAM)

    with monkeypatch.context() as patch:
        patch.setattr(finish_module, "examine", die)
        with pytest.raises(Death):
            go(options)
        assert not read_info_and_calibration(options.output)[1].exams

        patch.setattr(finish_module, "examine", examine)
        result = go(options)
    assert result.calibration.exams == EXAM  # which the first run did not come to
    assert [one.event for one in result.calibration.dismissed] == ["meanwhile"]

    before = options.output.read_bytes()
    monkeypatch.setattr(finish_module, "examine", lambda *_: pytest.fail("it is examined again"))
    again = go(dataclasses.replace(options, patience=7), meter := Meter())
    assert options.output.read_bytes() == before
    assert meter.batches == 0
    assert again.calibration.exams == EXAM
    assert f"{options.output} has this network, and keeps all that it has learnt since" in said()

    change_calibration(options.output, calibrate_elsewhere)
    monkeypatch.setattr(finish_module, "examine", lambda *parts: parts[-1])
    go(dataclasses.replace(options, restart=True))
    assert not read_info_and_calibration(options.output)[1].dismissed
    lost = "camera 'yard', 1 dismissed events, normal footage of 2 other videos"
    assert any(line.endswith(f"what it knew is lost: {lost}") for line in said())
