"""The epochs of a run: fit, judge, keep the best weights, stop when nothing gets better.

A run can be left at any batch and gone on with: see `Fitting.checkpoint` and `Fitting.resume`.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from abnormal.errors import AbnormalError, Stopped
from abnormal.files import replacing
from abnormal.frames.cache import FrameCache
from abnormal.frames.clips import Clip, epoch_clips, validation_clips
from abnormal.training.batches import UNSHARED, ClipBatches, Share, SharedBatches
from abnormal.training.checkpoints import Checkpoint
from abnormal.training.early_stopping import EarlyStopping
from abnormal.training.footage import Footage
from abnormal.training.interrupt import Interrupt
from abnormal.training.keeper import Keeper, SilentKeeper
from abnormal.training.options import BINDING, TrainingOptions
from abnormal.training.progress import Meter, OpenMeter, write_to_tensorboard
from abnormal.training.replicas import ReplicatedNetwork
from abnormal.training.state import capture, restore, restore_metrics

HOW_TO_GO_ON = "stopped as asked; the same command goes on from here (without --restart)"
NOT_SAVED = "stopped as asked; no checkpoint could be written, so the same command does this again"


class Fitting:
    """A network being fitted to its footage, epoch by epoch.

    Attributes:
        network: The network, compiled.
        history: One entry per finished epoch: epoch, loss, val_loss.
        stopping: When to stop, and the best weights so far.
        epoch: How many epochs are finished.
        batch: How many batches of the next one are done.
    """

    def __init__(
        self,
        network: keras.Model,
        footage: Footage,
        options: TrainingOptions,
        keeper: Keeper | SilentKeeper,
        interrupt: Interrupt,
        say: Callable[[str], None],
        share: Share = UNSHARED,
    ) -> None:
        self.network = network
        self.history: list[dict[str, float]] = []
        self.stopping = EarlyStopping(options.patience)
        self.epoch = 0
        self.batch = 0
        self._epoch_loss: float | None = None  # of an epoch that is fitted but not yet judged
        self._running_loss: float | None = None  # so far, of the epoch that is under way
        self._restored: dict[str, np.ndarray] = {}
        self._saved: tuple[int, int] | None = None
        self._footage = footage
        self._options = options
        self._keeper = keeper
        self._interrupt = interrupt
        self._say = say
        self._share = share
        held_out = validation_clips(footage.held_out.lengths, options.clip_length)
        self._held_out = self._batches(footage.held_out, held_out)

    def differences(self, checkpoint: Checkpoint) -> list[str]:
        """What a checkpoint must share with a run that goes on from it, and does not."""
        made = checkpoint.state | checkpoint.state["options"]
        now = self._surroundings() | self._options.record()
        return [
            f"{name} was {made.get(name)}, is {now[name]}"
            for name in (*BINDING, *self._surroundings())
            if made.get(name) != now[name]
        ]

    def checkpoint(self) -> Checkpoint:
        """The run as it is now."""
        state = {
            "options": self._options.record(),
            **self._surroundings(),
            "history": self.history,
            "epoch_loss": self._epoch_loss,
            "running_loss": self._running_loss,
            "stopping": self.stopping.state(),
        }
        best = {f"best.{n:04d}": array for n, array in enumerate(self.stopping.best_weights)}
        return Checkpoint(self.epoch, self.batch, state, capture(self.network) | best)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Goes back to where a checkpoint was made."""
        self.network.optimizer.build(self.network.trainable_variables)
        restore(self.network, checkpoint.arrays)
        best = [name for name in sorted(checkpoint.arrays) if name.startswith("best.")]
        weights = [checkpoint.arrays[name] for name in best]
        self.stopping.restore(checkpoint.state["stopping"], weights)
        self.history = list(checkpoint.state["history"])
        self.epoch, self.batch = checkpoint.epoch, checkpoint.batch
        self._epoch_loss = checkpoint.state["epoch_loss"]
        self._running_loss = checkpoint.state["running_loss"]
        self._restored = checkpoint.arrays
        self._saved = (self.epoch, self.batch)

    def save_start(self) -> None:
        """Saves the run before its first batch, which puts it in the place of an older one."""
        self.network.optimizer.build(self.network.trainable_variables)
        self._save()

    def run(self, open_meter: OpenMeter) -> None:
        """Fits what is left of the epochs, or less if the validation loss stops falling.

        The network ends with the weights of the best epoch.

        Raises:
            AbnormalError: No video is long enough for a clip, or the loss is not finite.
            Stopped: A signal asked for it; a checkpoint has been written.
        """
        frames = self._frames_of_epoch() * self._options.epochs
        with open_meter(frames, self._frames_done()) as meter:
            while self.epoch < self._options.epochs and not self.stopping.should_stop:
                meter.set_description_str(f"epoch {self.epoch + 1}/{self._options.epochs}")
                self._run_epoch(meter)
        self._save()
        self._write_losses()
        if self.stopping.best_weights:
            self.network.set_weights(self.stopping.best_weights)

    def after_batch(self, batch: int, loss: float) -> None:
        """Takes note of a batch that is done: is the loss sound, is a checkpoint due?"""
        self.batch, self._running_loss = batch, loss
        self._demand_finite("losses", loss)
        asked = self._interrupt.poll()
        if self._keeper.is_due and not asked:
            self._save()
        if asked:
            self._stop()

    def stop_if_asked(self) -> None:
        """Stops the run with a checkpoint if a signal has come."""
        if self._interrupt.poll():
            self._stop()

    def _stop(self) -> None:
        saved = self._save()
        raise Stopped(HOW_TO_GO_ON if saved else NOT_SAVED, self._interrupt.exit_code)

    def _surroundings(self) -> dict[str, str]:
        """What a run depends on beside its options."""
        return {
            "data": self._footage.fingerprint[:12],
            "backend": keras.backend.backend(),
        }

    def _save(self) -> bool:
        """Saves a checkpoint, unless there is one of this very moment, and tells whether it is."""
        position = (self.epoch, self.batch)
        if self._saved != position:
            checkpoint = self.checkpoint()
            weights = [a for name, a in checkpoint.arrays.items() if name.startswith("network")]
            # The loss of a batch is from before its step, which may have ruined the weights.
            self._demand_finite("weights", *weights)
            if self._keeper.save(checkpoint):
                self._saved = position
        return self._saved == position

    def _demand_finite(self, name: str, *values: float | np.ndarray) -> None:
        if not all(np.isfinite(value).all() for value in values):
            raise AbnormalError(
                f"Training has diverged: the {name} of epoch {self.epoch + 1}, batch {self.batch} "
                f"are not finite. What is in {self._options.checkpoints} is from before. Begin "
                f"again with --restart and a --learning-rate smaller than "
                f"{self._options.learning_rate:g}."
            )

    def _write_losses(self) -> None:
        if self._share.host:
            return
        try:
            write_losses(losses_path(self._options.output), self.history)
        except AbnormalError as error:
            self._say(f"warning: {error} Training goes on")

    def _run_epoch(self, meter: Meter) -> None:
        if self._epoch_loss is None:
            self._epoch_loss = self._fit(meter)
        entry = {"epoch": self.epoch + 1, "loss": self._epoch_loss}
        if len(self._held_out):
            watch = WatchValidation(self, self._held_out)
            self.network.evaluate(self._held_out, verbose=0, callbacks=[watch])
            entry["val_loss"] = watch.loss
            self._demand_finite("validation losses", entry["val_loss"])
            self.stopping.update(self.epoch, entry["val_loss"], self.network.get_weights())
        self.history.append(entry)
        self.epoch, self.batch, self._epoch_loss = self.epoch + 1, 0, None
        self._write_losses()
        if self._options.tensorboard and not self._share.host:
            write_to_tensorboard(self._options.tensorboard, entry)

    def _fit(self, meter: Meter) -> float:
        """Goes through what is left of an epoch's clips and returns their mean loss."""
        clips = self._clips(self.epoch)[self.batch * self._options.batch_size :]
        before = self._running_loss or 0.0
        if not clips:  # the checkpoint was made after the last batch
            return before
        batches = self._batches(self._footage.training, clips)
        watch = WatchTraining(self, meter, batches, self._restored, before)
        self.network.fit(
            batches,
            initial_epoch=self.epoch,
            epochs=self.epoch + 1,
            shuffle=False,  # the clips are in random order already, one that can be had again
            verbose=0,
            callbacks=[watch],
        )
        self._restored = {}
        return watch.loss

    def _batches(self, cache: FrameCache, clips: Sequence[Clip]) -> ClipBatches:
        sizes = (self._options.clip_length, self._options.batch_size)
        if self._share.replicas == 1:
            return ClipBatches(cache, clips, *sizes)
        return SharedBatches(cache, clips, *sizes, self._share)

    def _clips(self, epoch: int) -> list[Clip]:
        options = self._options
        lengths = self._footage.training.lengths
        return epoch_clips(lengths, options.clip_length, options.strides, options.seed, epoch)

    def _frames_of_epoch(self) -> int:
        """Frames of the first epoch: the random starts of the others make little difference."""
        clips = len(self._clips(0))
        if not clips:
            raise AbnormalError(
                f"No training video is long enough for a clip of {self._options.clip_length} "
                f"frames with a stride of {min(self._options.strides)}. Choose smaller --strides."
            )
        return clips * self._options.clip_length

    def _frames_done(self) -> int:
        options = self._options
        in_epoch = self.batch * options.batch_size * options.clip_length
        return self.epoch * self._frames_of_epoch() + in_epoch


