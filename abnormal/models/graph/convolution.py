"""Convolutions in OpenVINO's operations.

- A `Conv3D` of depth 1 is a convolution of single pictures.
- A transposed convolution with few filters is a convolution that gives each square of its output
  as channels; see `abnormal.models.forms.transposed`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import openvino.opset13 as ops

from abnormal.models.graph.activations import activated
from abnormal.models.graph.tensor import Node, Tensor, integers, reshape, weights
from abnormal.models.stored_layers import StoredLayer

PADDINGS = {"valid": "valid", "same": "same_upper"}
"""Maps Keras's paddings to OpenVINO's."""


def convolution(layer: StoredLayer, tensor: Tensor) -> Tensor:
    """Returns the output of a `Conv2D`, or of a `Conv3D` that sees one frame at a time."""
    kernel, *bias = layer.weights
    config = layer.config
    strides, dilations = config["strides"][-2:], config["dilation_rate"][-2:]
    padding = PADDINGS[config["padding"]]
    node = convolved(tensor.pictures(), kernel_of(_kernel_2d(kernel)), padding, strides, dilations)
    return tensor.of_pictures(_finished(layer, node, bias))


def transposed_convolution(layer: StoredLayer, tensor: Tensor) -> Tensor:
    """Returns the output of a `Conv2DTranspose`, or of a `Conv3DTranspose` of single frames."""
    kernel, *bias = layer.weights
    kernel, stride = _kernel_2d(kernel), layer.config["strides"][-1]
    *_, filters, channels = kernel.shape
    if 1 < stride**2 <= channels / filters:
        return _subpixel_convolution(layer, tensor, kernel, bias)
    node = ops.convolution_backprop_data(
        tensor.pictures(),
        kernel_of(kernel),
        strides=[stride, stride],
        pads_begin=[0, 0],
        pads_end=[0, 0],
        dilations=[1, 1],
    )
    return tensor.of_pictures(_finished(layer, node, bias))


def _subpixel_convolution(
    layer: StoredLayer, tensor: Tensor, kernel: np.ndarray, bias: Sequence[np.ndarray]
) -> Tensor:
    """Computes a transposed convolution whose squares of stride x stride pixels are channels."""
    stride = layer.config["strides"][-1]
    rows, columns, filters, channels = kernel.shape
    high, wide = math.ceil(rows / stride), math.ceil(columns / stride)
    pad = ((0, high * stride - rows), (0, wide * stride - columns), (0, 0), (0, 0))
    kernel = np.pad(kernel, pad).reshape(high, stride, wide, stride, filters, channels)
    kernel = kernel[::-1, :, ::-1].transpose(0, 2, 5, 4, 1, 3)
    kernel = kernel.reshape(high, wide, channels, filters * stride**2)
    pads = [high - 1, wide - 1]
    node = ops.convolution(tensor.pictures(), kernel_of(kernel), [1, 1], pads, pads, [1, 1])
    node = _finished(layer, node, [np.repeat(each, stride**2) for each in bias])
    size = [
        (length - 1) * stride + taps
        for length, taps in zip(tensor.shape[-3:-1], (rows, columns), strict=True)
    ]
    return _squares_as_pictures(node, tensor, stride, size)


def _squares_as_pictures(node: Node, tensor: Tensor, stride: int, size: Sequence[int]) -> Tensor:
    """Makes pictures of the squares of pixels that are channels of one pixel.

    The same movement brings the steps of clips behind the batch, where the output of the network
    has them.

    Args:
        node: `(pictures, filters * stride * stride, down, across)`.
        tensor: The tensor that the squares were made from.
        stride: Height and width of a square.
        size: Height and width of the pictures, at most those of all squares.
    """
    _, channels, down, across = (each.get_max_length() for each in node.get_output_partial_shape(0))
    filters, steps = channels // stride**2, tensor.shape[1:-3]
    lengths = {"n": -1, "f": filters, "r": stride, "c": stride, "h": down, "w": across}
    axes = {"t": math.prod(steps)} | lengths
    axes = {axis: length for axis, length in axes.items() if length != 1}
    wanted = [[*axes].index(axis) for axis in "ntfhrwc" if axis in axes]
    node = ops.transpose(reshape(node, [*axes.values()]), integers(wanted))
    node = reshape(node, [-1, math.prod(steps) * filters, down * stride, across * stride])
    node = ops.slice(node, *map(integers, ([0, 0], size, [1, 1], [2, 3])))
    first = len(tensor.shape) - 3  # the axis of the height
    order = (0,), (*range(1, first), first + 2), (first,), (first + 1,)
    return Tensor(node, (*tensor.shape[:-3], *size, filters), order)


def convolved(
    node: Node,
    kernel: Node,
    padding: str,
    strides: Sequence[int] = (1, 1),
    dilations: Sequence[int] = (1, 1),
) -> Node:
    """Convolves pictures with a constant from `kernel_of`."""
    return ops.convolution(node, kernel, strides, [0, 0], [0, 0], dilations, auto_pad=padding)


def kernel_of(kernel: np.ndarray) -> Node:
    """Returns a kernel `(rows, columns, channels, filters)` as OpenVINO's convolutions take it."""
    return weights(kernel.transpose(3, 2, 0, 1))


def bias_of(bias: np.ndarray) -> Node:
    """Returns the bias of each channel as it is added to pictures."""
    return weights(bias[None, :, None, None])


def _finished(layer: StoredLayer, node: Node, bias: Sequence[np.ndarray]) -> Node:
    """Adds the bias, if there is one, and applies the activation."""
    for each in bias:
        node = ops.add(node, bias_of(each))
    return activated(layer, node)


def _kernel_2d(kernel: np.ndarray) -> np.ndarray:
    """Returns a kernel without its time axis, whose length is 1."""
    return kernel if kernel.ndim == 4 else kernel[0]


def sees_single_pictures(config: Mapping[str, Any]) -> bool:
    """Returns whether a convolution has no time axis, or sees one frame at a time."""
    return {*config["kernel_size"][:-2], *config["strides"][:-2]} <= {1}


def is_plain_transposed(config: Mapping[str, Any]) -> bool:
    """Returns whether a transposed convolution sees one frame at a time, with equal strides."""
    stride = config["strides"][-1]
    return (
        sees_single_pictures(config)
        and config["strides"][-2] == stride <= min(config["kernel_size"][-2:])
        and {*config["dilation_rate"]} == {1}
    )
