"""Recurrent layers in OpenVINO's operations, as Shi et al., 2015 (arXiv:1506.04214) define them
without peepholes.

Each gate at each step is one convolution of the input and the state together, so that nothing has
to be added or split afterwards. The loop over the steps is written out.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import openvino.opset13 as ops

from abnormal.models.graph.activations import ACTIVATIONS
from abnormal.models.graph.convolution import bias_of, convolved, kernel_of
from abnormal.models.graph.tensor import Node, Tensor, split
from abnormal.models.stored_layers import StoredLayer

GATES = 4
"""Number of gates. They are in the order input, forget, cell, output."""

SAME = "same_upper"
"""OpenVINO's padding by which the output has the size of the input."""


def states(layer: StoredLayer, tensor: Tensor) -> Tensor:
    """Returns the state of a recurrent layer at each step.

    Args:
        layer: The layer, with F filters.
        tensor: `(n, T, height, width, channels)`.

    Returns:
        `(n, T, height, width, F)`.
    """
    kernels, recurrent_kernels, *bias = (np.split(each, GATES, -1) for each in layer.weights)
    both = [np.concatenate(pair, 2) for pair in zip(kernels, recurrent_kernels, strict=True)]
    first, later = ([kernel_of(each) for each in those] for those in (kernels, both))
    biases = [[bias_of(each) for each in those] for those in bias]

    def gates(inputs: Node, state: Node | None) -> list[Node]:
        if state is None:
            found = [convolved(inputs, kernel, SAME) for kernel in first]
        else:
            seen = ops.concat([inputs, state], 1)
            found = [convolved(seen, kernel, SAME) for kernel in later]
        for those in biases:
            found = [ops.add(*pair) for pair in zip(found, those, strict=True)]
        return found

    return _unrolled(layer, tensor, gates)


def gate_inputs(layer: StoredLayer, tensor: Tensor) -> Tensor:
    """Returns what the inputs of a recurrent layer contribute to its gates.

    Args:
        layer: The layer, with F filters.
        tensor: `(n, T, height, width, channels)`.

    Returns:
        `(n, T, height, width, 4 * F)`.
    """
    kernel, _, *bias = layer.weights
    node = convolved(tensor.pictures(), kernel_of(kernel), SAME)
    for each in bias:
        node = ops.add(node, bias_of(each))
    return tensor.of_pictures(node)


def states_of_gates(layer: StoredLayer, tensor: Tensor) -> Tensor:
    """Returns the state of a recurrent layer at each step, given what its inputs contribute.

    Args:
        layer: The layer, with F filters.
        tensor: `(n, T, height, width, 4 * F)` from `gate_inputs`.

    Returns:
        `(n, T, height, width, F)`.
    """
    kernels = [kernel_of(each) for each in np.split(layer.weights[1], GATES, -1)]

    def gates(inputs: Node, state: Node | None) -> list[Node]:
        given = split(inputs, 1, GATES)
        if state is None:
            return given
        added = (convolved(state, kernel, SAME) for kernel in kernels)
        return [ops.add(*pair) for pair in zip(added, given, strict=True)]

    return _unrolled(layer, tensor, gates)


def last_steps(tensor: Tensor, count: int) -> Tensor:
    """Returns the last steps of a tensor `(n, T, height, width, channels)`."""
    steps = split(tensor.pictures(), 0, tensor.shape[1])[-count:]
    shorter = tensor._replace(shape=(tensor.shape[0], count, *tensor.shape[2:]))
    return shorter.of_pictures(ops.concat(steps, 0))


def is_plain_recurrence(config: Mapping[str, Any]) -> bool:
    """Returns whether no more than the kernels' sizes differ from what is written here."""
    return {*config["strides"], *config["dilation_rate"]} == {1}


def _unrolled(
    layer: StoredLayer, tensor: Tensor, gates: Callable[[Node, Node | None], list[Node]]
) -> Tensor:
    activation = ACTIVATIONS[layer.config["activation"]]
    gate_activation = ACTIVATIONS[layer.config["recurrent_activation"]]
    found: list[Node] = []
    state = memory = None
    for inputs in split(tensor.pictures(), 0, tensor.shape[1]):
        input_gate, forget_gate, candidate, output_gate = gates(inputs, state)
        added = ops.multiply(gate_activation(input_gate), activation(candidate))
        if memory is not None:
            added = ops.add(ops.multiply(gate_activation(forget_gate), memory), added)
        memory = added
        state = ops.multiply(gate_activation(output_gate), activation(memory))
        found.append(state)
    return tensor.of_pictures(ops.concat(found, 0))
