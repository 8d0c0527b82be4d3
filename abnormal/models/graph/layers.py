"""The layers of networks in OpenVINO's operations, by the name of their class in Keras.

docs/PERFORMANCE.md tells what these forms gain, and which others were tried.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import openvino.opset13 as ops

from abnormal.models.graph.activations import activated, has_known_activations
from abnormal.models.graph.convolution import (
    PADDINGS,
    bias_of,
    convolution,
    is_plain_transposed,
    sees_single_pictures,
    transposed_convolution,
)
from abnormal.models.graph.recurrence import is_plain_recurrence, states
from abnormal.models.graph.tensor import Tensor, integers, natural_order, reshape, weights
from abnormal.models.stored_layers import StoredLayer


class _Form(NamedTuple):
    """How a class of layers is written.

    Attributes:
        apply: Returns the output of a layer.
        weights: Number of weights without the bias.
        fixed: The values that the configuration has to have, where it has them.
        supports: Whether the rest of a configuration can be written.
    """

    apply: Callable[[StoredLayer, Tensor], Tensor]
    weights: int
    fixed: Mapping[str, Any]
    supports: Callable[[Mapping[str, Any]], bool]


def is_known(layer: StoredLayer) -> bool:
    """Returns whether a layer, configured as it is, can be written."""
    form, config = FORMS.get(layer.kind), layer.config
    return (
        form is not None
        and len(layer.weights) == form.weights + bool(config.get("use_bias"))
        and has_known_activations(config)
        and all(config.get(name, value) == value for name, value in form.fixed.items())
        and form.supports(config)
    )


def apply(layer: StoredLayer, tensor: Tensor) -> Tensor:
    """Returns the output of a layer that is known.

    Raises:
        ValueError, RuntimeError: Its weights or its configuration do not fit the tensor.
    """
    return FORMS[layer.kind].apply(layer, tensor)


def _normalisation(layer: StoredLayer, tensor: Tensor) -> Tensor:
    """Computes a batch normalisation with the averages that the training has found."""
    scale, offset, mean, variance = (each.astype(np.float64) for each in layer.weights)
    scale = scale / np.sqrt(variance + layer.config["epsilon"])
    node = ops.multiply(tensor.pictures(), bias_of(scale))
    shift = offset - mean * scale
    return tensor.of_pictures(ops.add(node, bias_of(shift)))


def _max_pooling(layer: StoredLayer, tensor: Tensor) -> Tensor:
    config = layer.config
    node = ops.max_pool(
        tensor.pictures(),
        config["strides"],
        [1, 1],
        [0, 0],
        [0, 0],
        config["pool_size"],
        auto_pad=PADDINGS[config["padding"]],
    )
    return tensor.of_pictures(node)


def _repetition(layer: StoredLayer, tensor: Tensor) -> Tensor:
    """Repeats each pixel of a picture."""
    node = ops.interpolate(
        tensor.pictures(),
        weights(np.array(layer.config["size"])),
        "nearest",
        "scales",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
        axes=integers([2, 3]),
    )
    return tensor.of_pictures(node)


def _dense(layer: StoredLayer, tensor: Tensor) -> Tensor:
    kernel, *bias = layer.weights
    _, _ = tensor.shape  # a dense layer of pictures is not known
    node = ops.matmul(tensor.natural(), weights(kernel), False, False)
    for each in bias:
        node = ops.add(node, weights(each[None]))
    return Tensor(activated(layer, node), (tensor.shape[0], kernel.shape[1]), natural_order(2))


def _permutation(layer: StoredLayer, tensor: Tensor) -> Tensor:
    """Changes the order of axes in name only."""
    old_axes = (0, *layer.config["dims"])
    order = tuple(tuple(old_axes.index(axis) for axis in group) for group in tensor.order)
    return Tensor(tensor.node, tuple(tensor.shape[axis] for axis in old_axes), order)


def _reshape(layer: StoredLayer, tensor: Tensor) -> Tensor:
    return _reshaped(tensor, layer.config["target_shape"])


def _flattening(layer: StoredLayer, tensor: Tensor) -> Tensor:
    return _reshaped(tensor, [math.prod(tensor.shape[1:])])


def _reshaped(tensor: Tensor, shape: Sequence[int]) -> Tensor:
    """Changes the shape, in name only if nothing but axes of length 1 come or go."""
    new_shape = (tensor.shape[0], *shape)
    old, new = (
        [axis for axis, length in enumerate(each) if length != 1]
        for each in (tensor.shape, new_shape)
    )
    if [tensor.shape[axis] for axis in old] != [new_shape[axis] for axis in new]:
        return Tensor(
            reshape(tensor.natural(), new_shape), new_shape, natural_order(len(new_shape))
        )
    *groups, last = (
        tuple(new[old.index(axis)] for axis in group if axis in old) for group in tensor.order
    )
    added = (axis for axis, length in enumerate(new_shape) if length == 1)
    return Tensor(tensor.node, new_shape, (*groups, (*last, *added)))


_PICTURES = {"data_format": "channels_last"}
_CONVOLUTION = _Form(convolution, 1, _PICTURES | {"groups": 1}, sees_single_pictures)
_TRANSPOSED = _Form(
    transposed_convolution,
    1,
    _PICTURES | {"groups": 1, "padding": "valid", "output_padding": None},
    is_plain_transposed,
)
_SEQUENCES = {
    **_PICTURES,
    **{"padding": "same", "return_sequences": True, "return_state": False},
    **{"stateful": False, "go_backwards": False},
}


def _anyhow(config: Mapping[str, Any]) -> bool:
    return True


FORMS: dict[str, _Form] = {
    "BatchNormalization": _Form(
        _normalisation, 4, {"axis": -1, "scale": True, "center": True}, _anyhow
    ),
    "Conv2D": _CONVOLUTION,
    "Conv3D": _CONVOLUTION,
    "Conv2DTranspose": _TRANSPOSED,
    "Conv3DTranspose": _TRANSPOSED,
    "ConvLSTM2D": _Form(states, 2, _SEQUENCES, is_plain_recurrence),
    "Dense": _Form(_dense, 1, {}, _anyhow),
    "Flatten": _Form(_flattening, 0, _PICTURES, _anyhow),
    "MaxPooling2D": _Form(_max_pooling, 0, _PICTURES, _anyhow),
    "Permute": _Form(_permutation, 0, {}, _anyhow),
    "Reshape": _Form(_reshape, 0, {}, lambda config: -1 not in config["target_shape"]),
    "UpSampling2D": _Form(_repetition, 0, _PICTURES | {"interpolation": "nearest"}, _anyhow),
}
"""Maps the class of a layer to how it is written."""
