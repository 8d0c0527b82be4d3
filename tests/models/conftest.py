import pytest

from abnormal.models.backend import start_backend

start_backend()  # before a test module imports Keras

import keras  # noqa: E402

from abnormal.models.model import ModelInfo  # noqa: E402

CLIP_LENGTH, SIZE = 3, 8


@pytest.fixture
def info():
    return ModelInfo(
        arch="spatiotemporal",
        clip_length=CLIP_LENGTH,
        size=SIZE,
        fps=29.97,
        cameras=("", "gate"),
        loss="mae",
        seed=7,
        versions={"keras": "3.10.0"},
        data_fingerprint="ab12",
        history=({"epoch": 1, "loss": 0.25, "val_loss": 0.5, "seconds": 1.5},),
        calibration={"thresholds": {"gradient": 0.125}, "videos": ["01"], "held_out": True},
    )


@pytest.fixture
def network():
    """A network of the same kinds of layers as the real ones, with few weights."""
    layers = keras.layers
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((CLIP_LENGTH, SIZE, SIZE, 1)),
            layers.Conv3D(2, (1, 2, 2), (1, 2, 2), activation="relu"),
            layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True),
            layers.Conv3DTranspose(1, (1, 2, 2), (1, 2, 2), activation="sigmoid"),
        ]
    )
