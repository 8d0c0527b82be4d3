"""Copies the complete training state of a compiled network into arrays, and back."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from abnormal.errors import AbnormalError


def capture(network: keras.Model) -> dict[str, np.ndarray]:
    """Copies the variables of a network, of its optimizer and of its metrics.

    Returns:
        The variables by name, such as `network.0003`, each with its own shape and dtype. The
        variables of the network include the random state of dropout.
    """
    if keras.backend.backend() == "jax":
        network.jax_state_sync()  # during an epoch JAX keeps the variables elsewhere
    return {
        name: np.array(keras.ops.convert_to_numpy(variable))
        for name, variable in _variables(network)
    }


def restore(network: keras.Model, arrays: Mapping[str, np.ndarray]) -> None:
    """Sets all variables to the arrays that `capture` returned, bit for bit.

    Raises:
        AbnormalError: The arrays belong to a different network.
    """
    for name, variable in _variables(network):
        if name not in arrays or arrays[name].shape != tuple(variable.shape):
            raise AbnormalError(
                f"The checkpoint does not fit the network at {variable.path}. Was it made by "
                "another version? Begin again with --restart."
            )
        variable.assign(arrays[name])


def have_shapes(arrays: Sequence[np.ndarray], like: Sequence[np.ndarray]) -> bool:
    """Returns whether arrays are as many as others, and have the same shapes."""
    return [array.shape for array in arrays] == [array.shape for array in like]


def restore_metrics(network: keras.Model, arrays: Mapping[str, np.ndarray], clips: int) -> None:
    """Sets the running loss and other metrics, which Keras resets at the beginning of an epoch.

    Args:
        network: A network that was compiled with a loss and no other metric.
        arrays: The arrays that `capture` returned, perhaps with another number of devices.
        clips: Number of clips that the loss is the mean of, as Keras counts them with these
            devices.
    """
    count = arrays["metric.0001"]
    for number, variable in enumerate(network.metrics_variables):
        # The first two are sum and count of the loss. Others are of a network of one's own, which
        # is trained on one device.
        share = np.float32(clips / count) if number < 2 else 1
        variable.assign(arrays[f"metric.{number:04d}"] * share)


def _variables(network: keras.Model) -> Iterator[tuple[str, Any]]:
    groups = {
        "network": network.variables,
        "optimizer": network.optimizer.variables,
        "metric": network.metrics_variables,
    }
    for group, variables in groups.items():
        for number, variable in enumerate(variables):
            yield f"{group}.{number:04d}", variable
