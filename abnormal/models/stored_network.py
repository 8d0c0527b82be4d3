"""Tells which network a model file holds, without Keras and without running code of the file."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from abnormal.models.lazy_network import arrays_in, digest_of_stored
from abnormal.models.model_check import shapes_of_weights
from abnormal.models.model_file import damaged
from abnormal.models.model_path import require_model_file
from abnormal.models.stored_model import StoredModel, open_stored
from abnormal.reading import first_line


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
