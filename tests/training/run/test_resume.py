"""A run that died and went on is, bit for bit, the run that was left alone."""

import dataclasses
import signal

import numpy as np
import pytest

from abnormal.errors import AbnormalError, Stopped
from abnormal.models import networks
from abnormal.models.defaults import ARCHITECTURES
from abnormal.models.model_file import load_model
from abnormal.training.checkpoints import list_checkpoints, load_checkpoint
from abnormal.training.watch import WatchValidation
from tests.training.run.running import BATCHES, EPOCHS, LENGTH, Death, Meter, die, go, made

REAL_NETWORKS = dict(networks.NETWORKS)
SMALLEST_SIZES = {"spatiotemporal": 35, "cae": 16, "stcae": 83, "lstm_stcae": 35}


@pytest.fixture(scope="module")
def left_alone(img, tmp_path_factory):
    """What a run of these options gives that nobody disturbs; made once."""
    found = {}

    def run(options):
        key = (options.epochs, options.patience, options.learning_rate)
        if key not in found:
            folder = tmp_path_factory.mktemp("alone")
            alone = dataclasses.replace(
                options, output=folder / "model.h5", checkpoints=folder / "checkpoints"
            )
            go(alone, every_batch=False)
            found[key] = made(alone)
        return found[key]

    return run


@pytest.mark.parametrize("batch", [1, 4, BATCHES, BATCHES + 1, EPOCHS * BATCHES])
def test_killed_at_any_batch_it_ends_the_same(options, left_alone, batch):
    with pytest.raises(Death):
        go(options, Meter(batch, die))
    assert not options.output.exists()

    go(options)

    assert made(options) == left_alone(options)


def test_a_run_keeps_the_forms_it_began_with_whatever_is_fastest_now(
    options, tmp_path, monkeypatch
):
    """Even if it is killed in its first batch: what is chosen is saved at once."""
    options = dataclasses.replace(options, epochs=1, batch_size=8, strides=(2,))
    alone = dataclasses.replace(
        options, output=tmp_path / "alone.h5", checkpoints=tmp_path / "alone"
    )
    fastest = [("patches", "", "", "columns")]
    monkeypatch.setattr("abnormal.training.forms.choose_forms", lambda *_: fastest[-1])
    go(alone, every_batch=False)
    with pytest.raises(Death):
        go(options, Meter(1, die), every_batch=False)
    fastest.append(("space_to_depth", "", "", "direct"))

    go(options)

    assert made(options) == made(alone)
    for run in (options, alone):
        newest = load_checkpoint(list_checkpoints(run.checkpoints)[-1])
        assert tuple(newest.state["forms"]) == fastest[0]


def assert_ends_the_same(options, batch, tmp_path):
    """A run that is killed at a batch ends as one that is left alone."""
    alone = dataclasses.replace(
        options, output=tmp_path / "alone.h5", checkpoints=tmp_path / "alone"
    )
    go(alone, every_batch=False)
    with pytest.raises(Death):
        go(options, Meter(batch, die))

    go(options)

    assert made(options) == made(alone)


@pytest.mark.parametrize("arch", REAL_NETWORKS)
def test_every_network_ends_the_same(options, arch, monkeypatch, tmp_path):
    monkeypatch.setitem(networks.NETWORKS, arch, REAL_NETWORKS[arch])
    defaults = ARCHITECTURES[arch]
    options = dataclasses.replace(
        options,
        arch=arch,
        size=SMALLEST_SIZES[arch],
        clip_length=min(LENGTH, defaults.clip_length),
        bottleneck=8 if defaults.bottleneck else 0,
        epochs=1,
        batch_size=8,
        strides=(2,),
    )
    assert_ends_the_same(options, 1, tmp_path)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_in_16_bits_it_ends_the_same_and_the_model_is_float32(options, precision, tmp_path):
    options = dataclasses.replace(options, precision=precision, epochs=1)
    assert_ends_the_same(options, 3, tmp_path)
    network = load_model(options.output).network
    assert {layer.dtype_policy.name for layer in network.layers} == {"float32"}
    with pytest.raises(AbnormalError, match=f"precision was {precision}, is float32"):
        go(dataclasses.replace(options, precision="float32"))


