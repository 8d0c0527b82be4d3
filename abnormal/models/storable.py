"""Tries, before training begins, whether a network can be written and opened again."""

import logging
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.hdf5 import one_line_errors
from abnormal.models.lazy_network import digest_of_stored
from abnormal.models.model_check import Shape, shapes_of_weights, unknown_classes
from abnormal.models.model_path import KERAS_SUFFIX
from abnormal.models.network_file import read_network, save_network
from abnormal.models.own_code import MAIN, needs_of
from abnormal.models.stored_model import open_stored
from abnormal.replacing import writing
from abnormal.temporary import temporary_folder

TOLERANCE = 1e-4
"""The largest accepted difference of a pixel in [0, 1] after a network was opened again."""

_OTHERWISE = "it then computes something else"
_ADVICE_ON_CODE = (
    "Its classes and functions have to be at the top level of a file, and get_config of a class "
    "has to return all that it was made with."
)

log = logging.getLogger(__name__)


class _Trial(NamedTuple):
    """What has come of a trial.

    Attributes:
        problem: Why the network cannot be opened again; empty if it can.
        unknown: What the file names that is not among Keras's usual layers.
    """

    problem: str = ""
    unknown: tuple[str, ...] = ()


def require_storable(network: keras.Model, path: Path, shape: Shape) -> None:
    """Makes sure that a network can be stored, and computes the same when it is opened again.

    A warning says if that will take code which only a trusted file may run.

    Args:
        network: The network, which has its weights.
        path: The model file that is to be written.
        shape: Shape of the inputs and outputs, without the batch.

    Raises:
        AbnormalError: It cannot be stored or opened at all, or not in this format.
    """
    needs = needs_of(network)
    tried = _try(network, needs, path.suffix, shape)
    if tried.problem:
        advice = _ADVICE_ON_CODE if needs else "Build it otherwise."
        other = path.with_suffix(KERAS_SUFFIX)
        if path != other and not _try(network, needs, KERAS_SUFFIX, shape).problem:
            advice = f"Name the model file {other}, which can hold it."
        raise AbnormalError(
            f"The network {network.name} cannot be stored in {path} and opened again: "
            f"{tried.problem.rstrip('.')}. {advice}"
        )
    _warn_of_code(path, needs, tried.unknown)


def _warn_of_code(path: Path, needs: dict[str, str], unknown: tuple[str, ...]) -> None:
    if unknown:
        log.warning(
            "%s will be opened only with --trust (trust=True from Python), because the network has "
            "more than Keras's usual layers: %s",
            *(path, ", ".join(needs or unknown)),
        )
    if here := [need.partition(":")[2] for need in needs if need.startswith(f"{MAIN}:")]:
        log.warning(
            "%s is defined in a notebook or a program, and %s can be opened only where that is "
            "defined, too; put it in a file of its own, and any program can open it",
            *(", ".join(here), path),
        )


def _try(network: keras.Model, needs: dict[str, str], suffix: str, shape: Shape) -> _Trial:
    with temporary_folder() as folder:
        file = folder / f"network{suffix}"
        try:
            with one_line_errors(), writing(folder):
                save_network(file, network)
                with open_stored(file) as stored:
                    shapes_of_weights(stored.weights)
                    digest = digest_of_stored(stored.config, stored.weights)
                    unknown = tuple(sorted({*unknown_classes(stored.config)}))
                again = read_network(file, digest, shape, needs if unknown else None)
                return _Trial("" if _agree(network, again, shape) else _OTHERWISE, unknown)
        except CannotWriteError:
            raise
        except (AbnormalError, ValueError) as error:
            return _Trial(str(error))


def _agree(network: keras.Model, again: keras.Model, shape: Shape) -> bool:
    """Whether two networks compute the same, as far as the first one does so each time."""
    clips = np.random.default_rng(0).random((1, *shape), np.float32)
    first, second, then = (_outputs(each, clips) for each in (network, network, again))
    return not _same(first, second) or _same(first, then)


def _outputs(network: keras.Model, clips: np.ndarray) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(network(clips), "float32")))


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.allclose(one, other, rtol=0, atol=TOLERANCE, equal_nan=True))
