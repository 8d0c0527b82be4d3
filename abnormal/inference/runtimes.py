"""What computes a reconstruction, by name."""

from collections.abc import Callable

import keras
import numpy as np

from abnormal.models.fast import FastNetwork

Reconstruct = Callable[[np.ndarray], np.ndarray]
"""`(batch, T, height, width, 1)` float32 in [0, 1] to the same."""


def keras_runtime(network: keras.Model) -> Reconstruct:
    """Keras, on whatever its backend runs on, with the network in its fast form."""
    fast = FastNetwork(network)
    return lambda clips: np.asarray(fast.predict_on_batch(clips))


RUNTIMES: dict[str, Callable[[keras.Model], Reconstruct]] = {"keras": keras_runtime}
