"""The part of a model file that Keras writes and reads: the network."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abnormal.commands import command
from abnormal.errors import AbnormalError
from abnormal.hdf5 import one_line_errors
from abnormal.models.backend import start_backend
from abnormal.models.lazy_network import digest_of_stored
from abnormal.models.model_check import Shape, shapes_of_weights, unknown_classes
from abnormal.models.model_path import KERAS_SUFFIX
from abnormal.models.stored_layers import StoredLayer, layers_in
from abnormal.models.stored_model import StoredModel, open_stored
from abnormal.models.trust import is_trusted

if TYPE_CHECKING:
    import keras


def save_network(path: Path, network: "keras.Model") -> None:
    """Lets Keras write a network, without optimizer and loss."""
    import absl.logging

    verbosity = absl.logging.get_verbosity()
    absl.logging.set_verbosity(absl.logging.ERROR)  # Keras would recommend another format
    try:
        options = {} if path.suffix == KERAS_SUFFIX else {"include_optimizer": False}
        with _uncompiled(network):
            network.save(path, **options)
    finally:
        absl.logging.set_verbosity(verbosity)


@contextlib.contextmanager
def _uncompiled(network: "keras.Model") -> Iterator[None]:
    """Lets Keras leave the optimizer and the loss out, which a model file does not have."""
    kept = {name: getattr(network, name, None) for name in ("compiled", "optimizer")}
    network.compiled, network.optimizer = False, None
    try:
        yield
    finally:
        network.compiled, network.optimizer = kept["compiled"], kept["optimizer"]


def has_known_classes(path: Path, config: Any, needs: Mapping[str, str]) -> bool:
    """Returns whether all layers are of known classes, and refuses others unless they are trusted.

    Of known classes a network is made without running code from elsewhere.

    Raises:
        AbnormalError: Some are not known, and the file is not trusted.
    """
    unknown = sorted(set(unknown_classes(config)))
    if not unknown:
        return True
    if is_trusted():
        return False
    places = (f"{need} in {file or 'an unknown file'}" for need, file in needs.items())
    code = f" It needs {'; '.join(places)}." if needs else ""
    raise AbnormalError(
        f"{path} is not loaded: it names {', '.join(unknown)}, which no network of this program "
        f"has. A model file from elsewhere may run code; train one with `{command('train')}`, or "
        f"load it with --trust (trust=True from Python) if you know who made it.{code}"
    )


def read_network(
    path: Path, digest: str, shape: Shape, needs: Mapping[str, str] | None
) -> "keras.Model":
    """Reads the network of a model file with Keras, and checks that it is the one expected.

    Args:
        path: The model file.
        digest: Hash of the network.
        shape: Shape of its inputs and outputs, without the batch.
        needs: The code of a file that is trusted; None if all layers are of known classes.

    Raises:
        ValueError: The file is damaged.
        AbnormalError: The file has changed meanwhile, or the code cannot be found or run.
    """
    start_backend()
    import keras

    from abnormal.models.network_check import check_network
    from abnormal.models.own_code import needed_objects
    from abnormal.models.own_network import require_clips

    with _open_same(path, digest) as stored:
        if needs is None:
            check_network(stored.config, shapes_of_weights(stored.weights), shape)
    objects = {} if needs is None else needed_objects(needs, path.absolute().parent)
    # A scope goes before what was registered with Keras under the same name.
    with one_line_errors(), keras.saving.custom_object_scope(objects):
        network = keras.models.load_model(path, compile=False, safe_mode=needs is None)
    if needs is not None:
        require_clips(network, *shape[:2])
    return network


def read_layers(path: Path, digest: str) -> list[StoredLayer] | None:
    """Reads the layers of the network of a model file without Keras, all of known classes.

    Args:
        path: The model file.
        digest: Hash of the network.

    Returns:
        See `abnormal.models.stored_layers.layers_in`.

    Raises:
        ValueError: The file is damaged.
        AbnormalError: The file has changed meanwhile.
    """
    with _open_same(path, digest) as stored, one_line_errors():
        return layers_in(stored)


@contextlib.contextmanager
def _open_same(path: Path, digest: str) -> Iterator[StoredModel]:
    """Opens a model file again, whose network has to be the same as before."""
    with open_stored(path) as stored:
        if digest_of_stored(stored.config, stored.weights) != digest:
            raise AbnormalError(f"{path} has changed while it was read. Start again.")
        yield stored
