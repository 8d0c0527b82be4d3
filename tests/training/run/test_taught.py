"""What a model is taught after its training stays, whatever is started again."""

import dataclasses
import shutil

import keras
import pytest

from abnormal.errors import AbnormalError
from abnormal.frames.manifest import read_record, write_manifest, write_record
from abnormal.inference.stored_calibration import change_calibration, read_info_and_calibration
from abnormal.models.model_file import read_model, save_model
from abnormal.scoring.dismissal import Dismissal
from abnormal.training import finish as finish_module
from abnormal.training.finished import is_finished
from tests.training.run.running import Death, Meter, die, go

EXAM = {"": {"twice as fast": (7, 10)}}


def dismiss(known, event):
    entry = {"event": event, "camera": ""}
    return known.with_dismissed([*known.dismissed, Dismissal(entry)])


def calibrate_elsewhere(known):
    cameras = {**known.cameras, "yard": known.cameras[""]}
    return dataclasses.replace(known, cameras=cameras, videos=("01", "yard/1", "yard/2"))


def test_only_a_run_that_begins_anew_forgets_it_and_says_so(options, monkeypatch, said):
    options = dataclasses.replace(options, epochs=1)

    def examine(reconstruct, clip_length, fps, videos, calibration):
        """Meanwhile the operator dismisses an event."""
        assert [*calibration.cameras] == [""]
        change_calibration(options.output, lambda known: dismiss(known, "meanwhile"))
        return dataclasses.replace(calibration, exams=EXAM)

    with monkeypatch.context() as patch:
        patch.setattr(finish_module, "examine", lambda *_: die())
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
    lost = "camera 'yard', dismissed events (1), normal footage of other videos (2)"
    assert any(line.endswith(f"what it knew is lost: {lost}") for line in said())


def test_a_run_that_began_anew_calibrates_anew_whatever_stops_it(options, monkeypatch):
    options = dataclasses.replace(options, epochs=1)
    monkeypatch.setattr(finish_module, "examine", lambda *parts: parts[-1])
    go(options)
    change_calibration(options.output, lambda known: dismiss(known, "before"))
    assert is_finished(options)

    with pytest.raises(Death):
        go(dataclasses.replace(options, restart=True), Meter(3, die))
    assert not is_finished(options)  # although model.h5 is the one of the run before

    with monkeypatch.context() as patch:
        patch.setattr(finish_module, "Calibrator", lambda *_: die())
        with pytest.raises(Death):
            go(options)
    assert not go(options).calibration.dismissed  # although the new network is the same


def test_footage_that_is_added_while_a_run_goes_on_does_not_count_as_learnt(
    options, img, tmp_path, monkeypatch
):
    footage = tmp_path / "img"
    shutil.copytree(img, footage)
    options = dataclasses.replace(options, epochs=1, img=footage)

    def examine(*parts):
        """Meanwhile a video is preprocessed."""
        new = shutil.copytree(footage / "training" / "01", footage / "training" / "04")
        write_record(new, dataclasses.replace(read_record(new), video="04"))
        write_manifest(footage)
        return parts[-1]

    monkeypatch.setattr(finish_module, "examine", examine)
    go(options)
    assert not is_finished(options)
    shutil.rmtree(footage / "training" / "04")
    write_manifest(footage)
    assert is_finished(options)


def test_an_extended_run_is_examined_also_if_its_network_stays(options, monkeypatch):
    monkeypatch.setattr(finish_module, "examine", lambda *parts: parts[-1])
    go(dataclasses.replace(options, epochs=1))
    options = dataclasses.replace(options, epochs=2)
    monkeypatch.setattr("abnormal.training.early_stopping.EarlyStopping.update", lambda *_: None)
    with monkeypatch.context() as patch:
        patch.setattr(finish_module, "examine", lambda *_: die())
        with pytest.raises(Death):
            go(options)

    def examine(*parts):
        """Meanwhile another training replaces the model."""
        model = read_model(options.output)
        network = keras.Sequential([keras.Input((4, 16, 16, 1)), keras.layers.Conv3D(1, 1)])
        save_model(options.output, network, model.info, None, model.arrays)
        return dataclasses.replace(parts[-1], exams=EXAM)

    monkeypatch.setattr(finish_module, "examine", examine)
    with pytest.raises(AbnormalError, match="has another network now"):
        go(options)
    assert not read_info_and_calibration(options.output)[1].exams
