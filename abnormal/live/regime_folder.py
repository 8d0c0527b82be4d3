"""The files of all regimes that were learnt while a camera was watched; see `regime_file`."""

import contextlib
import logging
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.live.regime_file import (
    MOST_REGIMES,
    has_regime_of_another_model,
    read_regime,
    regime_path,
)
from abnormal.models.model import ModelInfo
from abnormal.scoring.calibration import Calibration

log = logging.getLogger(__name__)


def stored_regimes(
    folder: Path, camera: str, info: ModelInfo
) -> Iterator[tuple[Path, Calibration]]:
    """Yields the files of a camera's regimes with what is in them, those that can be used."""
    for number in range(1, MOST_REGIMES + 1):
        path = regime_path(folder, camera, number)
        with contextlib.suppress(OSError, AbnormalError):  # it is missing or damaged
            yield path, read_regime(path, info)


def read_regimes(folder: Path, camera: str, info: ModelInfo) -> dict[int, Calibration]:
    """Reads the regimes of a camera that were learnt before. Every value is checked.

    A file that is damaged, or that was learnt with another model, is left out; a warning says so.

    Args:
        folder: The folder of results.
        camera: Name of the camera.
        info: Facts about the model.

    Returns:
        The calibration of each of them, by its number; see `regime_path`.
    """
    found = {}
    for number in range(1, MOST_REGIMES + 1):
        path = regime_path(folder, camera, number)
        if not path.exists():
            continue
        try:
            found[number] = read_regime(path, info)
        except (OSError, AbnormalError) as error:
            log.warning(
                "%s cannot be used (%s): what %s showed then is learnt again when it comes.",
                *(path, error, camera),
            )
    return found


def free_number(folder: Path, camera: str, used: Collection[int], info: ModelInfo) -> int:
    """Chooses the number of the file for a regime that has just been learnt.

    It is one that has no file. Only if each has one, a file is replaced: first one that is damaged
    or of another model, and last one that this model could use.

    Args:
        folder: The folder of results.
        camera: Name of the camera.
        used: Numbers that are not free, of which there are fewer than `MOST_REGIMES`.
        info: Facts about the model.
    """
    usable = {path for path, _ in stored_regimes(folder, camera, info)}
    paths = {number: regime_path(folder, camera, number) for number in range(1, MOST_REGIMES + 1)}
    free = [number for number in paths if number not in used]
    return min(free, key=lambda n: (os.path.lexists(paths[n]), paths[n] in usable))


def regime_of_another_model(folder: Path, camera: str, digest: str, info: ModelInfo) -> Path | None:
    """Returns the file in which a regime is kept that was learnt with another model.

    Args:
        folder: The folder of results.
        camera: Name of the camera.
        digest: The digits of the regime; see `abnormal.live.regime_file.digest_of`.
        info: Facts about the model that is not the other one.

    Returns:
        None if there is no such file.
    """
    paths = [regime_path(folder, camera, number) for number in range(1, MOST_REGIMES + 1)]
    return next((path for path in paths if has_regime_of_another_model(path, digest, info)), None)
