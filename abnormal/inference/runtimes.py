"""The runtimes that compute a network, by name.

Nothing heavy is imported before a runtime is opened, because `--help` shows the names.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras
    import numpy as np

    from abnormal.models.lazy_network import LazyNetwork

AUTO = "auto"
"""The choice of the fastest runtime that is installed and agrees with Keras."""

KERAS = "keras"
"""Name of the runtime that models are calibrated with."""

Compute = Callable[["np.ndarray"], "np.ndarray"]
"""Computes the outputs of a batch of inputs, both `(batch, ...)` float32."""

Reconstruct = Compute
"""Computes the reconstruction of a batch of clips, both `(batch, T, height, width, 1)` float32 in
[0, 1]."""


def keras_runtime(network: "keras.Model") -> Compute:
    """Opens a network on Keras, in its fast form, on the devices that Keras's backend uses.

    On a processor XLA is not used: it compiles for ten seconds or more, and its code is no faster
    than the fast form without it.

    Args:
        network: A stock network, or a part of one from `abnormal.models.network_parts`.
    """
    import numpy as np

    from abnormal.models.fast import fast_form

    fast = fast_form(network)
    return lambda inputs: np.asarray(fast.predict_on_batch(inputs))


def _openvino(precision: str) -> "Callable[[LazyNetwork], Compute]":
    def runtime(network: "LazyNetwork") -> Compute:
        from abnormal.inference.openvino_runtime import openvino_runtime

        return openvino_runtime(network, precision)

    return runtime


# On a processor `auto` tries them in this order, the fastest first: see docs/PERFORMANCE.md. On an
# accelerator `auto` is Keras, because the others do not use it.
RUNTIMES: "dict[str, Callable[[LazyNetwork], Compute]]" = {
    "openvino-bfloat16": _openvino("bf16"),
    "openvino": _openvino("f32"),
    KERAS: lambda network: keras_runtime(network.keras),
}
