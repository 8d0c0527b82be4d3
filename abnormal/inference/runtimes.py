"""What computes a reconstruction, by name.

Nothing heavy is imported before a runtime is opened: `--help` shows the names.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras
    import numpy as np

AUTO = "auto"
KERAS = "keras"

Compute = Callable[["np.ndarray"], "np.ndarray"]
"""A batch of float32 inputs to their float32 outputs."""

Reconstruct = Compute
"""`(batch, T, height, width, 1)` float32 in [0, 1] to the same."""


def keras_runtime(network: "keras.Model") -> Compute:
    """Keras, on whatever its backend runs on, with the network in its fast form.

    On a processor XLA is left out: it compiles for ten seconds and more, and what comes of it is
    no faster than the fast form without it.

    Args:
        network: A stock network, or a part of one from `abnormal.models.network_parts`.
    """
    import numpy as np

    from abnormal.models.fast import fast_form

    fast = fast_form(network)
    return lambda inputs: np.asarray(fast.predict_on_batch(inputs))


def _openvino(precision: str) -> "Callable[[keras.Model], Compute]":
    def runtime(network: "keras.Model") -> Compute:
        from abnormal.inference.openvino_runtime import openvino_runtime

        return openvino_runtime(network, precision)

    return runtime


# The order is that in which `auto` tries them on a processor, the fastest first: see
# docs/PERFORMANCE.md. On an accelerator `auto` is Keras, the only one that uses it.
RUNTIMES: "dict[str, Callable[[keras.Model], Compute]]" = {
    "openvino-bfloat16": _openvino("bf16"),
    "openvino": _openvino("f32"),
    KERAS: keras_runtime,
}
