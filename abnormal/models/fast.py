"""The fast form of a network: the same outputs and weights, computed by faster operations.

The stock Keras layers are stored, shown and checkpointed; `FastNetwork` only computes the same
outputs in forms that suit processors and compilers better:

- A `Conv3D` of depth 1 is computed as a 2-D convolution of single frames, with time moved into
  the batch.
- A transposed convolution of stride s computes each s x s square of its output as channels of one
  pixel (sub-pixel convolution; Shi et al., 2016, arXiv:1609.05158): 11x11 at stride 4 from 128
  channels to 1 becomes 3x3 from 128 to 16.
- A `ConvLSTM2D` convolves the inputs of all steps and gates at once, and then, at each step, the
  state for all gates at once. The loop over the steps is unrolled, because exporters need that.

All other layers are called unchanged. docs/PERFORMANCE.md tells how much faster each form is, and
which other forms were tried in vain.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

Tensor = Any
"""A tensor of Keras's backend."""

PRECISIONS = {"float32": "float32", "mixed_bfloat16": "bfloat16", "mixed_float16": "float16"}
"""Maps each precision to the dtype in which convolutions are computed."""


class FastNetwork(keras.Model):
    """Computes the outputs of a stock network with the stock network's own variables.

    Training it trains the stock network. Both have the same weights in the same order.

    Args:
        stock: The network, from `(batch, ...)` float32 to `(batch, ...)` float32. It is not
            changed.
        precision: A key of `PRECISIONS`. Only convolutions are computed in 16 bits; states,
            activations, normalisation and stored values stay float32.
        compiled: Whether XLA compiles the network as a whole, which decides which forms are
            faster. None stands for Keras's own choice.

    Attributes:
        stock: The network whose outputs are computed.
        example_shape: Shape of one input, without the batch.
    """

    def __init__(
        self, stock: keras.Sequential, precision: str = "float32", compiled: bool | None = None
    ) -> None:
        super().__init__(name=stock.name)
        self.stock = stock
        compiled = self.jit_compile if compiled is None else compiled
        self._arithmetic = Arithmetic(PRECISIONS[precision], compiled)
        self.example_shape = stock.input_shape[1:]

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Computes the outputs of the stock network.

        Args:
            inputs: `(batch, *example_shape)` float32.
            training: Whether layers run in training mode. None stands for Keras's own choice.

        Returns:
            The outputs of the stock network, float32.
        """
        return apply_layers(self.stock.layers, inputs, self._arithmetic, training)


class Arithmetic(NamedTuple):
    """How convolutions are computed.

    Attributes:
        dtype: Name of the dtype of their operands.
        compiled: Whether XLA compiles the network around them.
    """

    dtype: str
    compiled: bool


class PlainNetwork(keras.Model):
    """Computes the outputs of a network of one's own as they are, in the form that exporters take.

    Args:
        stock: The network, which is made of layers that are connected in any way.

    Attributes:
        stock: The network.
        example_shape: Shape of one input, without the batch.
    """

    def __init__(self, stock: keras.Model) -> None:
        super().__init__(name=stock.name)
        self.stock = stock
        self.example_shape = stock.input_shape[1:]

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Computes the outputs of the network."""
        return self.stock(inputs, training=training)


def fast_form(network: keras.Model) -> keras.Model:
    """Returns the form of a network that is computed and exported.

    It is the fast form of a sequence of layers. A part of a network, or a network that is a class
    of its own, is returned as it is.
    """
    if type(network) is keras.Sequential:
        return FastNetwork(network)
    return PlainNetwork(network) if type(network).__name__ == "Functional" else network


def stock_of(network: keras.Model) -> keras.Model:
    """Returns the network that a fast form computes. One of another class is returned as it is."""
    return network.stock if isinstance(network, FastNetwork) else network


