"""Checkpoints on disk: each is one folder, complete or absent, and proves itself by checksums.

    checkpoints/model/
      lock                        held by the run that writes here
      epoch0003-batch000120/      epochs finished, and batches of the next one
        state.json                all that is not an array
        arrays.npz                network, optimizer, metrics, best weights
        SHA256SUMS                as `sha256sum` writes and checks them

A name ending in `.damaged` is a folder whose checksums did not fit when it was to be used.
"""

import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.files import make_folder, remove_partial, replacing_folder, sha256

STATE, ARRAYS, SUMS = "state.json", "arrays.npz", "SHA256SUMS"


@dataclass(frozen=True)
class Checkpoint:
    """A run at one moment.

    Attributes:
        epoch: Epochs finished.
        batch: Batches of the next epoch that are done.
        state: What JSON can hold.
        arrays: Everything else, by name.
    """

    epoch: int
    batch: int
    state: dict[str, Any]
    arrays: dict[str, np.ndarray]


def list_checkpoints(folder: Path) -> list[Path]:
    """The folders of the checkpoints, oldest first, unread."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _position(path) and path.is_dir())


def save_checkpoint(folder: Path, checkpoint: Checkpoint, keep: int) -> Path:
    """Writes a checkpoint, then removes the oldest beyond `keep`.

    Raises:
        OSError: It could not be written. Those that were there are untouched.
        AbnormalError: Its folder cannot be made.
    """
    make_folder(folder)
    remove_partial(folder)
    path = folder / f"epoch{checkpoint.epoch:04d}-batch{checkpoint.batch:06d}"
    with replacing_folder(path) as partial:
        (partial / STATE).write_text(json.dumps(checkpoint.state, indent=1), "utf-8")
        np.savez(partial / ARRAYS, **checkpoint.arrays)  # type: ignore[arg-type]
        sums = "".join(f"{sha256(partial / name)}  {name}\n" for name in (STATE, ARRAYS))
        (partial / SUMS).write_text(sums, "ascii")
        for name in (STATE, ARRAYS, SUMS, ""):
            _flush(partial / name)
    _flush(folder)
    for old in list_checkpoints(folder)[:-keep]:
        shutil.rmtree(old, ignore_errors=True)
    return path


def load_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint and proves it whole.

    Raises:
        ValueError: It is damaged; the message says how.
    """
    position = _position(path)
    if position is None:
        raise ValueError(f"{path.name} is not the name of a checkpoint")
    try:
        _check_sums(path)
        state = json.loads((path / STATE).read_text("utf-8"))
        with np.load(path / ARRAYS, allow_pickle=False) as stored:
            arrays = dict(stored)
    except OSError as error:
        raise ValueError(f"{error.filename or path}: {error.strerror}") from error
    return Checkpoint(*position, state, arrays)


def newest_checkpoint(folder: Path, warn: Callable[[str], None]) -> Checkpoint | None:
    """The newest checkpoint that is whole; damaged ones are named and set aside.

    Args:
        folder: The folder of checkpoints.
        warn: Tells the user of each damaged one.

    Returns:
        None where there has never been one.

    Raises:
        AbnormalError: There are some, and all are damaged.
    """
    remove_partial(folder)
    found = list_checkpoints(folder)
    for path in reversed(found):
        try:
            return load_checkpoint(path)
        except ValueError as error:
            warn(f"warning: the checkpoint {path} is damaged ({error}); the one before it is used")
    if found:
        raise AbnormalError(
            f"All {len(found)} checkpoints in {folder} are damaged. To begin again from nothing: "
            "--restart, or another folder with --checkpoints."
        )
    return None


def set_damaged_aside(folder: Path, used: Checkpoint) -> None:
    """Renames checkpoints newer than the one used, so that they are not taken for the newest."""
    for path in list_checkpoints(folder):
        position = _position(path)
        if position and position > (used.epoch, used.batch):
            with contextlib.suppress(OSError):
                path.rename(path.with_name(f"{path.name}.damaged"))


def same_arrays(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> bool:
    """Whether two sets of arrays are the same, bit for bit."""
    return one.keys() == other.keys() and all(
        value.dtype == other[name].dtype and value.tobytes() == other[name].tobytes()
        for name, value in one.items()
    )


def _position(path: Path) -> tuple[int, int] | None:
    match = re.fullmatch(r"epoch(\d{4,})-batch(\d{6,})", path.name)
    return (int(match[1]), int(match[2])) if match else None


def _check_sums(path: Path) -> None:
    lines = (path / SUMS).read_text("ascii", "replace").splitlines()
    parts = (line.partition("  ") for line in lines)
    sums = {name: digest for digest, _, name in parts}
    for name in (STATE, ARRAYS):
        if sums.get(name) != sha256(path / name):
            raise ValueError(f"the checksum of {name} does not fit")


def _flush(path: Path) -> None:
    """Sends a file or folder to the disk; some mounted folders cannot, and need no error."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
