"""A network, a loss and callbacks of one's own take part in a run, also in one that was killed."""

import dataclasses

import keras
import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.models.model_file import load_model
from abnormal.models.trust import trusting
from abnormal.training import run as run_module
from abnormal.training.options import OwnParts
from tests.training.run.running import BATCHES, Death, Meter, die, go, small_network


@keras.saving.register_keras_serializable("test_own_parts")
class OwnNetwork(keras.Model):
    """A class of its own, with all that has a state: dropout, a metric, and a training step."""

    def __init__(self, **options):
        super().__init__(**options)
        self.hidden = keras.layers.Conv3D(2, 3, padding="same", activation="relu")
        self.dropout = keras.layers.Dropout(0.3)
        self.last = keras.layers.Conv3D(1, 3, padding="same", activation="sigmoid")
        self.mean = keras.metrics.Mean("mean")

    def call(self, clips, training=None):
        return self.last(self.dropout(self.hidden(clips), training=training))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        self.mean.update_state(keras.ops.mean(y_pred))
        return super().compute_loss(x, y, y_pred, sample_weight, training)


class Halving(keras.callbacks.Callback):
    """Halves the learning rate in each epoch, and says what it has seen."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_begin(self, epoch, logs=None):
        optimizer = self.model.optimizer
        optimizer.learning_rate.assign(optimizer.learning_rate / 2)

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(batch)

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append((epoch, sorted(logs)))


def own_loss(clips, outputs):
    return keras.ops.mean(keras.ops.abs(clips - outputs), axis=-1)


def with_own_parts(options, folder):
    own = OwnParts(lambda *_: OwnNetwork(), own_loss, (Halving(),))
    changed = {"arch": "OwnNetwork", "loss": "own_loss", "own": own, "epochs": 2}
    places = {"output": folder / "own.keras", "checkpoints": folder / "checkpoints"}
    return dataclasses.replace(options, **changed, **places)


def test_a_network_loss_and_callback_of_ones_own_go_on_bit_for_bit(options, tmp_path):
    alone = with_own_parts(options, tmp_path / "alone")
    whole = go(alone)
    killed = with_own_parts(options, tmp_path / "killed")
    with pytest.raises(Death):
        go(killed, Meter(BATCHES + 3, die))
    other = dataclasses.replace(killed.own, build=small_network)
    with pytest.raises(AbnormalError, match="are of another run: network was"):
        go(dataclasses.replace(killed, own=other))
    again = with_own_parts(options, tmp_path / "killed")
    resumed = go(again)

    assert resumed.info.history == whole.info.history
    assert [need.rpartition(":")[2] for need in resumed.info.needs] == ["OwnNetwork"]
    with trusting(True):
        models = [load_model(each.output) for each in (alone, killed)]
    weights = [model.network.get_weights() for model in models]
    assert all(np.array_equal(*pair) for pair in zip(*weights, strict=True))
    (seen,) = (callback.seen for callback in alone.own.callbacks)
    epoch = [*range(BATCHES), (0, ["loss", "val_loss"])]
    assert seen == [*epoch, *range(BATCHES), (1, ["loss", "val_loss"])]
    (rest,) = (callback.seen for callback in again.own.callbacks)
    assert rest == seen[len(epoch) + 2 :]


class Stopping(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = True


def test_a_callback_ends_the_run_for_good(options, monkeypatch):
    monkeypatch.setattr(run_module, "_finish", lambda options, footage, fitting, devices: fitting)
    stopping = dataclasses.replace(options, own=OwnParts(callbacks=(Stopping(),)))
    for _ in range(2):
        fitting = go(stopping)
        assert fitting.has_stopped_early
        assert len(fitting.history) == 1