def apply_layers(
    layers: Sequence[keras.Layer],
    inputs: Tensor,
    arithmetic: Arithmetic,
    training: bool | None = None,
) -> Tensor:
    """Applies layers of a stock network one after the other, in their fast forms if they have one.

    Args:
        layers: The layers.
        inputs: The inputs of the first layer, `(batch, ...)` float32.
        arithmetic: How convolutions are computed.
        training: Whether the layers run in training mode. None stands for Keras's own choice.

    Returns:
        The outputs of the last layer, float32.
    """
    outputs = inputs
    for layer in layers:
        if has_fast_form(layer):
            outputs = FAST_FORMS[type(layer)].apply(layer, outputs, arithmetic)
        else:
            # Passed on explicitly: under JAX's differentiation, Keras does not set the training
            # mode of nested layers.
            outputs = layer(outputs, training=training)
    return outputs


def has_fast_form(layer: keras.Layer) -> bool:
    """Returns whether a layer, configured as it is, has a fast form."""
    form = FAST_FORMS.get(type(layer))
    return form is not None and layer.activity_regularizer is None and form.supports(layer)


class _Form(NamedTuple):
    """The fast form of a layer class.

    Attributes:
        supports: Whether the form computes the same as a layer, given how it is configured.
        apply: Computes the outputs of a layer.
    """

    supports: Callable[[keras.Layer], bool]
    apply: Callable[[keras.Layer, Tensor, Arithmetic], Tensor]


def _convolution(layer: keras.Layer, inputs: Tensor, arithmetic: Arithmetic) -> Tensor:
    """Computes a `Conv2D`, or a `Conv3D` whose kernel sees one frame at a time."""

    def convolve(pictures: Tensor) -> Tensor:
        return _activate(
            layer,
            _product(
                ops.conv,
                pictures,
                _kernel_2d(layer),
                arithmetic,
                strides=layer.strides[-1],
                padding=layer.padding,
                dilation_rate=layer.dilation_rate[-2:],
            ),
        )

    return _per_picture(convolve, inputs)


def _transposed_convolution(layer: keras.Layer, inputs: Tensor, arithmetic: Arithmetic) -> Tensor:
    """Computes a `Conv2DTranspose`, or a `Conv3DTranspose` that sees one frame at a time."""
    *_, filters, channels = layer.kernel.shape
    stride = layer.strides[-1]
    # XLA's own transposed convolution is far slower. Without XLA, the sub-pixel form is faster
    # only if it has few output channels.
    subpixel = arithmetic.compiled or 1 < stride**2 <= channels / filters

    def convolve(pictures: Tensor) -> Tensor:
        if subpixel:
            return _activate(
                layer, _subpixel_convolution(pictures, _kernel_2d(layer), stride, arithmetic)
            )
        return _activate(
            layer,
            _product(ops.conv_transpose, pictures, _kernel_2d(layer), arithmetic, strides=stride),
        )

    return _per_picture(convolve, inputs)


def _subpixel_convolution(
    pictures: Tensor, kernel: Tensor, stride: int, arithmetic: Arithmetic
) -> Tensor:
    """Computes a transposed convolution as an ordinary one whose channels are output squares.

    Pixel `stride * q + r` of the output, r < stride, is the sum over p of pixel q - p of the input
    times element `stride * p + r` of the kernel. Hence all r are channels of one convolution in
    which the p run in the opposite order.

    Args:
        pictures: `(n, height, width, channels)` float32.
        kernel: `(size, size, filters, channels)` float32; the size is at least the stride.
        stride: Stride in both directions, in pixels.
        arithmetic: How the convolution is computed.

    Returns:
        `(n, (height - 1) * stride + size, (width - 1) * stride + size, filters)` float32.
    """
    _, height, width, channels = pictures.shape
    rows, columns, filters, _ = kernel.shape
    high, wide = math.ceil(rows / stride), math.ceil(columns / stride)
    pad = ((0, high * stride - rows), (0, wide * stride - columns), (0, 0), (0, 0))
    kernel = ops.reshape(ops.pad(kernel, pad), (high, stride, wide, stride, filters, channels))
    kernel = ops.transpose(ops.flip(ops.flip(kernel, 0), 2), (0, 2, 5, 1, 3, 4))
    kernel = ops.reshape(kernel, (high, wide, channels, stride * stride * filters))
    border = ((0, 0), (high - 1, high - 1), (wide - 1, wide - 1), (0, 0))
    squares = _product(ops.conv, ops.pad(pictures, border), kernel, arithmetic)
    # (n, height + high - 1, width + wide - 1, stride * stride * filters)
    down, across = height + high - 1, width + wide - 1
    squares = ops.reshape(squares, (-1, down, across, stride, stride, filters))
    pixels = ops.transpose(squares, (0, 1, 3, 2, 4, 5))
    pixels = ops.reshape(pixels, (-1, down * stride, across * stride, filters))
    return pixels[:, : (height - 1) * stride + rows, : (width - 1) * stride + columns]


