"""What the forms of all layers have in common: number formats, pictures of a clip, kernels."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
from keras import ops

Tensor = Any
"""A tensor of Keras's backend."""

PRECISIONS = {"float32": "float32", "mixed_bfloat16": "bfloat16", "mixed_float16": "float16"}
"""Maps each precision to the dtype in which convolutions are computed."""


class Arithmetic(NamedTuple):
    """How convolutions are computed.

    Attributes:
        dtype: Name of the dtype of their operands.
        compiled: Whether XLA compiles the network around them.
    """

    dtype: str
    compiled: bool


def per_picture(convolve: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """Applies a 2-D convolution to `(n, height, width, channels)` or `(n, T, height, ...)`."""
    if len(inputs.shape) == 4:
        return convolve(inputs)
    outputs = convolve(ops.reshape(inputs, (-1, *inputs.shape[2:])))
    return ops.reshape(outputs, (-1, inputs.shape[1], *outputs.shape[1:]))


def kernel_2d(layer: keras.Layer) -> Tensor:
    """Returns the kernel of a layer without its time axis, whose length is 1."""
    return layer.kernel if len(layer.kernel.shape) == 4 else ops.squeeze(layer.kernel, 0)


def product(
    convolve: Callable[..., Tensor],
    inputs: Tensor,
    kernel: Tensor,
    arithmetic: Arithmetic,
    **options: Any,
) -> Tensor:
    """Computes a convolution in the dtype of the arithmetic, and returns it as float32."""
    outputs = convolve(
        ops.cast(inputs, arithmetic.dtype), ops.cast(kernel, arithmetic.dtype), **options
    )
    return ops.cast(outputs, "float32")


def activate(layer: keras.Layer, sums: Tensor) -> Tensor:
    """Adds the bias of a layer, if it has one, and applies its activation."""
    return layer.activation(sums + layer.bias if layer.use_bias else sums)


def sees_single_frames(layer: keras.Layer) -> bool:
    """Returns whether a layer has no time axis, or a kernel that sees one frame at a time."""
    over_time = (*layer.kernel_size[:-2], *layer.strides[:-2])
    return layer.data_format == "channels_last" and set(over_time) <= {1}
