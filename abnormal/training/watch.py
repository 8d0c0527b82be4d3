"""Follows the batches of a run: shows how far it is, and lets the run check each loss."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import keras
import numpy as np

from abnormal.errors import AbnormalError
from abnormal.progress import Progress
from abnormal.training.batches import ClipBatches
from abnormal.training.replicas import ReplicatedNetwork
from abnormal.training.state import restore_metrics

if TYPE_CHECKING:
    from abnormal.training.fitting import Fitting


class WatchTraining(keras.callbacks.Callback):
    """Shows the progress of an epoch, and lets its `Fitting` check the loss of each batch.

    Args:
        fitting: The run that the epoch belongs to.
        progress: Shows the progress of the run.
        batches: The remaining batches of the epoch.
        restored: Arrays of the checkpoint that the run resumes from; empty if there is none.
        loss: Mean loss of the batches that are finished.

    Attributes:
        loss: Mean loss of the epoch so far.
    """

    def __init__(
        self,
        fitting: "Fitting",
        progress: Progress,
        batches: ClipBatches,
        restored: Mapping[str, np.ndarray],
        loss: float,
    ) -> None:
        super().__init__()
        self.loss = loss
        self._fitting = fitting
        self._progress = progress
        self._batches = batches
        self._restored = restored
        self._before = fitting.batch

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Restores the running loss, which Keras has just reset to zero."""
        if self._restored and self._before:
            restore_metrics(self.model, self._restored, self._batches.clips_in(self._before))

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Shows the mean loss of the epoch so far, and lets the run check it."""
        mean = _loss_in(logs)
        self.loss = self._batches.mean_loss(batch, self._before, self.loss, mean)
        self._progress.note = f"loss {self.loss:.5f}"
        self._progress.advance(self._batches.frame_count(batch))
        self._fitting.after_batch(self._before + batch + 1, self.loss)
        if isinstance(self.model, ReplicatedNetwork):
            self.model.spread_metrics()


class WatchValidation(keras.callbacks.Callback):
    """Computes the validation loss, and lets a signal stop a long validation.

    Args:
        fitting: The run that is validated.
        batches: The batches of the held-out footage.

    Attributes:
        loss: Mean validation loss so far; 0 before the first batch.
    """

    def __init__(self, fitting: "Fitting", batches: ClipBatches) -> None:
        super().__init__()
        self.loss = 0.0
        self._fitting = fitting
        self._batches = batches

    def on_test_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Updates the mean loss, and stops the run if a signal has asked for that."""
        self.loss = self._batches.mean_loss(batch, 0, self.loss, _loss_in(logs))
        self._fitting.stop_if_asked()


def _loss_in(logs: Mapping[str, float] | None) -> float:
    if not logs or "loss" not in logs:
        raise AbnormalError(
            f"The training step of the network returns {', '.join(logs or ()) or 'nothing'}. "
            "Expected: a dict with the mean loss of the epoch so far as 'loss'."
        )
    return float(logs["loss"])
