"""Remembers a run that is finished, so that the same command has nothing left to do.

What the model is taught afterwards, by a dismissal or another calibration, and newer versions of
the program and its libraries change nothing in that. Keras is not imported here, because nothing is
left to be computed.
"""

import contextlib
import logging
from pathlib import Path
from typing import Any

from abnormal.errors import AbnormalError
from abnormal.files import read_json, write_json
from abnormal.frames.manifest import camera_fingerprint, fingerprint, read_manifest
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

log = logging.getLogger(__name__)


def note_finished(options: TrainingOptions) -> None:
    """Notes that a run has written and examined its model.

    Args:
        options: The options of the run, as they were given.
    """
    with contextlib.suppress(AbnormalError):  # it only costs a longer look the next time
        write_json(options.checkpoints / FINISHED, _identity(options))


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
        finished = bool(read_json(options.checkpoints / FINISHED) == _identity(options))
    except (AbnormalError, ValueError):
        return False
    if finished:
        log.info(
            "this run is finished, and %s has its network, with all that it has learnt since; to "
            "begin again from nothing: --restart",
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


def _identity(options: TrainingOptions) -> dict[str, Any]:
    record, footage = options.record(), read_manifest(options.img, "training")
    return {
        "options": {name: record[name] for name in record if name not in _IRRELEVANT},
        "data": fingerprint(footage),
        "cameras": camera_fingerprint(footage),
        NETWORK: digest_of_network(options.output),
    }
