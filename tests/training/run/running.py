"""How the tests of whole runs train, disturb a run, and look at what came of it."""

import contextlib
import itertools

import keras
import pytest

from abnormal.models.model_file import load_model
from abnormal.training.run import train

SIZE, LENGTH = 16, 4
BATCHES = 8  # of an epoch: see `options`
EPOCHS = 3


class Death(BaseException):
    """What SIGKILL does, as far as one process can do it to itself."""


def small_network(clip_length, size):
    """Few weights, and all that has a state: dropout's seeds and batch normalisation."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((clip_length, size, size, 1)),
            layers.Conv3D(3, (1, 4, 4), (1, 4, 4), activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Conv3DTranspose(1, (1, 4, 4), (1, 4, 4), activation="sigmoid"),
        ]
    )


class Meter:
    """Counts batches, and lets something happen at one of them."""

    def __init__(self, at=None, happens=None):
        self.batches, self._at, self._happens = 0, at, happens

    def advance(self, count):
        self.batches += 1
        if self.batches == self._at:
            self._happens()


def die():
    raise Death


def go(options, meter=None, every_batch=True):
    """Trains with a clock that makes a checkpoint due after every batch, or never."""
    seconds = itertools.count(0, 1000 if every_batch else 1)
    shown = contextlib.nullcontext(meter or Meter())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("abnormal.training.fitting.Progress", lambda *_: shown)
        return train(options, clock=lambda: next(seconds))


def made(options):
    """Everything in the model file that a run has to give again."""
    model = load_model(options.output)
    weights = [weight.tobytes() for weight in model.network.get_weights()]
    return weights, model.info.history, model.info.calibration
