"""Checkpoints on disk: each is a folder that is complete or absent, and protected by checksums.

    checkpoints/model/
      lock                        locked by the run that writes here
      epoch0003-batch000120/      number of finished epochs, and of batches of the next one
        state.json                everything that is not an array
        arrays.npz                network, optimizer, metrics and the best weights
        SHA256SUMS                checksums as `sha256sum` writes and checks them

A folder whose name ends in `.damaged` had wrong checksums when a run tried to resume from it.
"""

import contextlib
import json
import logging
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.files import flush, make_folder, remove_partial, replacing_folder, sha256

FORMAT = 1
"""Version of the format. It grows when older checkpoints can no longer be read."""

STATE, ARRAYS, SUMS = "state.json", "arrays.npz", "SHA256SUMS"
"""Names of the files in the folder of a checkpoint."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training run between two batches.

    Attributes:
        epoch: Number of finished epochs.
        batch: Number of finished batches of the next epoch.
        state: Everything that is not an array, as JSON can store it: options, history, losses.
        arrays: Variables of the network, of its optimizer and of its metrics, and the best
            weights, by name, each with its own shape and dtype.
    """

    epoch: int
    batch: int
    state: dict[str, Any]
    arrays: dict[str, np.ndarray]


def list_checkpoints(folder: Path) -> list[Path]:
    """Lists the folders of the checkpoints, oldest first, without reading the checkpoints."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if _position(path) and path.is_dir()]
    return sorted(found, key=_position)


def save_checkpoint(folder: Path, checkpoint: Checkpoint, keep: int) -> Path:
    """Writes a checkpoint, then removes the oldest ones beyond `keep`.

    Returns:
        Folder of the new checkpoint.

    Raises:
        OSError: The checkpoint could not be written. The older ones are still there.
        AbnormalError: The folder of checkpoints could not be created.
    """
    make_folder(folder)
    remove_partial(folder)
    path = folder / f"epoch{checkpoint.epoch:04d}-batch{checkpoint.batch:06d}"
    with replacing_folder(path) as partial:
        state = {"format": FORMAT, **checkpoint.state}
        (partial / STATE).write_text(json.dumps(state, indent=1), "utf-8")
        np.savez(partial / ARRAYS, **checkpoint.arrays)  # type: ignore[arg-type]
        sums = "".join(f"{sha256(partial / name)}  {name}\n" for name in (STATE, ARRAYS))
        (partial / SUMS).write_text(sums, "ascii")
        for name in (STATE, ARRAYS, SUMS, ""):
            flush(partial / name)
    flush(folder)
    for old in list_checkpoints(folder)[:-keep]:
        shutil.rmtree(old, ignore_errors=True)
    return path


def load_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint and verifies its checksums.

    Raises:
        ValueError: The checkpoint is damaged; the message says how.
        AbnormalError: The checkpoint was made by another version of this program.
    """
    epoch, batch = _position(path)
    try:
        _check_sums(path)
        state = json.loads((path / STATE).read_text("utf-8"))
        with np.load(path / ARRAYS, allow_pickle=False) as stored:
            arrays = dict(stored)
    except OSError as error:
        raise ValueError(f"{error.filename or path}: {error.strerror}") from error
    if state.pop("format", None) != FORMAT:
        raise AbnormalError(
            f"The checkpoint {path} was made by another version of this program. Go on with that "
            "version, begin anew with --restart, or use another folder with --checkpoints."
        )
    return Checkpoint(epoch, batch, state, arrays)


def newest_checkpoint(folder: Path, report_damage: bool = True) -> Checkpoint | None:
    """Reads the newest checkpoint that is not damaged.

    Args:
        folder: Folder of the checkpoints.
        report_damage: Whether to log a warning for each newer checkpoint that is damaged.

    Returns:
        The checkpoint; None if the folder has no checkpoints.

    Raises:
        AbnormalError: All checkpoints are damaged.
    """
    remove_partial(folder)
    found = list_checkpoints(folder)
    for path in reversed(found):
        try:
            return load_checkpoint(path)
        except ValueError as error:
            if report_damage:
                log.warning("the checkpoint %s is damaged (%s); it is not used", path, error)
    if found:
        raise AbnormalError(
            f"All {len(found)} checkpoints in {folder} are damaged. To begin again from nothing: "
            "--restart, or another folder with --checkpoints."
        )
    return None


def set_damaged_aside(folder: Path, used: Checkpoint) -> None:
    """Renames the damaged checkpoints that are newer than the one used.

    Otherwise the run that resumes from that one would take them for newer checkpoints of its own.
    """
    for path in list_checkpoints(folder):
        if _position(path) > (used.epoch, used.batch):
            aside = path.with_name(f"{path.name}.damaged")
            shutil.rmtree(aside, ignore_errors=True)
            with contextlib.suppress(OSError):
                path.rename(aside)


def _position(path: Path) -> tuple[int, ...]:
    """Reads epoch and batch from the name of a folder; empty if it is not a checkpoint."""
    match = re.fullmatch(r"epoch(\d{4,})-batch(\d{6,})", path.name)
    return (int(match[1]), int(match[2])) if match else ()


def _check_sums(path: Path) -> None:
    """Raises `ValueError` if a file of a checkpoint does not have its checksum."""
    lines = (path / SUMS).read_text("ascii", "replace").splitlines()
    parts = (line.partition("  ") for line in lines)
    sums = {name: digest for digest, _, name in parts}
    for name in (STATE, ARRAYS):
        if sums.get(name) != sha256(path / name):
            raise ValueError(f"the checksum of {name} does not fit")
