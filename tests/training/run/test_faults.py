"""A loss that is not finite, or a disk that is full, ends a run in one line and spoils no file."""

import dataclasses
import signal

import keras
import numpy as np
import pytest

from abnormal.errors import AbnormalError, Stopped
from abnormal.training.checkpoints import list_checkpoints, load_checkpoint
from abnormal.training.losses import LOSSES
from tests.training.run.running import Meter, go


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_stops_the_run_with_advice(options, monkeypatch, bad):
    def spoilt(target, output):
        return keras.ops.mean((target - output) ** 2) * bad

    go(dataclasses.replace(options, epochs=1))
    before = [path.name for path in list_checkpoints(options.checkpoints)]
    monkeypatch.setitem(LOSSES, "mse", spoilt)

    with pytest.raises(AbnormalError, match=r"epoch 2, batch 1\b.*--learning-rate"):
        go(options)

    assert [path.name for path in list_checkpoints(options.checkpoints)] == before


def test_weights_that_a_step_has_ruined_reach_no_checkpoint_and_no_model(options):
    huge = dataclasses.replace(options, learning_rate=1e39, keep=1)

    with pytest.raises(AbnormalError, match=r"weights of epoch 1.*not finite.*--learning-rate"):
        go(huge)

    for path in list_checkpoints(options.checkpoints):
        arrays = load_checkpoint(path).arrays
        assert all(np.isfinite(array).all() for array in arrays.values())
    assert not options.output.exists()


def test_a_full_disk_is_not_called_a_checkpoint(options, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    meter = Meter(3, lambda: signal.raise_signal(signal.SIGTERM))

    with pytest.raises(Stopped, match="no checkpoint could be written"):
        go(options, meter, every_batch=False)


def test_a_model_file_that_cannot_be_written_leaves_the_old_one(options, monkeypatch):
    go(dataclasses.replace(options, epochs=1))
    before = options.output.read_bytes()

    def full(path, *_):
        path.write_bytes(b"the beginning")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("abnormal.models.model_file.save_network", full)
    with pytest.raises(AbnormalError, match="No space left"):
        go(options)

    assert options.output.read_bytes() == before
    assert not list(options.output.parent.glob(".partial*"))
