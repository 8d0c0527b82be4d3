"""The forms of recurrent convolutions. The loop over the steps is unrolled: exporters need that.

fused     one convolution computes the inputs of all steps and gates, and one in each step what the
          state adds to all gates
separate  the same with a convolution for each gate, so that nothing has to be taken apart
joined    one convolution in each step over the input and the state together
"""

from collections.abc import Callable, Sequence

import keras
from keras import ops

from abnormal.models.forms.arithmetic import (
    Arithmetic,
    Form,
    Tensor,
    always,
    per_picture,
    product,
)

_GATES = 4


def is_plain_recurrence(layer: keras.layers.ConvLSTM2D) -> bool:
    """Returns whether a layer returns its state at every step, and computes nothing besides."""
    # With a single step the recurrent kernel is not used, and Keras would warn that it has no
    # gradient.
    return (
        (layer.input.shape[1] or 0) > 1
        and layer.return_sequences
        and not (layer.return_state or layer.stateful or layer.go_backwards)
        and not (layer.cell.dropout or layer.cell.recurrent_dropout)
        and layer.cell.data_format == "channels_last"
    )


def default_recurrence(layer: keras.Layer, compiled: bool) -> str:
    """Returns the name of the form that is used where nothing was measured."""
    return "fused"


def _fused(layer: keras.layers.ConvLSTM2D, inputs: Tensor, arithmetic: Arithmetic) -> Tensor:
    return recurrent_states(layer, gate_inputs(layer, inputs, arithmetic), arithmetic)


def gate_inputs(layer: keras.layers.ConvLSTM2D, inputs: Tensor, arithmetic: Arithmetic) -> Tensor:
    """Computes what the inputs of a recurrent layer contribute to its gates.

    The contributions do not depend on the state, so they are computed for all steps at once.

    Args:
        layer: The layer, with F filters.
        inputs: `(n, T, height, width, channels)` float32, or the same without the time axis.
        arithmetic: How convolutions are computed.

    Returns:
        `(n, T, height, width, 4 * F)` float32, without the time axis if `inputs` has none.
    """
    return _contribution(layer, inputs, layer.cell.kernel, layer.cell.bias, arithmetic)


def recurrent_states(
    layer: keras.layers.ConvLSTM2D, from_inputs: Tensor, arithmetic: Arithmetic
) -> Tensor:
    """Computes the states of a recurrent layer at all steps.

    Args:
        layer: The layer, with F filters.
        from_inputs: `(n, T, height, width, 4 * F)` float32 from `gate_inputs`.
        arithmetic: How convolutions are computed.

    Returns:
        `(n, T, height, width, F)` float32.
    """
    kernel = layer.cell.recurrent_kernel

    def gates_of(gates: Tensor, state: Tensor) -> Sequence[Tensor]:
        if state is not None:
            gates = gates + product(ops.conv, state, kernel, arithmetic, padding="same")
        return ops.split(gates, _GATES, axis=-1)

    return _unrolled(layer, ops.unstack(from_inputs, axis=1), gates_of)


def _separate(layer: keras.layers.ConvLSTM2D, inputs: Tensor, arithmetic: Arithmetic) -> Tensor:
    cell = layer.cell
    kernels = _per_gate(cell.recurrent_kernel)
    biases = [None] * _GATES if cell.bias is None else _per_gate(cell.bias)
    from_inputs = [
        ops.unstack(_contribution(layer, inputs, kernel, bias, arithmetic), axis=1)
        for kernel, bias in zip(_per_gate(cell.kernel), biases, strict=True)
    ]

    def gates_of(gates: Tensor, state: Tensor) -> Sequence[Tensor]:
        if state is None:
            return gates
        return [
            gate + product(ops.conv, state, kernel, arithmetic, padding="same")
            for gate, kernel in zip(gates, kernels, strict=True)
        ]

    return _unrolled(layer, list(zip(*from_inputs, strict=True)), gates_of)


def _joined(layer: keras.layers.ConvLSTM2D, inputs: Tensor, arithmetic: Arithmetic) -> Tensor:
    cell = layer.cell
    both = ops.concatenate([cell.kernel, cell.recurrent_kernel], axis=2)

    def gates_of(picture: Tensor, state: Tensor) -> Sequence[Tensor]:
        kernel = cell.kernel if state is None else both
        seen = picture if state is None else ops.concatenate([picture, state], axis=-1)
        sums = product(ops.conv, seen, kernel, arithmetic, padding="same")
        return ops.split(sums if cell.bias is None else sums + cell.bias, _GATES, axis=-1)

    return _unrolled(layer, ops.unstack(inputs, axis=1), gates_of)


def _per_gate(weights: Tensor) -> list[Tensor]:
    return ops.split(ops.convert_to_tensor(weights), _GATES, axis=-1)


def _contribution(
    layer: keras.layers.ConvLSTM2D,
    inputs: Tensor,
    kernel: Tensor,
    bias: Tensor | None,
    arithmetic: Arithmetic,
) -> Tensor:
    cell = layer.cell

    def convolve(pictures: Tensor) -> Tensor:
        sums = product(
            ops.conv,
            pictures,
            kernel,
            arithmetic,
            strides=cell.strides,
            padding=cell.padding,
            dilation_rate=cell.dilation_rate,
        )
        return sums if bias is None else sums + bias

    return per_picture(convolve, inputs)


def _unrolled(
    layer: keras.layers.ConvLSTM2D,
    steps: Sequence[Tensor],
    gates_of: Callable[[Tensor, Tensor], Sequence[Tensor]],
) -> Tensor:
    """Computes the states at all steps.

    Shi et al., 2015 (arXiv:1506.04214), equation 3, without peepholes, as in Keras. The gates are
    in the order input, forget, cell, output.

    Args:
        layer: The layer, with F filters.
        steps: What `gates_of` needs of the input of each step.
        gates_of: Computes the four gates, before their activation, from a step and the state
            before it, which is None at the first step.

    Returns:
        `(n, T, height, width, F)` float32.
    """
    cell = layer.cell
    states: list[Tensor] = []
    memory: Tensor = 0.0
    for step in steps:
        gates = gates_of(step, states[-1] if states else None)
        input_gate, forget_gate, candidate, output_gate = gates
        added = cell.recurrent_activation(input_gate) * cell.activation(candidate)
        memory = cell.recurrent_activation(forget_gate) * memory + added
        states.append(cell.recurrent_activation(output_gate) * cell.activation(memory))
    return ops.stack(states, axis=1)


def _sees_input_as_state(layer: keras.layers.ConvLSTM2D) -> bool:
    cell = layer.cell
    return cell.padding == "same" and {*cell.strides, *cell.dilation_rate} == {1}


RECURRENCES = {
    "fused": Form(always, _fused),
    "separate": Form(always, _separate),
    "joined": Form(_sees_input_as_state, _joined),
}
