"""A finished run that is started again does nothing, as long as nothing of it has changed."""

import dataclasses
import json
import shutil

import keras
import numpy as np
import pytest

import abnormal
from abnormal.cli import train as program
from abnormal.frames.manifest import read_manifest
from abnormal.models.model import ModelInfo
from abnormal.models.model_file import change_model, read_model, save_model
from abnormal.models.trust import is_trusted
from abnormal.training.checkpoints import Checkpoint, save_checkpoint
from abnormal.training.finish import _is_written
from abnormal.training.finished import FINISHED, note_finished


def save_network(path):
    network = keras.Sequential([keras.Input((2, 8, 8, 1)), keras.layers.Conv3D(1, 1)])
    save_model(path, network, ModelInfo("spatiotemporal", 2, 8, 25.0))


@pytest.fixture
def arguments(tmp_path, make_img):
    make_img(tmp_path / "img", {"training/01": 12}, 35)
    return ["--img", str(tmp_path / "img"), "--output", str(tmp_path / "model.h5"), "--epochs", "2"]


@pytest.fixture
def finished(arguments, tmp_path, monkeypatch):
    """A run that is finished; whoever goes on after that is told apart by an exit code of 9."""
    save_network(tmp_path / "model.h5")
    options = program._options(program._parser().parse_args(arguments))
    save_checkpoint(options.checkpoints, Checkpoint(2, 0, {}, {"a": np.zeros(1)}), 5)
    note_finished(options, read_manifest(options.img, "training"))
    monkeypatch.setattr("abnormal.models.backend.start_backend", lambda: None)
    monkeypatch.setattr(program, "_train", lambda *_: 9)
    return options


def test_nothing_is_computed_and_the_program_says_so(finished, arguments, capsys):
    assert program.main(arguments) == 0
    said = capsys.readouterr()
    assert said.out == f"model: {finished.output}\n"
    assert "this run is finished, and" in said.err
    assert program.main([*arguments, "--keep", "2"]) == 0  # which changes nothing in a model


def test_what_the_model_is_taught_and_newer_libraries_are_no_change(
    finished, arguments, monkeypatch
):
    model = read_model(finished.output)
    change_model(model, dataclasses.replace(model.info, fps=10.0, versions={"keras": "99"}))
    monkeypatch.setattr("abnormal.version.installed_versions", lambda _: {"keras": "99"})
    assert program.main(arguments) == 0


def test_from_python_it_does_nothing_either(finished, monkeypatch):
    monkeypatch.setattr("abnormal.training.run.train", lambda *_: pytest.fail("it trains"))
    monkeypatch.setattr(
        "abnormal.inference.detector.open_detector", lambda path, *_: (path, is_trusted())
    )
    assert abnormal.train(finished.img, finished.output, epochs=2) == (finished.output, False)


def name_the_cameras(folder):
    path = folder / "img" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["videos"][0]["camera"] = "gate"
    path.write_text(json.dumps(manifest))


def make_older(folder):
    """The note of an earlier version, which does not know the network: the run has to look."""
    path = folder / "checkpoints/model" / FINISHED
    note = json.loads(path.read_text())
    path.write_text(json.dumps({**note, "versions": {}, "model": note.pop("network")}))


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: ["--epochs", "3"],
        lambda folder: ["--restart"],
        lambda folder: (folder / "model.h5").write_bytes(b"another"),
        lambda folder: save_network(folder / "model.h5"),  # with other first weights
        lambda folder: (folder / "model.h5").unlink(),
        lambda folder: shutil.rmtree(folder / "checkpoints"),
        lambda folder: (folder / "checkpoints/model/finished.json").write_text("{"),
        name_the_cameras,
        make_older,
    ],
)
def test_the_run_goes_on_if_anything_has_changed(finished, arguments, tmp_path, change):
    more = change(tmp_path)
    assert program.main([*arguments, *(more if isinstance(more, list) else [])]) == 9


def test_more_footage_is_a_change(finished, arguments, tmp_path, make_img):
    shutil.rmtree(tmp_path / "img")
    make_img(tmp_path / "img", {"training/01": 12, "training/02": 12}, 35)
    assert program.main(arguments) == 9


def test_code_of_ones_own_may_have_changed(finished, arguments, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("")
    assert program.main([*arguments, "--arch", f"{file}:build"]) == 9


def test_a_file_that_needs_other_code_is_not_the_one_of_the_run(tmp_path):
    path = tmp_path / "model.h5"
    network = keras.Sequential([keras.Input((2, 8, 8, 1)), keras.layers.Conv3D(1, 1)])
    info = ModelInfo("mine", 2, 8, 25.0)
    save_model(path, network, info)
    assert _is_written(path, info, network)
    change_model(read_model(path), dataclasses.replace(info, needs={"evil:Evil": "evil.py"}))
    assert not _is_written(path, info, network)
    forged = keras.Sequential([*network.layers, keras.layers.Lambda(lambda clips: clips)])
    forged(np.zeros((1, 2, 8, 8, 1)))
    save_model(path, forged, info)
    assert not _is_written(path, info, network)
