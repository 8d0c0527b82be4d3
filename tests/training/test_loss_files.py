"""Losses that cannot be written do not end a run."""

import errno
import threading
from pathlib import Path

import pytest

from abnormal.training.loss_files import LossFiles, losses_path


@pytest.mark.parametrize(
    ("output", "losses"),
    [
        ("here/model.h5", "here/model.losses.csv"),
        ("here/model.keras", "here/model.keras.losses.csv"),
        ("model.hdf5", "model.hdf5.losses.csv"),
    ],
)
def test_two_models_never_share_their_losses(output, losses):
    assert losses_path(Path(output)) == Path(losses)


def test_a_folder_of_tensorboard_that_vanishes_is_said_once(options_of, tmp_path, caplog):
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    log = tmp_path / "log"
    files = LossFiles(options_of(tmp_path, "m", tensorboard=log), is_written=True)
    log.write_text("a file is in its way now")
    for epoch in (1, 2):
        files.add_to_tensorboard({"epoch": epoch, "loss": 0.5})
    (said,) = caplog.messages
    assert said.startswith(f"TensorBoard's files in {log} cannot be written (")
    log.unlink()
    files.add_to_tensorboard({"epoch": 3, "loss": 0.5})
    assert list(log.iterdir())


def test_a_full_disk_is_one_warning_and_no_traceback_of_a_thread(
    options_of, tmp_path, caplog, monkeypatch
):
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    from tensorboard.summary.writer.record_writer import RecordWriter

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    log = tmp_path / "log"
    log.mkdir()
    files = LossFiles(options_of(tmp_path, "m", tensorboard=log), is_written=True)
    monkeypatch.setattr(RecordWriter, "write", full)
    monkeypatch.setattr(threading.Thread, "start", lambda _: pytest.fail("a thread would print it"))
    files.add_to_tensorboard({"epoch": 1, "loss": 0.5})
    (said,) = caplog.messages
    assert "No space left on device" in said
    assert not list(log.iterdir())
