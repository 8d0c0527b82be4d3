"""The losses by name.

The squared error is the paper's and the default. The cross-entropy over classes that one of the
descriptions of this network asks for is a constant here: Keras divides by the sum over the last
axis, which is the single channel, so that there is nothing to learn. In the one form that can,
the pixels of a frame are the classes: see `frame_crossentropy`.
"""

from collections.abc import Callable
from typing import Any

import keras

Loss = Callable[[Any, Any], Any]


def frame_crossentropy(target: Any, output: Any) -> Any:
    """Categorical cross-entropy over the pixels of each frame.

    Both frames are seen as distributions of light over their pixels, so the overall brightness of
    a reconstruction is not learned.

    Args:
        target: `(batch, T, height, width, 1)` in [0, 1].
        output: The same shape, in (0, 1).

    Returns:
        `(batch, T)`: nats per frame.
    """
    shape = keras.ops.shape(target)
    pixels = (shape[0], shape[1], -1)
    target = keras.ops.reshape(target, pixels)
    # A black frame has no distribution; the small addend makes it a flat one, here and below.
    target = target + keras.config.epsilon()
    target = target / keras.ops.sum(target, axis=-1, keepdims=True)
    output = keras.ops.reshape(output, pixels) + keras.config.epsilon()
    return keras.losses.categorical_crossentropy(target, output)


def by_clip(loss: Loss) -> Loss:
    """A loss with one value for each clip, so that clips can have weights.

    Args:
        loss: From targets and outputs `(batch, T, height, width, 1)` to `(batch, T, ...)`.
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
