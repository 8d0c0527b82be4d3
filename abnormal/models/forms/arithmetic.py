"""What all forms have in common: number formats, the pictures of clips, kernels and activations."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
from keras import ops

Tensor = Any
"""A tensor of Keras's backend."""

PRECISIONS = {"float32": "float32", "mixed_bfloat16": "bfloat16", "mixed_float16": "float16"}
"""Maps each precision to the dtype in which convolutions are computed."""

MOST_COLUMNS = 256
"""Largest number of values per pixel for which a convolution is written out as a matrix product.
More of them would take more memory, and more time to move, than the product is worth."""


class Arithmetic(NamedTuple):
    """How convolutions are computed.

    Attributes:
        dtype: Name of the dtype of their operands.
        compiled: Whether XLA compiles the network around them.
    """

    dtype: str
    compiled: bool


class Form(NamedTuple):
    """A way to compute a layer.

    Attributes:
        supports: Whether it computes a layer, of those that have fast forms at all, and is worth
            trying for it.
        apply: Computes the outputs of a layer, float32, from its inputs, float32.
    """

    supports: Callable[[keras.Layer], bool]
    apply: Callable[[keras.Layer, Tensor, Arithmetic], Tensor]


def always(layer: keras.Layer) -> bool:
    """Returns True, for a form that computes every layer which has fast forms at all."""
    return True


def picture_form(
    supports: Callable[[keras.Layer], bool],
    sums: Callable[[keras.Layer, Tensor, Arithmetic], Tensor],
) -> Form:
    """Returns the form of a layer that sees single frames.

    Args:
        supports: See `Form`.
        sums: Computes the outputs without bias and activation, for pictures
            `(n, height, width, channels)`.
    """

    def apply(layer: keras.Layer, inputs: Tensor, arithmetic: Arithmetic) -> Tensor:
        def compute(pictures: Tensor) -> Tensor:
            outputs = sums(layer, pictures, arithmetic)
            return layer.activation(outputs + layer.bias if layer.use_bias else outputs)

        return per_picture(compute, inputs)

    return Form(supports, apply)


def per_picture(compute: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """Applies a 2-D operation to `(n, height, width, channels)` or `(n, T, height, ...)`."""
    if len(inputs.shape) == 4:
        return compute(inputs)
    outputs = compute(ops.reshape(inputs, (-1, *inputs.shape[2:])))
    return ops.reshape(outputs, (-1, inputs.shape[1], *outputs.shape[1:]))


def kernel_2d(layer: keras.Layer) -> Tensor:
    """Returns the kernel of a layer without its time axis, whose length is 1."""
    return layer.kernel if len(layer.kernel.shape) == 4 else ops.squeeze(layer.kernel, 0)


def product(
    operation: Callable[..., Tensor],
    inputs: Tensor,
    kernel: Tensor,
    arithmetic: Arithmetic,
    **options: Any,
) -> Tensor:
    """Computes a product, such as a convolution, in the dtype of the arithmetic.

    Returns:
        The product as float32.
    """
    outputs = operation(
        ops.cast(inputs, arithmetic.dtype), ops.cast(kernel, arithmetic.dtype), **options
    )
    return ops.cast(outputs, "float32")


def matrix_product(inputs: Tensor, kernel: Tensor, arithmetic: Arithmetic) -> Tensor:
    """Multiplies the last axis of `(n, height, width, k)` by a matrix `(k, m)`; see `product`."""
    _, height, width, depth = inputs.shape
    rows = product(ops.matmul, ops.reshape(inputs, (-1, depth)), kernel, arithmetic)
    return ops.reshape(rows, (-1, height, width, kernel.shape[-1]))


def sees_single_frames(layer: keras.Layer) -> bool:
    """Returns whether a layer has no time axis, or a kernel that sees one frame at a time."""
    over_time = (*layer.kernel_size[:-2], *layer.strides[:-2])
    return layer.data_format == "channels_last" and set(over_time) <= {1}
