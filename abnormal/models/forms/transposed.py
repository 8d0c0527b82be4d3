"""Transposed convolutions of single frames."""

import math

import keras
from keras import ops

from abnormal.models.forms.arithmetic import (
    Arithmetic,
    Tensor,
    activate,
    kernel_2d,
    per_picture,
    product,
    sees_single_frames,
)


def transposed_convolution(layer: keras.Layer, inputs: Tensor, arithmetic: Arithmetic) -> Tensor:
    """Computes a `Conv2DTranspose`, or a `Conv3DTranspose` that sees one frame at a time."""
    *_, filters, channels = layer.kernel.shape
    stride = layer.strides[-1]
    # XLA's own transposed convolution is far slower. Without XLA, the sub-pixel form is faster
    # only if it has few output channels.
    subpixel = arithmetic.compiled or 1 < stride**2 <= channels / filters

    def convolve(pictures: Tensor) -> Tensor:
        if subpixel:
            return activate(
                layer, _subpixel_convolution(pictures, kernel_2d(layer), stride, arithmetic)
            )
        return activate(
            layer,
            product(ops.conv_transpose, pictures, kernel_2d(layer), arithmetic, strides=stride),
        )

    return per_picture(convolve, inputs)


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
    squares = product(ops.conv, ops.pad(pictures, border), kernel, arithmetic)
    # (n, height + high - 1, width + wide - 1, stride * stride * filters)
    down, across = height + high - 1, width + wide - 1
    squares = ops.reshape(squares, (-1, down, across, stride, stride, filters))
    pixels = ops.transpose(squares, (0, 1, 3, 2, 4, 5))
    pixels = ops.reshape(pixels, (-1, down * stride, across * stride, filters))
    return pixels[:, : (height - 1) * stride + rows, : (width - 1) * stride + columns]


def is_plain_transposed(layer: keras.Layer) -> bool:
    """Returns whether a layer computes single frames, alike in both directions, without padding."""
    stride = layer.strides[-1]
    return (
        sees_single_frames(layer)
        and layer.padding == "valid"
        and layer.output_padding is None
        and layer.strides[-2] == stride <= min(layer.kernel_size[-2:])
        and set(layer.dilation_rate) == {1}
    )
