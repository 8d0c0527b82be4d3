"""A loss that is not finite, or a disk that is full, ends a run in one line and spoils no file."""

import dataclasses
import signal

import keras
import numpy as np
import pytest

from abnormal.errors import AbnormalError, Stopped
from abnormal.training import run as run_module
from abnormal.training.checkpoints import list_checkpoints, load_checkpoint
from abnormal.training.losses import LOSSES
from tests.training.run.running import Death, Meter, die, go


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


def test_a_run_that_cannot_begin_leaves_the_checkpoints_of_the_one_before(options):
    go(dataclasses.replace(options, epochs=1))
    before = list_checkpoints(options.checkpoints)

    with pytest.raises(AbnormalError, match=r"No training video .* stride of 1000\."):
        go(dataclasses.replace(options, restart=True, strides=(1000,)))

    assert list_checkpoints(options.checkpoints) == before


def test_a_run_that_never_began_is_in_nobodys_way(options):
    with pytest.raises(Death):
        go(dataclasses.replace(options, restart=True, seed=4), Meter(1, die))
    (start,) = list_checkpoints(options.checkpoints)
    assert load_checkpoint(start).is_start

    with pytest.raises(Death):  # not: "are of another run"
        go(options, Meter(3, die))

    newest = load_checkpoint(list_checkpoints(options.checkpoints)[-1])
    assert (newest.state["options"]["seed"], newest.batch) == (3, 2)


def no_memory(*_):
    raise MemoryError("Unable to allocate 3 GiB")


@pytest.mark.parametrize(
    ("batch_size", "fewer"),
    [(5, "--batch-size 2"), (1, "a smaller --size or --clip-length")],
)
def test_where_there_is_no_memory_to_train_it_is_said_what_fewer_clips_cost(
    options, monkeypatch, batch_size, fewer
):
    monkeypatch.setattr(run_module, "_fit", no_memory)
    with pytest.raises(AbnormalError, match=f"anew with {fewer} and --restart"):
        go(dataclasses.replace(options, batch_size=batch_size))


def test_where_there_is_no_memory_to_calibrate_the_batch_does_not_matter(options, monkeypatch):
    options = dataclasses.replace(options, epochs=1)
    with monkeypatch.context() as patch:
        patch.setattr("abnormal.training.finish.Calibrator.calibrate", no_memory)
        with pytest.raises(AbnormalError, match="the network is trained") as refused:
            go(options)
    assert "--batch-size" not in str(refused.value)
    go(options, meter := Meter())  # as the message promises
    assert meter.batches == 0


def make_folder(path):
    path.mkdir()


def link_to_an_unmounted_place(path):
    path.symlink_to("/not/mounted/model.h5")


@pytest.mark.parametrize("spoil", [make_folder, link_to_an_unmounted_place])
def test_a_model_file_that_cannot_be_written_is_noticed_before_training(options, spoil):
    spoil(options.output)
    with pytest.raises(AbnormalError, match=r"model\.h5 cannot be written: it is a"):
        go(options, Meter(1, die))