def test_killed_while_it_judges_an_epoch_it_ends_the_same(options, left_alone, monkeypatch):
    class DyingValidation(WatchValidation):
        def on_test_batch_end(self, batch, logs=None):
            raise Death

    with monkeypatch.context() as dying:
        dying.setattr("abnormal.training.fitting.WatchValidation", DyingValidation)
        with pytest.raises(Death):
            go(options)

    go(options)

    assert made(options) == left_alone(options)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_saves_at_the_next_batch_and_says_how_to_go_on(options, left_alone, number, code):
    meter = Meter(3, lambda: signal.raise_signal(number))
    with pytest.raises(Stopped, match="the same command goes on") as stopped:
        go(options, meter, every_batch=False)
    assert stopped.value.exit_code == code
    assert meter.batches == 3
    assert [path.name for path in list_checkpoints(options.checkpoints)] == [
        "epoch0000-batch000003"
    ]

    go(options)

    assert made(options) == left_alone(options)


def test_a_signal_while_it_judges_an_epoch_saves_too(options, left_alone, monkeypatch):
    class Signalled(WatchValidation):
        def on_test_batch_end(self, batch, logs=None):
            signal.raise_signal(signal.SIGTERM)
            super().on_test_batch_end(batch, logs)

    with monkeypatch.context() as interrupted:
        interrupted.setattr("abnormal.training.fitting.WatchValidation", Signalled)
        with pytest.raises(Stopped):
            go(options, every_batch=False)
    assert [path.name for path in list_checkpoints(options.checkpoints)] == [
        f"epoch0000-batch{BATCHES:06d}"
    ]

    go(options)

    assert made(options) == left_alone(options)


@pytest.mark.parametrize("is_full", [False, True])
def test_a_signal_after_the_last_batch_is_obeyed_before_the_calibration(
    options, left_alone, monkeypatch, is_full
):
    """Also where the last checkpoint cannot be written, so that it is tried once more."""

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    one = dataclasses.replace(options, epochs=1)
    with monkeypatch.context() as patch:
        patch.setattr("abnormal.training.run.finish", lambda *_: pytest.fail("it calibrates"))
        if is_full:
            patch.setattr(np, "savez", full)
        patch.setattr(
            "abnormal.training.loss_files.LossFiles.add_to_tensorboard",
            lambda *_: signal.raise_signal(signal.SIGTERM),
        )
        said = "no checkpoint could be" if is_full else "the same command goes on"
        with pytest.raises(Stopped, match=said) as stopped:
            go(one, every_batch=False)
    assert stopped.value.exit_code == 143
    newest = list_checkpoints(options.checkpoints)[-1:]
    assert [path.name for path in newest] == ([] if is_full else ["epoch0001-batch000000"])

    go(options)

    assert made(options) == left_alone(options)


def test_more_epochs_extend_a_finished_run(options, left_alone):
    go(dataclasses.replace(options, epochs=1))

    go(options)

    assert made(options) == left_alone(options)


def test_restart_begins_anew(options, left_alone):
    go(dataclasses.replace(options, epochs=1, learning_rate=0.5))
    meter = Meter()

    go(dataclasses.replace(options, restart=True), meter)

    assert meter.batches == EPOCHS * BATCHES
    assert made(options) == left_alone(options)


def test_a_restart_that_dies_goes_on_without_the_option(options, left_alone):
    go(dataclasses.replace(options, epochs=1, learning_rate=0.5))
    anew = dataclasses.replace(options, restart=True)
    with pytest.raises(Death):
        go(anew, Meter(1, die), every_batch=False)

    go(options)

    assert made(options) == left_alone(options)


def test_early_stopping_survives_a_death_and_the_best_epoch_is_kept(options, left_alone):
    # So large a step makes the validation loss worse again.
    wild = dataclasses.replace(options, epochs=12, patience=2, learning_rate=0.3)
    best = int(np.argmin([entry["val_loss"] for entry in left_alone(wild)[1]]))
    with pytest.raises(Death):  # in the second epoch after the best one
        go(wild, Meter((best + 2) * BATCHES + 2, die))

    result = go(wild)

    assert made(wild) == left_alone(wild)
    losses = [entry["val_loss"] for entry in result.info.history]
    assert result.stopped_early
    assert len(losses) < 12
    assert result.best_epoch == int(np.argmin(losses)) + 1 == len(losses) - 2


def test_a_full_disk_costs_checkpoints_but_not_the_run(options, left_alone, monkeypatch, said):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    monkeypatch.setattr("pandas.DataFrame.to_csv", full)

    go(options)

    assert sum("no checkpoint could be written" in line for line in said()) >= BATCHES
    assert sum("losses.csv cannot be written" in line for line in said()) >= EPOCHS
    assert made(options) == left_alone(options)
