"""What a run shows while it trains."""

import importlib.util
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from abnormal.errors import AbnormalError
from abnormal.files import make_folder


class Meter(Protocol):
    """What shows progress: `tqdm`, or nothing in a test."""

    def update(self, n: int) -> Any:
        """Adds frames."""

    def set_postfix_str(self, s: str) -> Any:
        """Shows a text beside the bar."""

    def set_description_str(self, desc: str) -> Any:
        """Shows a text before the bar."""


class OpenMeter(Protocol):
    """Opens a progress meter for so many frames, of which some are done."""

    def __call__(self, frames: int, done: int) -> AbstractContextManager[Meter]:
        """Opens it."""


def check_tensorboard(folder: Path) -> None:
    """Sees before the training whether TensorBoard's files can be written.

    Raises:
        AbnormalError: TensorBoard is not installed, or the folder cannot be written to.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise AbnormalError(
            "TensorBoard is not installed. Install it with `pip install 'abnormal[tensorboard]'`, "
            "or leave --tensorboard out."
        )
    make_folder(folder)


def write_to_tensorboard(folder: Path, entry: Mapping[str, float]) -> None:
    """Adds an epoch's figures to a TensorBoard log."""
    import tensorboard.summary

    writer = tensorboard.summary.Writer(str(folder))
    for name, value in entry.items():
        if name != "epoch":
            writer.add_scalar(name, value, int(entry["epoch"]))
    writer.close()
