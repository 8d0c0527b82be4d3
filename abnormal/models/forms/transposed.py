"""The forms of transposed convolutions of single frames, with or without a time axis.

All but the first compute each stride x stride square of the output as the channels of one pixel,
and then spread these pixels (sub-pixel convolution; Shi et al., 2016, arXiv:1609.05158). Pixel
`stride * q + r` of the output, r < stride, is the sum over p of pixel q - p of the input times
element `stride * p + r` of the kernel.

direct   a 2-D transposed convolution, with time moved into the batch
squares  one convolution for all r, which are its channels: 11x11 at stride 4 from 128 channels to 1
         becomes 3x3 from 128 to 16
phases   a convolution for each r
columns  a matrix product for all p and r, whose results are added up
"""

import math

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


def default_transposed(layer: keras.Layer, compiled: bool) -> str:
    """Returns the name of the form that is used where nothing was measured."""
    *_, filters, channels = layer.kernel.shape
    # XLA's own transposed convolution is far slower. Without XLA, squares are faster only if they
    # have few output channels.
    return "squares" if compiled or 1 < layer.strides[-1] ** 2 <= channels / filters else "direct"


def _direct(layer: keras.Layer, pictures: Tensor, arithmetic: Arithmetic) -> Tensor:
    return product(
        ops.conv_transpose, pictures, kernel_2d(layer), arithmetic, strides=layer.strides[-1]
    )


def _squares(layer: keras.Layer, pictures: Tensor, arithmetic: Arithmetic) -> Tensor:
    kernel = _divided_kernel(layer)
    high, stride, wide, _, filters, channels = kernel.shape
    # In a convolution, the p run in the opposite order.
    kernel = ops.transpose(ops.flip(ops.flip(kernel, 0), 2), (0, 2, 5, 1, 3, 4))
    kernel = ops.reshape(kernel, (high, wide, channels, stride * stride * filters))
    border = ((0, 0), (high - 1, high - 1), (wide - 1, wide - 1), (0, 0))
    squares = product(ops.conv, ops.pad(pictures, border), kernel, arithmetic)
    return _spread(layer, squares, pictures)


def _phases(layer: keras.Layer, pictures: Tensor, arithmetic: Arithmetic) -> Tensor:
    stride, kernel = layer.strides[-1], kernel_2d(layer)
    high, wide = (math.ceil(size / stride) for size in layer.kernel_size[-2:])
    border = ((0, 0), (high - 1, high - 1), (wide - 1, wide - 1), (0, 0))
    padded = ops.pad(ops.cast(pictures, arithmetic.dtype), border)
    phases = []
    for number in range(stride * stride):
        part = kernel[number // stride :: stride, number % stride :: stride]
        rows, columns = part.shape[:2]
        part = ops.transpose(ops.flip(ops.flip(part, 0), 1), (0, 1, 3, 2))
        phases.append(
            product(ops.conv, padded[:, high - rows :, wide - columns :], part, arithmetic)
        )
    return _spread(layer, ops.stack(phases, axis=3), pictures)


def _columns(layer: keras.Layer, pictures: Tensor, arithmetic: Arithmetic) -> Tensor:
    kernel = _divided_kernel(layer)
    high, _, wide, *_, channels = kernel.shape
    kernel = ops.reshape(ops.transpose(kernel, (5, 0, 2, 1, 3, 4)), (channels, -1))
    columns = ops.split(matrix_product(pictures, kernel, arithmetic), high * wide, axis=-1)
    squares: Tensor = 0.0
    for number, column in enumerate(columns):
        i, j = divmod(number, wide)
        squares += ops.pad(column, ((0, 0), (i, high - 1 - i), (j, wide - 1 - j), (0, 0)))
    return _spread(layer, squares, pictures)


def _divided_kernel(layer: keras.Layer) -> Tensor:
    """Returns the kernel, with zeros at its end, as `(p, r, p, r, filters, channels)`."""
    kernel, stride = kernel_2d(layer), layer.strides[-1]
    rows, columns, filters, channels = kernel.shape
    high, wide = math.ceil(rows / stride), math.ceil(columns / stride)
    pad = ((0, high * stride - rows), (0, wide * stride - columns), (0, 0), (0, 0))
    return ops.reshape(ops.pad(kernel, pad), (high, stride, wide, stride, filters, channels))


def _spread(layer: keras.Layer, squares: Tensor, pictures: Tensor) -> Tensor:
    """Spreads squares `(n, down, across, ...)` of pixels over the output.

    Returns:
        `(n, (height - 1) * stride + rows, (width - 1) * stride + columns, filters)` float32, for
        pictures of `(height, width)` and a kernel of `(rows, columns)`.
    """
    stride, filters = layer.strides[-1], layer.filters
    _, height, width, _ = pictures.shape
    _, down, across, *_ = squares.shape
    rows, columns = layer.kernel_size[-2:]
    squares = ops.reshape(squares, (-1, down, across, stride, stride, filters))
    pixels = ops.transpose(squares, (0, 1, 3, 2, 4, 5))
    pixels = ops.reshape(pixels, (-1, down * stride, across * stride, filters))
    return pixels[:, : (height - 1) * stride + rows, : (width - 1) * stride + columns]


def _has_two_phases(layer: keras.Layer) -> bool:
    return bool(layer.strides[-1] == 2)  # more would be too many convolutions


def _has_few_columns(layer: keras.Layer) -> bool:
    stride = layer.strides[-1]
    rows, columns = (stride * math.ceil(size / stride) for size in layer.kernel_size[-2:])
    return bool(rows * columns * layer.filters <= MOST_COLUMNS)


TRANSPOSED = {
    "direct": picture_form(always, _direct),
    "squares": picture_form(always, _squares),
    "phases": picture_form(_has_two_phases, _phases),
    "columns": picture_form(_has_few_columns, _columns),
}
