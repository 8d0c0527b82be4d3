"""Tells which network a model file holds, without Keras and without running code of the file."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from abnormal.models.lazy_network import arrays_in, digest_of_stored
from abnormal.models.model_check import shapes_of_weights, unknown_classes
from abnormal.models.model_file import damaged
from abnormal.models.model_path import require_model_file
from abnormal.models.network_file import save_network
from abnormal.models.stored_model import StoredModel, open_stored
from abnormal.reading import first_line
from abnormal.replacing import writing
from abnormal.temporary import temporary_folder

if TYPE_CHECKING:
    import keras

_NUMBERED = re.compile(r'"shared_object_id": \d+|_\d+(?=")')
"""What differs in the configuration of a network whenever it is made: Keras numbers names."""


def digest_of_network(path: Path) -> str:
    """Returns the hash of the network in a model file, whatever the model has been taught since.

    Raises:
        AbnormalError: The file is missing, damaged or no model file.
    """
    with _open_checked(path) as stored:
        return digest_of_stored(stored.config, stored.weights)


def holds_weights(path: Path, weights: Sequence[np.ndarray]) -> bool:
    """Tells whether all these weights are in a model file, bit for bit.

    The names that Keras numbers as layers are made do not matter, nor do random states, which are
    in some model files and no weights.

    Raises:
        AbnormalError: The file is missing, damaged or no model file.
    """
    with _open_checked(path) as stored:
        found = Counter(map(_content, arrays_in(stored.weights).values()))
    return Counter(map(_content, weights)) <= found


def has_same_code(path: Path, network: "keras.Model") -> bool:
    """Tells whether a model file names no code but that of a network in memory, and Keras's own.

    Layers and functions that this program does not know have to be described as in a file that is
    written of the network now, all arguments included: those of a `Lambda` layer are code.

    Raises:
        AbnormalError: The file is missing, damaged or no model file; or there is no room for a
            temporary one.
    """
    with _open_checked(path) as stored:
        known = _code_in(stored.config)
    if not known:
        return True
    with temporary_folder() as folder, writing(folder):
        written = folder / path.name
        save_network(written, network)
        with open_stored(written) as stored:
            return known == _code_in(stored.config)


def _code_in(config: Any) -> list[str]:
    """Returns the parts of a configuration that name unknown classes or functions, as texts."""
    if isinstance(config, dict):
        named = {name: config[name] for name in ("class_name", "module") if name in config}
        if any(unknown_classes(named)):
            return [_NUMBERED.sub("", json.dumps(config, sort_keys=True))]
        config = list(config.values())
    return [part for each in config for part in _code_in(each)] if isinstance(config, list) else []


def _content(array: np.ndarray) -> tuple[tuple[int, ...], str, bytes]:
    return array.shape, str(array.dtype), array.tobytes()


@contextmanager
def _open_checked(path: Path) -> Iterator[StoredModel]:
    require_model_file(path)
    try:
        with open_stored(path) as stored:
            shapes_of_weights(stored.weights)
            stored.verify()
            yield stored
    except ValueError as error:
        raise damaged(path, first_line(error)) from None
