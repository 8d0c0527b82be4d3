"""Remembers a run that is finished, so that the same command does not calibrate its model again.

Keras is not imported here, because nothing is left to be computed.
"""

import contextlib
from typing import Any

from abnormal.errors import AbnormalError
from abnormal.files import read_json, sha256, write_json
from abnormal.frames.manifest import fingerprint, read_manifest
from abnormal.models.backend import COMPUTE_NETWORKS
from abnormal.training.checkpoints import list_checkpoints
from abnormal.training.options import TrainingOptions
from abnormal.version import installed_versions

FINISHED = "finished.json"
"""Name of the file in the folder of checkpoints."""

_IRRELEVANT = ("restart", "keep", "checkpoint_every", "tune")
"""Options that change nothing in a model that is there."""


def note_finished(options: TrainingOptions) -> None:
    """Notes that a run has written its model file.

    Args:
        options: The options of the run, as they were given.
    """
    with contextlib.suppress(AbnormalError):  # it only costs another calibration
        write_json(options.checkpoints / FINISHED, _identity(options))


def is_finished(options: TrainingOptions) -> bool:
    """Tells whether a run with these options is finished, and nothing has changed since.

    Options, footage, versions and the model file have to be those of then, and its checkpoints
    have to be there.
    """
    note = options.checkpoints / FINISHED
    if options.restart or not (note.is_file() and options.output.is_file()):
        return False
    if not list_checkpoints(options.checkpoints):
        return False
    try:
        return bool(read_json(note) == _identity(options))
    except (AbnormalError, ValueError):
        return False


def _identity(options: TrainingOptions) -> dict[str, Any]:
    record = options.record()
    return {
        "options": {name: record[name] for name in record if name not in _IRRELEVANT},
        "data": fingerprint(read_manifest(options.img, "training")),
        "versions": installed_versions(COMPUTE_NETWORKS),
        "model": sha256(options.output),
    }
