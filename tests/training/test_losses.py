import warnings

import keras
import numpy as np
import pytest

from abnormal.training.losses import LOSSES, frame_crossentropy


def clips_of_a_square():
    """Four clips in which a bright square moves over a dark ground."""
    clips = np.full((4, 3, 8, 8, 1), 0.2, np.float32)
    for clip in range(4):
        for time in range(3):
            clips[clip, time, 2:5, clip + time : clip + time + 2] = 0.9
    return clips


@pytest.fixture
def network():
    layers = keras.layers
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((3, 8, 8, 1)),
            layers.ConvLSTM2D(4, 3, padding="same", return_sequences=True),
            layers.Conv3DTranspose(1, (1, 3, 3), padding="same", activation="sigmoid"),
        ]
    )


def losses_while_training(network, optimizer, loss, steps):
    network.compile(optimizer, loss)
    clips = clips_of_a_square()
    return [float(network.train_on_batch(clips, clips)) for _ in range(steps)]


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_can_be_learned_from(network, name):
    losses = losses_while_training(network, keras.optimizers.Adam(0.02), LOSSES[name], 12)
    assert np.isfinite(losses).all()
    lowest = float(np.mean(LOSSES[name](clips_of_a_square(), clips_of_a_square())))
    assert losses[-1] - lowest < 0.9 * (losses[0] - lowest)


def test_the_crossentropy_over_one_channel_is_a_constant(network):
    """Why `frame_crossentropy` is there: of a single class one is always sure."""
    target = clips_of_a_square()
    outputs = [target, 1 - target, np.full_like(target, 0.5)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras says that there is one class only
        losses = [keras.losses.categorical_crossentropy(target, output) for output in outputs]
        trained = losses_while_training(
            network, keras.optimizers.SGD(1.0), keras.losses.categorical_crossentropy, 3
        )
    assert max(float(np.max(loss)) for loss in losses) < 1e-6
    assert max(trained) < 1e-6


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_least_for_the_target_itself(name):
    target = clips_of_a_square()
    outputs = [1 - target, np.full_like(target, 0.5), np.roll(target, 2, axis=1)]
    least, *others = (float(np.mean(LOSSES[name](target, output))) for output in (target, *outputs))
    assert least < 0.99 * min(others)


def test_frame_crossentropy_by_hand():
    # A frame of 1x2 pixels per row: the light of the target is in parts of 1/4 and 3/4.
    target = np.array([0.2, 0.6, 0.2, 0.6], np.float32).reshape(1, 2, 1, 2, 1)
    output = np.array([0.4, 0.4, 0.1, 0.3], np.float32).reshape(1, 2, 1, 2, 1)
    nats = np.asarray(frame_crossentropy(target, output))
    assert nats.shape == (1, 2)
    flat = np.log(2)
    right = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    assert nats[0] == pytest.approx([flat, right], abs=1e-5)


def test_frame_crossentropy_of_black_and_white_frames_is_finite():
    for grey in (0.0, 1.0):
        target = np.full((1, 2, 8, 8, 1), grey, np.float32)
        for output in (np.full_like(target, 1e-6), np.ones_like(target)):
            assert np.isfinite(np.asarray(frame_crossentropy(target, output))).all()
    even = frame_crossentropy(np.zeros((1, 1, 8, 8, 1), "f4"), np.full((1, 1, 8, 8, 1), 0.5, "f4"))
    assert float(np.asarray(even)[0, 0]) == pytest.approx(np.log(64), rel=1e-4)
