"""Remembers a run that is finished, so that the same command has nothing left to do.

What the model is taught afterwards, by a dismissal or another calibration, and newer versions of
the program and its libraries change nothing in that. Keras is not imported here, because nothing is
left to be computed.
"""

import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from abnormal.errors import AbnormalError
from abnormal.files import read_json, write_json
from abnormal.frames.manifest import (
    VideoRecord,
    camera_fingerprint,
    fingerprint,
    read_manifest,
)
from abnormal.models.defaults import is_file_and_function
from abnormal.models.stored_network import digest_of_network
from abnormal.training.checkpoints import list_checkpoints
from abnormal.training.options import OwnParts, TrainingOptions

FINISHED = "finished.json"
"""Name of the file in the folder of checkpoints."""

NETWORK = "network"
"""Key of the hash of the finished network. Notes of earlier versions do not have it."""

_IRRELEVANT = ("restart", "keep", "checkpoint_every", "tune")
"""Options that change nothing in a model that is there."""

_NOT_YET: dict[str, Any] = {}
"""The note of a run whose model file has yet to be written, whatever network the file has."""

log = logging.getLogger(__name__)


def note_finished(options: TrainingOptions, footage: Sequence[VideoRecord]) -> None:
    """Notes that a run has written and examined its model.

    Args:
        options: The options of the run, as they were given.
        footage: All training videos of `img/` when the run began. Others may be there by now.
    """
    with contextlib.suppress(AbnormalError):  # it only costs a longer look the next time
        write_json(options.checkpoints / FINISHED, _identity(options, footage))


def forget_finished(checkpoints: Path, must_write: bool = False) -> None:
    """Forgets that a run was finished, because its model is not, or no longer, examined.

    Args:
        checkpoints: Folder of the run's checkpoints.
        must_write: Whether the run has to write its model file even if that has its network
            already; see `must_write_model`.
    """
    with contextlib.suppress(OSError):
        (checkpoints / FINISHED).unlink(missing_ok=True)
    if must_write:
        with contextlib.suppress(AbnormalError):
            write_json(checkpoints / FINISHED, _NOT_YET)


def must_write_model(checkpoints: Path) -> bool:
    """Tells whether a run was stopped before it could write its model file, as it has to.

    Args:
        checkpoints: Folder of the run's checkpoints.
    """
    try:
        return bool(read_json(checkpoints / FINISHED) == _NOT_YET)
    except AbnormalError:
        return False


def is_finished(options: TrainingOptions) -> bool:
    """Tells whether there is nothing to do for a run with these options, and then says so.

    Options and footage have to be those of then, the model file has to hold the same network, and
    the checkpoints have to be there. Where code of one's own takes part it is not known whether
    that has changed, so that `abnormal.training.run.train` has to find out.
    """
    has_own_code = is_file_and_function(options.arch) or options.own != OwnParts()
    if options.restart or has_own_code or not list_checkpoints(options.checkpoints):
        return False
    try:
        identity = _identity(options, read_manifest(options.img, "training"))
        finished = bool(read_json(options.checkpoints / FINISHED) == identity)
    except (AbnormalError, ValueError):
        return False
    if finished:
        log.info(
            "this run is finished, and %s has its network, with all that it has learnt since; to "
            "begin again from nothing: --restart (`restart=True` from Python)",
            options.output,
        )
    return finished


def has_finished_network(checkpoints: Path, output: Path) -> bool:
    """Tells whether a run has noted that the model with the network in a file was examined.

    Args:
        checkpoints: Folder of the run's checkpoints.
        output: The model file.
    """
    try:
        return bool(read_json(checkpoints / FINISHED).get(NETWORK) == digest_of_network(output))
    except (AbnormalError, AttributeError):
        return False


def _identity(options: TrainingOptions, footage: Sequence[VideoRecord]) -> dict[str, Any]:
    record = options.record()
    return {
        "options": {name: record[name] for name in record if name not in _IRRELEVANT},
        "data": fingerprint(footage),
        "cameras": camera_fingerprint(footage),
        NETWORK: digest_of_network(options.output),
    }
