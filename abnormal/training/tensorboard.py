"""Writes the losses of a training run to files that TensorBoard can show."""

import contextlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path

from abnormal.commands import install_command
from abnormal.errors import AbnormalError
from abnormal.files import make_folder


def check_tensorboard(folder: Path) -> None:
    """Makes sure, before training begins, that TensorBoard's files can be written.

    Raises:
        AbnormalError: TensorBoard is not installed, or the folder cannot be written to.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise AbnormalError(
            f"TensorBoard is not installed. Install it with `{install_command('tensorboard')}`, "
            "or leave --tensorboard out."
        )
    make_folder(folder)


def write_to_tensorboard(folder: Path, entry: Mapping[str, float]) -> None:
    """Adds the losses of one epoch to TensorBoard's files.

    Args:
        folder: Folder of TensorBoard's files.
        entry: The losses by name, and the 1-based number of the epoch as `epoch`.

    Raises:
        Exception: They cannot be written. TensorFlow has an error class for each reason.
    """
    import tensorboard.summary

    with contextlib.closing(tensorboard.summary.Writer(str(folder))) as writer:
        for name, value in entry.items():
            if name != "epoch":
                writer.add_scalar(name, value, int(entry["epoch"]))
