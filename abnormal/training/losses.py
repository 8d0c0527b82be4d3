"""The losses that a network can be trained with, by name.

The squared error is the loss of the paper, and the default. One of the descriptions of this network
asks for categorical cross-entropy. In Keras that is a constant here: it divides by the sum over the
last axis, which is the single channel, so that there is nothing to learn. `frame_crossentropy` is a
form that can be learned from: it takes the pixels of a frame for the classes.
"""

from collections.abc import Callable
from typing import Any

import keras

Loss = Callable[[Any, Any], Any]
"""Takes targets and outputs `(batch, T, height, width, 1)`, and returns `(batch, T, ...)`."""


def frame_crossentropy(target: Any, output: Any) -> Any:
    """Categorical cross-entropy over the pixels of each frame.

    Both frames are taken for distributions of light over their pixels, so the overall brightness of
    a reconstruction is not learned.

    Args:
        target: The frames, `(batch, T, height, width, 1)` float32 in [0, 1].
        output: Their reconstructions, of the same shape, float32 in (0, 1).

    Returns:
        The cross-entropy of each frame in nats, `(batch, T)` float32, at least 0.
    """
    shape = keras.ops.shape(target)
    pixels = (shape[0], shape[1], -1)
    target = keras.ops.reshape(target, pixels)
    # A black frame has no distribution; the small addend makes it a flat one, here and below.
    target = target + keras.config.epsilon()
    target = target / keras.ops.sum(target, axis=-1, keepdims=True)
    output = keras.ops.reshape(output, pixels) + keras.config.epsilon()
    return keras.losses.categorical_crossentropy(target, output)


def mean_per_clip(loss: Loss) -> Loss:
    """Turns a loss into one with a single value for each clip, so that clips can have weights.

    Args:
        loss: A loss whose values have the shape `(batch, T, ...)`, float32.

    Returns:
        A loss that takes the same arrays and returns `(batch,)` float32: the mean over all other
        axes.
    """

    def mean_of_clip(target: Any, output: Any) -> Any:
        values = loss(target, output)
        return keras.ops.mean(values, axis=list(range(1, len(values.shape))))

    return mean_of_clip


LOSSES: dict[str, Loss] = {
    "mse": keras.losses.mean_squared_error,
    "mae": keras.losses.mean_absolute_error,
    "binary_crossentropy": keras.losses.binary_crossentropy,
    "categorical_crossentropy": frame_crossentropy,
}
