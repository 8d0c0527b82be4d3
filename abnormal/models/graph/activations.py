"""Activations in OpenVINO's operations."""

from collections.abc import Callable, Mapping
from typing import Any

import openvino.opset13 as ops

from abnormal.models.graph.tensor import Node
from abnormal.models.stored_layers import StoredLayer

ACTIVATIONS: dict[str, Callable[[Node], Node]] = {
    "linear": lambda node: node,
    "relu": ops.relu,
    "sigmoid": ops.sigmoid,
    "tanh": ops.tanh,
}


def activated(layer: StoredLayer, node: Node) -> Node:
    """Returns a node after the activation of a layer."""
    return ACTIVATIONS[layer.config["activation"]](node)


def has_known_activations(config: Mapping[str, Any]) -> bool:
    """Returns whether the activations of a layer can be written."""
    used = [config.get(name, "linear") for name in ("activation", "recurrent_activation")]
    return all(isinstance(name, str) and name in ACTIVATIONS for name in used)
