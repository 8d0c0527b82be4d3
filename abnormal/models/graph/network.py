"""Writes a network of stock layers directly in OpenVINO's operations.

A conversion by way of TensorFlow keeps TensorFlow's layout, and moves the data to OpenVINO's and
back around many operations. Here pictures have their channels first from end to end, and the steps
of a batch of clips follow each other, so that each step is one block of memory. Neither Keras nor
TensorFlow is needed.
"""

import logging
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import openvino
import openvino.opset13 as ops

from abnormal.hdf5 import one_line_errors
from abnormal.models.graph.layers import apply, is_known
from abnormal.models.graph.recurrence import gate_inputs, last_steps, states_of_gates
from abnormal.models.graph.tensor import Node, Order, Tensor, natural_order
from abnormal.models.lazy_network import RECURRENT, Part
from abnormal.models.model_check import MOST_ACTIVATIONS
from abnormal.models.stored_layers import StoredLayer

log = logging.getLogger(__name__)

INPUT = "clips"
"""Name of the input."""

FRAMES: Order = ((0, 1), (2,), (3,), (4,))
"""The order of clips of one frame without the axis of their steps."""


def graph_of(layers: Sequence[StoredLayer], part: Part | None = None) -> Any:
    """Writes a network, or a part of one.

    Args:
        layers: All layers of the network, the first of them its `InputLayer`.
        part: The part; None for the whole network.

    Returns:
        OpenVINO's `Model`, for batches of any size, with the inputs and outputs of the network or
        of its part. None if a layer cannot be written, or does not fit the others or its weights.
    """
    try:
        with one_line_errors():  # what is in a file may be anything
            return _written(layers, part)
    except ValueError as error:
        log.debug("a network is not written for OpenVINO: %s", error)
        return None


def _written(layers: Sequence[StoredLayer], part: Part | None) -> Any:
    source, *others = layers
    unknown = [layer.config.get("name") for layer in others if not is_known(layer)]
    if unknown:
        raise ValueError(f"its layers {unknown} are not known as they are")
    shape = tuple(source.config["batch_shape"][1:])
    if part is not None:
        return _decoder(others, shape, part) if part.tail_frames else _encoder(others, shape)
    clips = _parameter(shape)
    tensor = Tensor(clips, (-1, *shape), natural_order(len(shape) + 1))
    return _model(_applied(others, tensor).natural(), clips)


def _encoder(layers: Sequence[StoredLayer], shape: Sequence[int]) -> Any:
    frames = _parameter(shape[1:])
    tensor = Tensor(frames, (-1, 1, *shape[1:]), FRAMES)
    return _model(_features(layers, tensor).arranged(FRAMES), frames)


def _features(layers: Sequence[StoredLayer], tensor: Tensor) -> Tensor:
    """Returns what the layers up to the first recurrent one make of frames."""
    first, _ = _recurrent_layers(layers)
    return gate_inputs(layers[first], _applied(layers[:first], tensor))


def _decoder(layers: Sequence[StoredLayer], shape: Sequence[int], part: Part) -> Any:
    first, last = _recurrent_layers(layers)
    frames = Tensor(_parameter(shape), (-1, *shape), natural_order(5))
    shape = _features(layers, frames).shape[1:]
    features = _parameter(shape)
    tensor = states_of_gates(layers[first], Tensor(features, (-1, *shape), natural_order(5)))
    tensor = last_steps(_applied(layers[first + 1 : last + 1], tensor), part.tail_frames)
    return _model(_applied(layers[last + 1 :], tensor).natural(), features)


def _recurrent_layers(layers: Sequence[StoredLayer]) -> tuple[int, int]:
    """Returns the numbers of the first and the last recurrent layer."""
    found = [n for n, layer in enumerate(layers) if layer.kind == RECURRENT]
    return found[0], found[-1]


def _applied(layers: Sequence[StoredLayer], tensor: Tensor) -> Tensor:
    """Returns what layers make of a tensor.

    Raises:
        ValueError: A layer computes too many values.
    """
    for layer in layers:
        tensor = apply(layer, tensor)
        if math.prod(tensor.shape[1:]) > MOST_ACTIVATIONS:
            raise ValueError(f"its layer {layer.config['name']} is too large")
    return tensor


def _parameter(shape: Sequence[int]) -> Node:
    node = ops.parameter([-1, *shape], np.float32, INPUT)
    node.output(0).set_names({INPUT})
    return node


def _model(output: Node, source: Node) -> Any:
    return openvino.Model([output], [source], "network")
