"""A finished run that is started again does nothing, as long as nothing has changed."""

import shutil

import numpy as np
import pytest

from abnormal.cli import train as program
from abnormal.training.checkpoints import Checkpoint, save_checkpoint
from abnormal.training.finished import note_finished


@pytest.fixture
def arguments(tmp_path, make_img):
    make_img(tmp_path / "img", {"training/01": 12}, 35)
    return ["--img", str(tmp_path / "img"), "--output", str(tmp_path / "model.h5"), "--epochs", "2"]


@pytest.fixture
def finished(arguments, tmp_path, monkeypatch):
    """A run that is finished; whoever goes on after that is told apart by an exit code of 9."""
    (tmp_path / "model.h5").write_bytes(b"a model")
    options = program._options(program._parser().parse_args(arguments))
    save_checkpoint(options.checkpoints, Checkpoint(2, 0, {}, {"a": np.zeros(1)}), 5)
    note_finished(options)
    monkeypatch.setattr("abnormal.models.backend.start_backend", lambda: None)
    monkeypatch.setattr(program, "_train", lambda *_: 9)
    return options


def test_nothing_is_computed_and_the_program_says_so(finished, arguments, capsys):
    assert program.main(arguments) == 0
    said = capsys.readouterr()
    assert said.out == f"model: {finished.output}\n"
    assert "nothing has changed since" in said.err
    assert program.main([*arguments, "--keep", "2"]) == 0  # which changes nothing in a model


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: ["--epochs", "3"],
        lambda folder: ["--restart"],
        lambda folder: (folder / "model.h5").write_bytes(b"another"),
        lambda folder: (folder / "model.h5").unlink(),
        lambda folder: shutil.rmtree(folder / "checkpoints"),
        lambda folder: (folder / "checkpoints/model/finished.json").write_text("{"),
    ],
)
def test_the_run_goes_on_if_anything_has_changed(finished, arguments, tmp_path, change):
    more = change(tmp_path)
    assert program.main([*arguments, *(more if isinstance(more, list) else [])]) == 9


def test_more_footage_is_a_change(finished, arguments, tmp_path, make_img):
    shutil.rmtree(tmp_path / "img")
    make_img(tmp_path / "img", {"training/01": 12, "training/02": 12}, 35)
    assert program.main(arguments) == 9
