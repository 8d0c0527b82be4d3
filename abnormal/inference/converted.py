"""Networks as OpenVINO stores them, in the user's cache folder.

    ~/.cache/abnormal/openvino/
      0123abcd.npz     a converted network, under a hash of all that the conversion depends on

A file is complete or absent, and has a checksum. One that is damaged, or that cannot be kept,
costs another conversion and nothing else.
"""

import contextlib
import functools
import hashlib
import logging
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from abnormal.arrays import read_npz
from abnormal.cache_folder import cache_folder, remove_unused
from abnormal.errors import AbnormalError
from abnormal.files import make_folder
from abnormal.models.lazy_network import LazyNetwork
from abnormal.models.openvino_file import GRAPH, WEIGHTS, write_openvino
from abnormal.models.packages import import_openvino
from abnormal.replacing import replacing, writing
from abnormal.temporary import temporary_folder
from abnormal.version import __version__

KEEP = 20
"""Number of converted networks that the cache keeps, those used last. Each has about the size of
its model file."""

FORM = 2
"""Version of what the conversion makes of a network. It grows when that changes."""

log = logging.getLogger(__name__)


class Converted(NamedTuple):
    """A network as OpenVINO stores it.

    Attributes:
        xml: The graph, `(n,)` uint8.
        weights: The weights, `(m,)` uint8.
    """

    xml: np.ndarray
    weights: np.ndarray


def converted(network: LazyNetwork) -> Converted:
    """Returns a network as OpenVINO stores it, from the cache if it is there.

    Otherwise it is written or converted, and the cache keeps it.

    Raises:
        AbnormalError: The network cannot be read or converted.
    """
    known = f"{FORM} {__version__} {import_openvino().__version__} {network.digest}"
    path = cache_folder() / "openvino" / f"{hashlib.sha256(known.encode()).hexdigest()[:32]}.npz"
    found = _read(path)
    if found is None:
        found = _convert(network)
        _keep(path, found)
    return found


def _read(path: Path) -> Converted | None:
    """Reads a converted network, and notes that it was used; None if it is missing or damaged."""
    try:
        found = Converted(**read_npz(path, dict.fromkeys(Converted._fields, 1)))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AbnormalError) as error:
        log.warning("%s is damaged (%s) and made again", path, error)
        return None
    with contextlib.suppress(OSError):  # another process may have just removed it
        os.utime(path)
    return found


def _convert(network: LazyNetwork) -> Converted:
    with temporary_folder() as folder, writing(folder):
        write_openvino(network, folder)
        return Converted(*(np.fromfile(folder / name, np.uint8) for name in (GRAPH, WEIGHTS)))


def _keep(path: Path, made: Converted) -> None:
    """Writes a converted network into the cache, and removes those that were not used for long."""
    try:
        make_folder(path.parent)
        with replacing(path) as partial, partial.open("wb") as file:
            np.savez(file, **made._asdict())
    except AbnormalError as error:
        _say_once(
            f"the converted network is not kept, so that each start will convert it: {error} "
            "Or name one by the environment variable ABNORMAL_CACHE."
        )
        return
    remove_unused(path.parent, KEEP)


@functools.cache
def _say_once(text: str) -> None:
    log.warning("%s", text)
