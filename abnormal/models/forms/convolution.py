"""The forms of convolutions of single frames (`Conv2D`, and `Conv3D` of depth 1).

direct          a 2-D convolution, with time moved into the batch
space_to_depth  each stride x stride square of the input is one pixel with more channels: 11x11 at
                stride 4 over 1 channel becomes 3x3 over 16
phases          the sum of stride**2 convolutions without a stride, each over every stride-th pixel
patches         space to depth, and then a matrix product with what the kernel sees at each place
"""

import math
from typing import NamedTuple

import keras
from keras import ops

from abnormal.models.forms.arithmetic import (
    MOST_COLUMNS,
    Arithmetic,
    Tensor,
    always,
    kernel_2d,
    matrix_product,
    picture_form,
    product,
    sees_single_frames,
)


def is_plain_convolution(layer: keras.Layer) -> bool:
    """Returns whether a layer convolves single frames, alike in both directions."""
    # Unlike for 3-D convolutions, TensorFlow has no gradient for 2-D ones with different strides.
    square = layer.strides[-2] == layer.strides[-1]
    return square and layer.groups == 1 and sees_single_frames(layer)


def default_convolution(layer: keras.Layer, compiled: bool) -> str:
    """Returns the name of the form that is used where nothing was measured."""
    return "direct"


def _direct(layer: keras.Layer, pictures: Tensor, arithmetic: Arithmetic) -> Tensor:
    return product(
        ops.conv,
        pictures,
        kernel_2d(layer),
        arithmetic,
        strides=layer.strides[-1],
        padding=layer.padding,
        dilation_rate=layer.dilation_rate[-2:],
    )


def _space_to_depth(layer: keras.Layer, pictures: Tensor, arithmetic: Arithmetic) -> Tensor:
    squares = _squares(layer, ops.cast(pictures, arithmetic.dtype))
    return product(ops.conv, squares.pictures, squares.kernel, arithmetic)


def _patches(layer: keras.Layer, pictures: Tensor, arithmetic: Arithmetic) -> Tensor:
    squares = _squares(layer, ops.cast(pictures, arithmetic.dtype))
    high, wide, _, filters = squares.kernel.shape
    down, across = (side - size + 1 for side, size in zip(squares.sides, (high, wide), strict=True))
    seen = [
        squares.pictures[:, i : i + down, j : j + across] for i in range(high) for j in range(wide)
    ]
    patches = ops.concatenate(seen, axis=-1)
    return matrix_product(patches, ops.reshape(squares.kernel, (-1, filters)), arithmetic)


def _phases(layer: keras.Layer, pictures: Tensor, arithmetic: Arithmetic) -> Tensor:
    stride, kernel = layer.strides[-1], kernel_2d(layer)
    pixels = _divided(layer, ops.cast(pictures, arithmetic.dtype))
    _, high, _, wide, _, channels = pixels.shape
    down, across = (
        side - math.ceil(size / stride) + 1
        for side, size in zip((high, wide), kernel.shape[:2], strict=True)
    )
    phases = ops.transpose(pixels, (2, 4, 0, 1, 3, 5))
    phases = ops.unstack(ops.reshape(phases, (stride * stride, -1, high, wide, channels)), axis=0)
    sums: Tensor = 0.0
    for number, phase in enumerate(phases):
        part = kernel[number // stride :: stride, number % stride :: stride]
        rows, columns = part.shape[:2]
        if rows and columns:  # not if the kernel is smaller than the stride
            seen = phase[:, : down + rows - 1, : across + columns - 1]
            sums = sums + product(ops.conv, seen, part, arithmetic)
    return sums


class _Squares(NamedTuple):
    """A convolution whose pixels are the stride x stride squares of another.

    Attributes:
        pictures: `(n, height, width, stride * stride * channels)`.
        kernel: `(rows, columns, stride * stride * channels, filters)` float32.
        sides: Height and width of the pictures.
    """

    pictures: Tensor
    kernel: Tensor
    sides: tuple[int, int]


def _squares(layer: keras.Layer, pictures: Tensor) -> _Squares:
    stride, kernel = layer.strides[-1], kernel_2d(layer)
    rows, columns, channels, filters = kernel.shape
    high, wide = math.ceil(rows / stride), math.ceil(columns / stride)
    pad = ((0, high * stride - rows), (0, wide * stride - columns), (0, 0), (0, 0))
    kernel = ops.reshape(ops.pad(kernel, pad), (high, stride, wide, stride, channels, filters))
    kernel = ops.transpose(kernel, (0, 2, 1, 3, 4, 5))
    kernel = ops.reshape(kernel, (high, wide, stride * stride * channels, filters))
    pixels = _divided(layer, pictures)
    _, down, _, across, _, _ = pixels.shape
    pixels = ops.transpose(pixels, (0, 1, 3, 2, 4, 5))
    pixels = ops.reshape(pixels, (-1, down, across, stride * stride * channels))
    return _Squares(pixels, kernel, (down, across))


def _divided(layer: keras.Layer, pictures: Tensor) -> Tensor:
    """Pads or crops pictures to what the kernel sees, and divides them into squares.

    Returns:
        `(n, height, stride, width, stride, channels)`, with so many squares as the kernel sees.
    """
    stride, (rows, columns) = layer.strides[-1], layer.kernel_size[-2:]
    _, height, width, channels = pictures.shape
    top, down = _extent(height, rows, stride, layer.padding)
    left, across = _extent(width, columns, stride, layer.padding)
    seen = pictures[:, : down * stride - top, : across * stride - left]
    below, right = down * stride - top - seen.shape[1], across * stride - left - seen.shape[2]
    seen = ops.pad(seen, ((0, 0), (top, below), (left, right), (0, 0)))
    return ops.reshape(seen, (-1, down, stride, across, stride, channels))


def _extent(length: int, size: int, stride: int, padding: str) -> tuple[int, int]:
    """Returns the padding before one side of a picture, in pixels, and its number of squares."""
    if padding == "same":
        outputs = math.ceil(length / stride)
        before = max(0, (outputs - 1) * stride + size - length) // 2
    else:
        outputs, before = (length - size) // stride + 1, 0
    return before, outputs - 1 + math.ceil(size / stride)


def _has_stride(layer: keras.Layer) -> bool:
    return layer.strides[-1] > 1 and set(layer.dilation_rate) == {1}


def _has_two_phases(layer: keras.Layer) -> bool:
    return layer.strides[-1] == 2 and set(layer.dilation_rate) == {1}  # more are too many to sum


def _has_small_patches(layer: keras.Layer) -> bool:
    *_, channels, _ = layer.kernel.shape
    stride = layer.strides[-1]
    rows, columns = (stride * math.ceil(size / stride) for size in layer.kernel_size[-2:])
    return set(layer.dilation_rate) == {1} and rows * columns * channels <= MOST_COLUMNS


CONVOLUTIONS = {
    "direct": picture_form(always, _direct),
    "space_to_depth": picture_form(_has_stride, _space_to_depth),
    "phases": picture_form(_has_two_phases, _phases),
    "patches": picture_form(_has_small_patches, _patches),
}
