"""The same network with its arithmetic laid out for speed. It shares the weights of the stock one.

Keras's layers stay what is stored, shown and checkpointed; `FastNetwork` only computes what they
compute, in forms that processors and compilers do better:

- A `Conv3D` of depth 1 convolves single frames: as pictures, with time in the batch.
- A transposed convolution of stride s computes squares of s x s pixels of its output as channels
  (sub-pixel convolution; Shi et al., 2016, arXiv:1609.05158): 11x11 at stride 4 from 128 channels
  to 1 becomes 3x3 from 128 to 16.
- A `ConvLSTM2D` convolves the inputs of all steps and gates at once, and then at each step the
  state for all gates at once; its steps are written out one by one, as exporters need it.

All other layers are called as they are. What each form gains, and where a form that looks as good
gains nothing, is in docs/PERFORMANCE.md.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

Tensor = Any
"""A tensor of Keras's backend."""

PRECISIONS = {"float32": "float32", "mixed_bfloat16": "bfloat16", "mixed_float16": "float16"}
"""For each precision what the products of convolutions are computed in."""


class FastNetwork(keras.Model):
    """Computes what a stock network computes, with the stock network's own variables.

    To train it is to train the stock network. The weights of both are the same, in order.

    Attributes:
        stock: The network that it computes.
        example_shape: Of one input.
    """

    def __init__(
        self, stock: keras.Sequential, precision: str = "float32", compiled: bool | None = None
    ) -> None:
        """Takes a network and leaves it as it is.

        Args:
            stock: From `(batch, ...)` to `(batch, ...)`, float32.
            precision: A name in `PRECISIONS`. In 16 bits are convolutions, and they alone: what is
                summed over time, activated, normalised or stored stays float32.
            compiled: Whether XLA compiles the network as a whole, so that other forms are the
                faster ones; None for what Keras does by itself.
        """
        super().__init__(name=stock.name)
        self.stock = stock
        compiled = self.jit_compile if compiled is None else compiled
        self._how = How(PRECISIONS[precision], compiled)
        self.example_shape = stock.input_shape[1:]

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Computes the float32 outputs of float32 inputs."""
        return compute(self.stock.layers, inputs, self._how, training)


class How(NamedTuple):
    """How products are computed: in which type, and whether XLA compiles what is around them."""

    dtype: str
    compiled: bool


def fast_form(network: keras.Model) -> keras.Model:
    """A stock network in its fast form; what is in a form of its own stays as it is."""
    return FastNetwork(network) if isinstance(network, keras.Sequential) else network


def compute(
    layers: Sequence[keras.Layer], inputs: Tensor, how: How, training: bool | None = None
) -> Tensor:
    """What layers of a stock network make of an input, one after the other."""
    outputs = inputs
    for layer in layers:
        if is_fast(layer):
            outputs = FORMS[type(layer)].apply(layer, outputs, how)
        else:
            # Said outright: where JAX differentiates, Keras does not tell the layers of a layer.
            outputs = layer(outputs, training=training)
    return outputs


def is_fast(layer: keras.Layer) -> bool:
    """Whether there is a faster form of a layer."""
    form = FORMS.get(type(layer))
    return form is not None and layer.activity_regularizer is None and form.can(layer)


class _Form(NamedTuple):
    """Which layers of a class have a faster form, and that form."""

    can: Callable[[keras.Layer], bool]
    apply: Callable[[keras.Layer, Tensor, How], Tensor]


def _convolution(layer: keras.Layer, inputs: Tensor, how: How) -> Tensor:
    """`Conv2D`, or `Conv3D` whose kernel sees one frame at a time."""

    def convolve(pictures: Tensor) -> Tensor:
        return _activated(
            layer,
            _product(
                ops.conv,
                pictures,
                _kernel(layer),
                how,
                strides=layer.strides[-1],
                padding=layer.padding,
                dilation_rate=layer.dilation_rate[-2:],
            ),
        )

    return _by_frame(convolve, inputs)


def _transposed_convolution(layer: keras.Layer, inputs: Tensor, how: How) -> Tensor:
    """`Conv2DTranspose`, or `Conv3DTranspose` whose kernel sees one frame at a time."""
    *_, filters, channels = layer.kernel.shape
    stride = layer.strides[-1]
    # XLA's own is far slower. Uncompiled, the squares pay where they are few channels.
    in_squares = how.compiled or 1 < stride**2 <= channels / filters

    def convolve(pictures: Tensor) -> Tensor:
        if in_squares:
            return _activated(layer, _in_squares(pictures, _kernel(layer), stride, how))
        return _activated(
            layer,
            _product(ops.conv_transpose, pictures, _kernel(layer), how, strides=stride),
        )

    return _by_frame(convolve, inputs)


def _in_squares(pictures: Tensor, kernel: Tensor, stride: int, how: How) -> Tensor:
    """A transposed convolution as a convolution to squares of its output.

    Pixel `stride * q + r` of the output, r < stride, is the sum over p of pixel q - p of the input
    times element `stride * p + r` of the kernel. So all r are channels of one convolution with the
    p in the opposite order.

    Args:
        pictures: `(n, height, width, channels)`.
        kernel: `(size, size, filters, channels)`, size at least the stride.
        stride: In both directions.
        how: How to compute it.

    Returns:
        `(n, (height - 1) * stride + size, (width - 1) * stride + size, filters)`.
    """
    _, height, width, channels = pictures.shape
    rows, columns, filters, _ = kernel.shape
    high, wide = math.ceil(rows / stride), math.ceil(columns / stride)
    pad = ((0, high * stride - rows), (0, wide * stride - columns), (0, 0), (0, 0))
    kernel = ops.reshape(ops.pad(kernel, pad), (high, stride, wide, stride, filters, channels))
    kernel = ops.transpose(ops.flip(ops.flip(kernel, 0), 2), (0, 2, 5, 1, 3, 4))
    kernel = ops.reshape(kernel, (high, wide, channels, stride * stride * filters))
    border = ((0, 0), (high - 1, high - 1), (wide - 1, wide - 1), (0, 0))
    squares = _product(ops.conv, ops.pad(pictures, border), kernel, how)
    # (n, height + high - 1, width + wide - 1, stride * stride * filters)
    down, across = height + high - 1, width + wide - 1
    squares = ops.reshape(squares, (-1, down, across, stride, stride, filters))
    pixels = ops.transpose(squares, (0, 1, 3, 2, 4, 5))
    pixels = ops.reshape(pixels, (-1, down * stride, across * stride, filters))
    return pixels[:, : (height - 1) * stride + rows, : (width - 1) * stride + columns]


def _recurrence(layer: keras.layers.ConvLSTM2D, inputs: Tensor, how: How) -> Tensor:
    """`ConvLSTM2D` that gives its state at every step."""
    return recur(layer, input_gates(layer, inputs, how), how)


def input_gates(layer: keras.layers.ConvLSTM2D, inputs: Tensor, how: How) -> Tensor:
    """What the gates of a recurrent layer get from its inputs, before anything recurs.

    Args:
        layer: With F filters.
        inputs: `(n, T, height, width, channels)`, or without the time.
        how: How to compute it.

    Returns:
        `(n, T, height, width, 4 * F)`, or without the time.
    """
    cell = layer.cell

    def convolve(pictures: Tensor) -> Tensor:
        product = _product(
            ops.conv,
            pictures,
            cell.kernel,
            how,
            strides=cell.strides,
            padding=cell.padding,
            dilation_rate=cell.dilation_rate,
        )
        return product if cell.bias is None else product + cell.bias

    return _by_frame(convolve, inputs)


def recur(layer: keras.layers.ConvLSTM2D, gates_of_inputs: Tensor, how: How) -> Tensor:
    """The states of a recurrent layer.

    Shi et al., 2015 (arXiv:1506.04214), equation 3, without peepholes, as Keras has it: gates in
    the order input, forget, cell, output.

    Args:
        layer: With F filters.
        gates_of_inputs: `(n, T, height, width, 4 * F)` of `input_gates`.
        how: How to compute it.

    Returns:
        `(n, T, height, width, F)`.
    """
    cell = layer.cell
    states: list[Tensor] = []
    memory: Tensor = 0.0
    for gates in ops.unstack(gates_of_inputs, axis=1):
        if states:
            gates = gates + _product(
                ops.conv, states[-1], cell.recurrent_kernel, how, padding="same"
            )
        entry, keep, new, out = ops.split(gates, 4, axis=-1)
        added = cell.recurrent_activation(entry) * cell.activation(new)
        memory = cell.recurrent_activation(keep) * memory + added
        states.append(cell.recurrent_activation(out) * cell.activation(memory))
    return ops.stack(states, axis=1)


def _by_frame(convolve: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """Applies to `(n, height, width, channels)` what may have a time before its height."""
    if len(inputs.shape) == 4:
        return convolve(inputs)
    outputs = convolve(ops.reshape(inputs, (-1, *inputs.shape[2:])))
    return ops.reshape(outputs, (-1, inputs.shape[1], *outputs.shape[1:]))


def _kernel(layer: keras.Layer) -> Tensor:
    """The kernel without the time that it does not have."""
    return layer.kernel if len(layer.kernel.shape) == 4 else ops.squeeze(layer.kernel, 0)


def _product(
    convolve: Callable[..., Tensor], inputs: Tensor, kernel: Tensor, how: How, **options: Any
) -> Tensor:
    product = convolve(ops.cast(inputs, how.dtype), ops.cast(kernel, how.dtype), **options)
    return ops.cast(product, "float32")


def _activated(layer: keras.Layer, product: Tensor) -> Tensor:
    return layer.activation(product + layer.bias if layer.use_bias else product)


def _is_plain_convolution(layer: keras.Layer) -> bool:
    # TensorFlow has no gradient of a 2-D convolution whose strides differ, but of a 3-D one.
    square = layer.strides[-2] == layer.strides[-1]
    return square and layer.groups == 1 and _sees_single_frames(layer)


def _is_plain_transposed(layer: keras.Layer) -> bool:
    stride = layer.strides[-1]
    return (
        _sees_single_frames(layer)
        and layer.padding == "valid"
        and layer.output_padding is None
        and layer.strides[-2] == stride <= min(layer.kernel_size[-2:])
        and set(layer.dilation_rate) == {1}
    )


def _is_plain_recurrence(layer: keras.layers.ConvLSTM2D) -> bool:
    # With one step alone nothing recurs, and Keras would warn of a kernel without a gradient.
    return (
        layer.input.shape[1] > 1
        and layer.return_sequences
        and not (layer.return_state or layer.stateful or layer.go_backwards)
        and not (layer.cell.dropout or layer.cell.recurrent_dropout)
        and layer.cell.data_format == "channels_last"
    )


def _sees_single_frames(layer: keras.Layer) -> bool:
    """Whether the kernel has no time, or one frame of it at a time."""
    times = (*layer.kernel_size[:-2], *layer.strides[:-2])
    return layer.data_format == "channels_last" and set(times) <= {1}


FORMS = {
    keras.layers.Conv2D: _Form(_is_plain_convolution, _convolution),
    keras.layers.Conv3D: _Form(_is_plain_convolution, _convolution),
    keras.layers.Conv2DTranspose: _Form(_is_plain_transposed, _transposed_convolution),
    keras.layers.Conv3DTranspose: _Form(_is_plain_transposed, _transposed_convolution),
    keras.layers.ConvLSTM2D: _Form(_is_plain_recurrence, _recurrence),
}