def _recurrence(layer: keras.layers.ConvLSTM2D, inputs: Tensor, arithmetic: Arithmetic) -> Tensor:
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
        product = _product(
            ops.conv,
            pictures,
            cell.kernel,
            arithmetic,
            strides=cell.strides,
            padding=cell.padding,
            dilation_rate=cell.dilation_rate,
        )
        return product if cell.bias is None else product + cell.bias

    return _per_picture(convolve, inputs)


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
            gates = gates + _product(
                ops.conv, states[-1], cell.recurrent_kernel, arithmetic, padding="same"
            )
        input_gate, forget_gate, candidate, output_gate = ops.split(gates, 4, axis=-1)
        added = cell.recurrent_activation(input_gate) * cell.activation(candidate)
        memory = cell.recurrent_activation(forget_gate) * memory + added
        states.append(cell.recurrent_activation(output_gate) * cell.activation(memory))
    return ops.stack(states, axis=1)


def _per_picture(convolve: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """Applies a 2-D convolution to `(n, height, width, channels)` or `(n, T, height, ...)`."""
    if len(inputs.shape) == 4:
        return convolve(inputs)
    outputs = convolve(ops.reshape(inputs, (-1, *inputs.shape[2:])))
    return ops.reshape(outputs, (-1, inputs.shape[1], *outputs.shape[1:]))


def _kernel_2d(layer: keras.Layer) -> Tensor:
    """Returns the kernel of a layer without its time axis, whose length is 1."""
    return layer.kernel if len(layer.kernel.shape) == 4 else ops.squeeze(layer.kernel, 0)


def _product(
    convolve: Callable[..., Tensor],
    inputs: Tensor,
    kernel: Tensor,
    arithmetic: Arithmetic,
    **options: Any,
) -> Tensor:
    product = convolve(
        ops.cast(inputs, arithmetic.dtype), ops.cast(kernel, arithmetic.dtype), **options
    )
    return ops.cast(product, "float32")


def _activate(layer: keras.Layer, product: Tensor) -> Tensor:
    return layer.activation(product + layer.bias if layer.use_bias else product)


def _is_plain_convolution(layer: keras.Layer) -> bool:
    # Unlike for 3-D convolutions, TensorFlow has no gradient for 2-D ones with different strides.
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
    # With a single step the recurrent kernel is not used, and Keras would warn that it has no
    # gradient.
    return (
        layer.input.shape[1] > 1
        and layer.return_sequences
        and not (layer.return_state or layer.stateful or layer.go_backwards)
        and not (layer.cell.dropout or layer.cell.recurrent_dropout)
        and layer.cell.data_format == "channels_last"
    )


def _sees_single_frames(layer: keras.Layer) -> bool:
    """Returns whether a layer has no time axis, or a kernel that sees one frame at a time."""
    over_time = (*layer.kernel_size[:-2], *layer.strides[:-2])
    return layer.data_format == "channels_last" and set(over_time) <= {1}


FAST_FORMS = {
    keras.layers.Conv2D: _Form(_is_plain_convolution, _convolution),
    keras.layers.Conv3D: _Form(_is_plain_convolution, _convolution),
    keras.layers.Conv2DTranspose: _Form(_is_plain_transposed, _transposed_convolution),
    keras.layers.Conv3DTranspose: _Form(_is_plain_transposed, _transposed_convolution),
    keras.layers.ConvLSTM2D: _Form(_is_plain_recurrence, _recurrence),
}
