"""What a run shows and keeps while it trains."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import keras

from abnormal.errors import AbnormalError


class Meter(Protocol):
    """What shows progress: `tqdm`, or nothing in a test."""

    def update(self, n: int) -> Any:
        """Adds frames."""

    def set_postfix_str(self, s: str) -> Any:
        """Shows a text beside the bar."""

    def set_description_str(self, desc: str) -> Any:
        """Shows a text before the bar."""


class ShowProgress(keras.callbacks.Callback):
    """Moves the meter after each batch."""

    def __init__(self, meter: Meter, frames_of_batch: list[int]) -> None:
        super().__init__()
        self._meter = meter
        self._frames = frames_of_batch

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Adds the batch's frames and shows the mean loss of the epoch so far."""
        self._meter.set_postfix_str(f"loss {(logs or {})['loss']:.5f}")
        self._meter.update(self._frames[batch])


def write_to_tensorboard(folder: Path, entry: Mapping[str, float]) -> None:
    """Adds an epoch's figures to a TensorBoard log.

    Raises:
        AbnormalError: TensorBoard is not installed.
    """
    try:
        import tensorboard.summary
    except ImportError:
        raise AbnormalError(
            "TensorBoard is not installed. Install it with `pip install 'abnormal[tensorboard]'`, "
            "or leave --tensorboard out."
        ) from None
    writer = tensorboard.summary.Writer(str(folder))
    for name, value in entry.items():
        if name != "epoch":
            writer.add_scalar(name, value, int(entry["epoch"]))
    writer.close()
