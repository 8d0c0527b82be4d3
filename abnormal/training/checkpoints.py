"""Checkpoints on disk: each is a folder that is complete or absent, and protected by checksums.

    checkpoints/model/
      lock                        locked by the run that writes here
      epoch0003-batch000120/      number of finished epochs, and of batches of the next one
        state.json                everything that is not an array
        arrays.npz                network, optimizer, metrics and the best weights
        SHA256SUMS                checksums as `sha256sum` writes and checks them

A folder whose name ends in `.damaged` had wrong checksums, had been renamed, or was of another run
when a run tried to resume from it.
"""

import contextlib
import json
import logging
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from abnormal import checks
from abnormal.arrays import read_npz
from abnormal.errors import AbnormalError
from abnormal.files import make_folder, sha256
from abnormal.reading import parse_json, read_bytes
from abnormal.replacing import flush, remove_partial, replacing_folder
from abnormal.training.checkpoint_check import check_state

FORMAT = 1
"""Version of the format. It grows when older checkpoints can no longer be read."""

STATE, ARRAYS, SUMS = "state.json", "arrays.npz", "SHA256SUMS"
"""Names of the files in the folder of a checkpoint."""

POSITION = "saved_as"
"""Key of the state under which a checkpoint keeps its own name; those of older versions do not."""

MOST_SUMS = 10_000
"""Largest size of the file of checksums, in bytes."""

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
        state = {"format": FORMAT, POSITION: path.name, **checkpoint.state}
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
        state = dict(checks.mapping(STATE, parse_json(read_bytes(path / STATE))))
        arrays = read_npz(path / ARRAYS)
    except OSError as error:
        raise ValueError(f"{error.filename or path}: {error.strerror}") from error
    except AbnormalError as error:  # a pipe or a device
        raise ValueError(str(error)) from error
    if state.pop("format", None) != FORMAT:
        raise AbnormalError(
            f"The checkpoint {path} was made by another version of this program. Go on with that "
            "version, begin anew with --restart, or use another folder with --checkpoints."
        )
    saved_as = state.pop(POSITION, path.name)
    if saved_as != path.name:
        raise ValueError(f"it was saved as {checks.shown(saved_as)}, and has been renamed since")
    check_state(state)
    return Checkpoint(epoch, batch, state, arrays)


def newest_checkpoint(
    folder: Path,
    report_damage: bool = True,
    differences: Callable[[Checkpoint], Sequence[str]] = lambda _: (),
) -> Checkpoint | None:
    """Reads the newest checkpoint that is not damaged.

    Args:
        folder: Folder of the checkpoints.
        report_damage: Whether to log a warning for each newer checkpoint that is damaged, or is of
            another run.
        differences: Tells why a checkpoint is of another run; empty if it is of this one.

    Returns:
        The checkpoint; None if the folder has no checkpoints. If all of them are of another run,
        it is the newest of these.

    Raises:
        AbnormalError: All checkpoints are damaged.
    """
    remove_partial(folder)
    found, damaged, others = list_checkpoints(folder), [], []
    usable: Checkpoint | None = None
    for path in reversed(found):
        try:
            checkpoint = load_checkpoint(path)
            reasons = differences(checkpoint)
        except ValueError as error:
            damaged.append(f"the checkpoint {path} is damaged ({error}); it is not used")
            continue
        if not reasons:
            usable = checkpoint
            break
        others.append((checkpoint, f"the checkpoint {path} is of another run ({reasons[0]})"))
    if report_damage:
        for note in damaged + [f"{note}; it is not used" for _, note in others if usable]:
            log.warning("%s", note)
    if found and not usable and not others:
        raise AbnormalError(
            f"All {len(found)} checkpoints in {folder} are damaged. To begin again from nothing: "
            "--restart, or another folder with --checkpoints."
        )
    return usable or next((checkpoint for checkpoint, _ in others), None)


def set_damaged_aside(folder: Path, used: Checkpoint) -> None:
    """Renames the checkpoints that are newer than the one used, being damaged or of another run.

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
    lines = read_bytes(path / SUMS, MOST_SUMS).decode("ascii", "replace").splitlines()
    parts = (line.partition("  ") for line in lines)
    sums = {name: digest for digest, _, name in parts}
    for name in (STATE, ARRAYS):
        if sums.get(name) != sha256(path / name):
            raise ValueError(f"the checksum of {name} does not fit")
