"""What computes a reconstruction, by name."""

from collections.abc import Callable

import keras
import numpy as np

from abnormal.models.fast import FastNetwork

Reconstruct = Callable[[np.ndarray], np.ndarray]
"""`(batch, T, height, width, 1)` float32 in [0, 1] to the same."""


def keras_runtime(network: keras.Sequential) -> Reconstruct:
    """Keras, on whatever its backend runs on, with the network in its fast form.

    On a processor XLA is left out: it compiles for ten seconds and more, and what comes of it is
    no faster than the fast form without it.
    """
    fast = FastNetwork(network)
    return lambda clips: np.asarray(fast.predict_on_batch(clips))


def _openvino(precision: str) -> Callable[[keras.Sequential], Reconstruct]:
    def runtime(network: keras.Sequential) -> Reconstruct:
        from abnormal.inference.openvino_runtime import openvino_runtime

        return openvino_runtime(network, precision)

    return runtime


RUNTIMES: dict[str, Callable[[keras.Sequential], Reconstruct]] = {
    "keras": keras_runtime,
    "openvino": _openvino("f32"),
    "openvino-bfloat16": _openvino("bf16"),
}
