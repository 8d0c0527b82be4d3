"""The layers of a network as they are stored: what they are, and their weights.

They are read from a model file without Keras, whose import takes most of the time of a start.
"""

import collections
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import h5py
    import keras

    from abnormal.models.stored_model import StoredModel


class StoredLayer(NamedTuple):
    """A layer of a sequence.

    Attributes:
        kind: Name of its class in Keras; empty if it is of another package.
        config: Its configuration, as Keras writes it.
        weights: Its weights, in Keras's order.
    """

    kind: str
    config: Mapping[str, Any]
    weights: list[np.ndarray]


def layers_of(network: "keras.Model") -> list[StoredLayer] | None:
    """Returns the layers of a network in memory; None if it is no plain sequence of layers."""
    if type(network).__name__ != "Sequential":
        return None
    clips = StoredLayer("InputLayer", {"batch_shape": network.input_shape}, [])
    return [clips, *(_stored(layer) for layer in network.layers)]


def layers_in(stored: "StoredModel") -> list[StoredLayer] | None:
    """Returns the layers of a network in a model file; None if it is no plain sequence of layers.

    Args:
        stored: The open file, of known classes only.
    """
    if stored.config["class_name"] != "Sequential":
        return None
    # An archive has no names, but a counter for each class.
    has_names = "layer_names" in stored.weights.attrs
    seen = collections.Counter[str]()
    layers = []
    for layer in stored.config["config"]["layers"]:
        kind, config = layer["class_name"], layer["config"]
        number, seen[kind] = seen[kind], seen[kind] + 1
        name = config["name"] if has_names else _name_in_archive(kind, number)
        # Keras does not mention layers without weights.
        weights = _weights_in(stored.weights[name]) if name in stored.weights else []
        layers.append(StoredLayer(kind, config, weights))
    return layers


def _name_in_archive(kind: str, number: int) -> str:
    """Returns the name that Keras gives to a layer in an archive: `conv3d_transpose_1`."""
    words = re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", kind))
    return f"{words.lower()}_{number}" if number else words.lower()


def _weights_in(group: "h5py.Group") -> list[np.ndarray]:
    """Returns the weights of a layer in Keras's order, by their names or their numbers."""
    names = group.attrs.get("weight_names")
    if names is None:
        found: list[str] = []
        group.visititems(lambda name, item: found.append(name) if hasattr(item, "shape") else None)
        names = sorted(found, key=lambda name: (len(name), name))
    return [group[name][()] for name in names]


def _stored(layer: "keras.Layer") -> StoredLayer:
    kind = type(layer).__name__ if type(layer).__module__.startswith("keras.") else ""
    return StoredLayer(kind, layer.get_config() if kind else {}, layer.get_weights())
