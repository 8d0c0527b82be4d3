"""A network that is known by its hash, and that Keras reads only when it is needed.

What has been converted for another runtime is found by the hash. Then neither Keras nor its
backend, whose import takes most of the time of a start, is imported at all.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import h5py
import numpy as np

from abnormal.models.stored_layers import StoredLayer, layers_of

if TYPE_CHECKING:
    from keras import Model, Sequential


RECURRENT = "ConvLSTM2D"
"""Name of the class of recurrent layers."""


class Part(NamedTuple):
    """Which part of a network; see `abnormal.models.network_parts`.

    Attributes:
        tail_frames: Number of frames that the decoder reconstructs; 0 for the encoder.
    """

    tail_frames: int


class LazyNetwork:
    """A network, or a part of one, that is read when it is first used.

    Attributes:
        digest: Hash of all that its outputs depend on.
        layers: Names of the classes of its layers, of the whole network.
        part: Which part it is; None if it is the whole network.
    """

    def __init__(
        self,
        digest: str,
        layers: Sequence[str],
        read: Callable[[], "Model"],
        read_layers: Callable[[], list[StoredLayer] | None] = lambda: None,
        part: Part | None = None,
    ) -> None:
        """Reads nothing yet.

        Args:
            digest: Hash of all that the outputs depend on.
            layers: Names of the classes of its layers.
            read: Reads or makes the network; called at most once.
            read_layers: Reads the layers of the whole network without Keras, or returns None.
            part: Which part it is; None if it is the whole network.
        """
        self.digest = digest
        self.layers = tuple(layers)
        self.part = part
        self._read = read
        self._read_layers = read_layers

    @functools.cached_property
    def keras(self) -> "Model":
        """The network: a stock one, or a part of one from `abnormal.models.network_parts`.

        Raises:
            AbnormalError: It cannot be read.
        """
        return self._read()

    def stored_layers(self) -> list[StoredLayer] | None:
        """Returns the layers of the whole network, which Keras reads only if nothing else can.

        Returns:
            The layers, or None if it is no plain sequence of them.

        Raises:
            AbnormalError: It cannot be read.
        """
        found = self._read_layers()
        return layers_of(self.keras) if found is None else found

    def part_of(self, part: Part, read: Callable[[], "Model"]) -> "LazyNetwork":
        """Returns a part of the network, which is known by the network's hash and its own name."""
        return LazyNetwork(f"{self.digest} {part}", self.layers, read, self.stored_layers, part)


def lazy(network: "Sequential") -> LazyNetwork:
    """Wraps a network that is in memory already. Its weights must not change afterwards."""
    digest = hashlib.sha256(network.to_json().encode())
    for weight in network.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    layers = [type(layer).__name__ for layer in network.layers]
    return LazyNetwork(digest.hexdigest(), layers, lambda: network)


def digest_of_stored(config: Any, weights: h5py.Group) -> str:
    """Returns a hash of a network in a model file, whatever else is in the file.

    Args:
        config: The configuration of the network.
        weights: The weights as Keras stores them, checked by `abnormal.models.model_check`.
    """
    digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode())
    for name, array in sorted(arrays_in(weights).items()):
        digest.update(f"{name} {array.shape} {array.dtype}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def arrays_in(weights: h5py.Group) -> dict[str, np.ndarray]:
    """Reads the arrays of a network in a model file, by the names under which Keras stores them.

    Args:
        weights: See `digest_of_stored`.
    """
    arrays: dict[str, np.ndarray] = {}
    weights.visititems(
        lambda name, item: (
            arrays.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
        )
    )
    return arrays
