from types import SimpleNamespace

import keras
import numpy as np
import pytest

from abnormal.training.optimizer import PenalisedAdam, make_optimizer

RATE = 0.01
PENALTY = 0.3


def network(regulariser=None):
    """A dense and a recurrent layer, the same at each call."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    both = {"kernel_regularizer": regulariser}
    return keras.Sequential(
        [
            keras.Input((3, 4, 4, 1)),
            layers.Conv3D(2, (1, 3, 3), padding="same", bias_initializer="ones", **both),
            layers.BatchNormalization(),
            layers.ConvLSTM2D(
                2,
                3,
                padding="same",
                return_sequences=True,
                recurrent_regularizer=regulariser,
                **both,
            ),
        ]
    )


def trained(model, optimizer, steps=5):
    clips = np.random.default_rng(0).random((2, 3, 4, 4, 1), np.float32)
    model.compile(optimizer, "mse")
    losses = [
        float(model.train_on_batch(clips, clips[..., :1].repeat(2, -1))) for _ in range(steps)
    ]
    return model.get_weights(), losses


def test_it_is_the_gradient_of_the_regularised_loss():
    expected, _ = trained(network(keras.regularizers.L2(PENALTY)), keras.optimizers.Adam(RATE))
    weights, _ = trained(network(), PenalisedAdam(RATE, PENALTY))
    unpenalised, _ = trained(network(), keras.optimizers.Adam(RATE))
    for ours, theirs in zip(weights, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)
    assert max(np.abs(a - b).max() for a, b in zip(weights, unpenalised, strict=True)) > 0.01


def test_the_loss_stays_that_of_the_reconstruction():
    _, penalised = trained(network(), PenalisedAdam(RATE, PENALTY), steps=1)
    _, plain = trained(network(), keras.optimizers.Adam(RATE), steps=1)
    assert penalised == pytest.approx(plain)


def test_without_a_penalty_it_is_adam_bit_for_bit():
    ours, _ = trained(network(), PenalisedAdam(RATE, 0.0))
    theirs, _ = trained(network(), keras.optimizers.Adam(RATE))
    for mine, stock in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, stock)


@pytest.mark.parametrize(
    ("precision", "kind"),
    [
        ("float32", PenalisedAdam),
        ("mixed_bfloat16", PenalisedAdam),
        ("mixed_float16", keras.optimizers.LossScaleOptimizer),
    ],
)
def test_only_float16_needs_a_scaled_loss(precision, kind):
    options = SimpleNamespace(learning_rate=RATE, weight_decay=PENALTY, precision=precision)
    optimizer = make_optimizer(options)
    assert type(optimizer) is kind
    assert float(optimizer.learning_rate) == pytest.approx(RATE)
