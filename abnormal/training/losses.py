"""The losses that a network can be trained with, by name.

The squared error is the loss of the paper, and the default. One description of this network asks
for categorical cross-entropy. The one of Keras would be constant here, because it normalises over
the last axis, which is the single channel. `frame_crossentropy` takes the pixels of a frame as the
classes instead.
"""

from collections.abc import Callable
from typing import Any

import keras

Loss = Callable[[Any, Any], Any]
"""A function of targets and outputs, both `(batch, T, height, width, 1)` float32, that returns the
losses `(batch, T, ...)` float32."""


def frame_crossentropy(target: Any, output: Any) -> Any:
    """Categorical cross-entropy over the pixels of each frame.

    Each frame is normalised to a distribution of light over its pixels, so the overall brightness
    of a reconstruction is not learned.

    Args:
        target: The frames, `(batch, T, height, width, 1)` float32 in [0, 1].
        output: Their reconstructions, of the same shape, float32 in (0, 1).

    Returns:
        The cross-entropy of each frame in nats, `(batch, T)` float32, at least 0.
    """
    shape = keras.ops.shape(target)
    pixels = (shape[0], shape[1], -1)
    target = keras.ops.reshape(target, pixels)
    # A black frame cannot be normalised. The small constant turns it into a flat distribution.
    target = target + keras.config.epsilon()
    target = target / keras.ops.sum(target, axis=-1, keepdims=True)
    output = keras.ops.reshape(output, pixels) + keras.config.epsilon()
    return keras.losses.categorical_crossentropy(target, output)


def mean_per_clip(loss: Loss) -> Loss:
    """Turns a loss into one with a single value per clip, so that clips can be weighted.

    Args:
        loss: A loss whose values have the shape `(batch, T, ...)`, float32.

    Returns:
        A loss of the same arrays that returns `(batch,)` float32, the mean over all other axes.
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
