"""The epochs of a run: fit, judge, keep the best weights, stop when nothing gets better."""

import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import keras
import pandas as pd

from abnormal.errors import AbnormalError
from abnormal.files import replacing
from abnormal.frames.clips import Clip, epoch_clips, validation_clips
from abnormal.training.batches import ClipBatches
from abnormal.training.early_stopping import EarlyStopping
from abnormal.training.footage import Footage
from abnormal.training.options import TrainingOptions
from abnormal.training.progress import Meter, ShowProgress, write_to_tensorboard


class OpenMeter(Protocol):
    """Opens a progress meter for so many frames."""

    def __call__(self, frames: int) -> AbstractContextManager[Meter]:
        """Opens it."""


class Fitting:
    """A network being fitted to its footage, epoch by epoch.

    Attributes:
        network: The network; after `run` with the weights of the best epoch.
        history: One entry per finished epoch: epoch, loss, val_loss, seconds.
        stopping: When to stop, and the best weights so far.
    """

    def __init__(
        self, network: keras.Model, footage: Footage, clip_length: int, options: TrainingOptions
    ) -> None:
        self.network = network
        self.history: list[dict[str, float]] = []
        self.stopping = EarlyStopping(options.patience)
        self._footage = footage
        self._clip_length = clip_length
        self._options = options
        lengths = footage.held_out.lengths
        self._held_out = ClipBatches(
            footage.held_out,
            validation_clips(lengths, clip_length),
            clip_length,
            options.batch_size,
        )

    def run(self, open_meter: OpenMeter) -> None:
        """Fits all epochs, or fewer if the validation loss stops falling.

        Raises:
            AbnormalError: No video is long enough for a clip.
        """
        with open_meter(self._frames_of_run()) as meter:
            for epoch in range(self._options.epochs):
                self._epoch(epoch, meter)
                if self.stopping.should_stop:
                    break
        if self.stopping.best_weights:
            self.network.set_weights(self.stopping.best_weights)

    def _epoch(self, epoch: int, meter: Meter) -> None:
        started = time.monotonic()
        meter.set_description_str(f"epoch {epoch + 1}/{self._options.epochs}")
        entry = {"epoch": epoch + 1, "loss": self._fit(epoch, meter)}
        if len(self._held_out):
            entry["val_loss"] = float(self.network.evaluate(self._held_out, verbose=0))
            self.stopping.update(epoch, entry["val_loss"], self.network.get_weights())
        entry["seconds"] = round(time.monotonic() - started, 3)
        self.history.append(entry)
        write_losses(losses_path(self._options.output), self.history)
        if self._options.tensorboard:
            write_to_tensorboard(self._options.tensorboard, entry)

    def _fit(self, epoch: int, meter: Meter) -> float:
        """Goes through the clips of an epoch once and returns their mean loss."""
        clips = self._clips(epoch)
        size = self._options.batch_size
        batches = ClipBatches(self._footage.training, clips, self._clip_length, size)
        frames = [
            len(clips[start : start + size]) * self._clip_length
            for start in range(0, len(clips), size)
        ]
        fitted = self.network.fit(
            batches,
            initial_epoch=epoch,
            epochs=epoch + 1,
            shuffle=False,  # the clips are in random order already, one that can be had again
            verbose=0,
            callbacks=[ShowProgress(meter, frames)],
        )
        return float(fitted.history["loss"][0])

    def _clips(self, epoch: int) -> list[Clip]:
        return epoch_clips(
            self._footage.training.lengths,
            self._clip_length,
            self._options.strides,
            self._options.seed,
            epoch,
        )

    def _frames_of_run(self) -> int:
        """Frames of all epochs, if all are like the first: random starts make little difference."""
        clips = len(self._clips(0))
        if not clips:
            raise AbnormalError(
                f"No training video is long enough for a clip of {self._clip_length} frames with "
                f"a stride of {min(self._options.strides)}. Choose smaller --strides."
            )
        return clips * self._clip_length * self._options.epochs


def losses_path(output: Path) -> Path:
    """The file of losses beside a model file: `model.losses.csv` beside `model.h5`."""
    return output.with_name(f"{output.stem}.losses.csv")


def write_losses(path: Path, history: list[dict[str, float]]) -> None:
    """Writes one row per epoch: epoch, loss, val_loss, seconds."""
    with replacing(path) as partial:
        pd.DataFrame(history).to_csv(partial, index=False)
