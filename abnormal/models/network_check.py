"""Checks that a stored network is what its model file says, before Keras reads its weights."""

import copy
import math
from collections.abc import Sequence
from typing import Any

import keras

from abnormal.models.model_check import MOST_ACTIVATIONS, Shape


def check_network(config: Any, stored: Sequence[Shape], shape: Shape) -> None:
    """Checks that a network is as large as the weights that are stored for it, and takes clips.

    The network is only described, so that one of any size takes no memory.

    Args:
        config: The configuration of the network, of known classes only.
        stored: The shapes of the weights that are stored for it.
        shape: Shape of the inputs and outputs, without the batch.

    Raises:
        ValueError: The network does not fit its weights or the shape.
    """
    with keras.StatelessScope() as scope:
        scope.initialize_variables = False  # only shapes are wanted
        kind = keras.Sequential if config["class_name"] == "Sequential" else keras.Model
        network = kind.from_config(_for_clips(config["config"], shape))
        _check_layers(network, shape)
        wanted = sorted(tuple(variable.shape) for variable in network.weights)
    if wanted != sorted(stored):
        counts = [sum(map(math.prod, shapes)) for shapes in (wanted, stored)]
        raise ValueError(f"its network has {counts[0]} weights, but {counts[1]} are stored")


def _for_clips(config: Any, shape: Shape) -> Any:
    """Returns the configuration of a network with the shape of the clips where it takes any."""
    config = copy.deepcopy(config)
    for layer in config["layers"]:
        if layer["class_name"] == "InputLayer":
            batch, *given = layer["config"]["batch_shape"]
            fits = len(given) == len(shape) and all(map(_fits, given, shape))
            layer["config"]["batch_shape"] = [batch, *(shape if fits else given)]
    return config


def _fits(given: int | None, wanted: int) -> bool:
    return given in (None, wanted)


def _check_layers(network: keras.Model, shape: Shape) -> None:
    if network.input_shape[1:] != shape or network.output_shape[1:] != shape:
        raise ValueError(f"its network takes {network.input_shape[1:]}, not {shape}")
    for layer in network.layers:
        outputs = keras.tree.flatten(layer.output)  # a recurrent layer may also return its state
        values = sum(math.prod(output.shape[1:]) for output in outputs)
        if not 0 < values <= MOST_ACTIVATIONS:
            raise ValueError(f"its layer {layer.name} computes {values} values for each clip")
