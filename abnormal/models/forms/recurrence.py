"""Recurrent convolutions, with the loop over the time steps unrolled."""

import keras
from keras import ops

from abnormal.models.forms.arithmetic import Arithmetic, Tensor, per_picture, product


def recurrence(layer: keras.layers.ConvLSTM2D, inputs: Tensor, arithmetic: Arithmetic) -> Tensor:
    """Computes a `ConvLSTM2D` that returns its state at every step."""
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
    cell = layer.cell

    def convolve(pictures: Tensor) -> Tensor:
        sums = product(
            ops.conv,
            pictures,
            cell.kernel,
            arithmetic,
            strides=cell.strides,
            padding=cell.padding,
            dilation_rate=cell.dilation_rate,
        )
        return sums if cell.bias is None else sums + cell.bias

    return per_picture(convolve, inputs)


def recurrent_states(
    layer: keras.layers.ConvLSTM2D, from_inputs: Tensor, arithmetic: Arithmetic
) -> Tensor:
    """Computes the states of a recurrent layer at all steps.

    Shi et al., 2015 (arXiv:1506.04214), equation 3, without peepholes, as in Keras. The gates are
    in the order input, forget, cell, output.

    Args:
        layer: The layer, with F filters.
        from_inputs: `(n, T, height, width, 4 * F)` float32 from `gate_inputs`.
        arithmetic: How convolutions are computed.

    Returns:
        `(n, T, height, width, F)` float32.
    """
    cell = layer.cell
    states: list[Tensor] = []
    memory: Tensor = 0.0
    for gates in ops.unstack(from_inputs, axis=1):
        if states:
            gates = gates + product(
                ops.conv, states[-1], cell.recurrent_kernel, arithmetic, padding="same"
            )
        input_gate, forget_gate, candidate, output_gate = ops.split(gates, 4, axis=-1)
        added = cell.recurrent_activation(input_gate) * cell.activation(candidate)
        memory = cell.recurrent_activation(forget_gate) * memory + added
        states.append(cell.recurrent_activation(output_gate) * cell.activation(memory))
    return ops.stack(states, axis=1)


def is_plain_recurrence(layer: keras.layers.ConvLSTM2D) -> bool:
    """Returns whether a layer returns its state at every step, and computes nothing besides."""
    # With a single step the recurrent kernel is not used, and Keras would warn that it has no
    # gradient.
    return (
        layer.input.shape[1] > 1
        and layer.return_sequences
        and not (layer.return_state or layer.stateful or layer.go_backwards)
        and not (layer.cell.dropout or layer.cell.recurrent_dropout)
        and layer.cell.data_format == "channels_last"
    )