class WatchTraining(keras.callbacks.Callback):
    """Moves the meter and tells the fitting of each batch.

    Attributes:
        loss: The mean of the epoch so far.
    """

    def __init__(
        self,
        fitting: Fitting,
        meter: Meter,
        batches: ClipBatches,
        restored: Mapping[str, np.ndarray],
        loss: float,
    ) -> None:
        super().__init__()
        self.loss = loss
        self._fitting = fitting
        self._meter = meter
        self._batches = batches
        self._restored = restored
        self._before = fitting.batch

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Puts the running loss back, which Keras has just set to zero."""
        if self._restored and self._before:
            restore_metrics(self.model, self._restored, self._batches.counted(self._before))

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Shows the mean loss of the epoch so far."""
        mean = float((logs or {})["loss"])
        self.loss = self._batches.mean_loss(batch, self._before, self.loss, mean)
        self._meter.set_postfix_str(f"loss {self.loss:.5f}")
        self._meter.update(self._batches.frames_of(batch))
        self._fitting.after_batch(self._before + batch + 1, self.loss)
        if isinstance(self.model, ReplicatedNetwork):
            self.model.settle_metrics()


class WatchValidation(keras.callbacks.Callback):
    """Lets a signal stop a long validation.

    Attributes:
        loss: The mean so far.
    """

    def __init__(self, fitting: Fitting, batches: ClipBatches) -> None:
        super().__init__()
        self.loss = 0.0
        self._fitting = fitting
        self._batches = batches

    def on_test_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Takes note of the loss, and stops if that has been asked for."""
        self.loss = self._batches.mean_loss(batch, 0, self.loss, float((logs or {})["loss"]))
        self._fitting.stop_if_asked()


def losses_path(output: Path) -> Path:
    """The file of losses beside a model file: `model.losses.csv` beside `model.h5`."""
    return output.with_name(f"{output.stem}.losses.csv")


def write_losses(path: Path, history: list[dict[str, float]]) -> None:
    """Writes one row per epoch: epoch, loss, val_loss."""
    with replacing(path) as partial:
        pd.DataFrame(history).to_csv(partial, index=False)
