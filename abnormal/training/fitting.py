"""Runs the epochs of a training run: fits, validates, keeps the best weights, and stops early.

A run can stop after any batch and be resumed: see `Fitting.checkpoint` and `Fitting.resume`.
"""

from collections.abc import Sequence

import keras
import numpy as np

from abnormal.errors import AbnormalError, Stopped
from abnormal.frames.cache import FrameCache
from abnormal.frames.clips import Clip, end_to_end_clips, epoch_clips
from abnormal.progress import Progress
from abnormal.training.batches import ClipBatches, SharedBatches
from abnormal.training.callbacks import OwnCallbacks
from abnormal.training.checkpoint_writer import CheckpointWriter, NoCheckpoints
from abnormal.training.checkpoints import Checkpoint
from abnormal.training.devices import ONE_DEVICE, Devices
from abnormal.training.early_stopping import EarlyStopping
from abnormal.training.footage import Footage
from abnormal.training.forms import restore_forms, state_of
from abnormal.training.interrupt import Interrupt
from abnormal.training.loss_files import LossFiles
from abnormal.training.options import TrainingOptions
from abnormal.training.same_run import differences, facts_beside_options
from abnormal.training.state import capture, have_shapes, restore
from abnormal.training.watch import WatchTraining, WatchValidation

HOW_TO_RESUME = "stopped as asked; the same command goes on from here (without --restart)"
"""Message of a run that a signal has stopped, if its checkpoint has been written."""

NOT_SAVED = "stopped as asked; no checkpoint could be written, so the same command does this again"
"""Message of a run that a signal has stopped, if its checkpoint could not be written."""


class Fitting:
    """Fits a network to its footage, epoch by epoch.

    A new object is at the first batch of the first epoch, until `resume` is called.

    Args:
        network: The compiled network to fit.
        footage: The footage to train on, and the footage to validate on.
        options: The options of the run, with a number as batch size.
        writer: Writes the checkpoints.
        interrupt: Tells whether a signal has asked the run to stop.
        devices: The devices that share each batch.

    Attributes:
        network: The compiled network.
        history: For each finished epoch its 1-based number (`epoch`), its mean loss (`loss`), and
            its validation loss (`val_loss`) if any footage is held out.
        stopping: Keeps the best weights so far, and decides when to stop.
        epoch: Number of finished epochs.
        batch: Number of finished batches of the next epoch.

    Raises:
        AbnormalError: No video is long enough for a clip.
    """

    def __init__(
        self,
        network: keras.Model,
        footage: Footage,
        options: TrainingOptions,
        writer: CheckpointWriter | NoCheckpoints,
        interrupt: Interrupt,
        devices: Devices = ONE_DEVICE,
    ) -> None:
        self.network = network
        self.history: list[dict[str, float]] = []
        self.stopping = EarlyStopping(options.patience)
        self.epoch = 0
        self.batch = 0
        self._epoch_loss: float | None = None  # set while the epoch is fitted, but not validated
        self._running_loss: float | None = None  # mean loss of the current epoch so far
        self._restored: dict[str, np.ndarray] = {}
        self._saved: tuple[int, int] | None = None
        self._stopped = False  # by a callback
        self._footage = footage
        self._options = options
        self._writer = writer
        self._interrupt = interrupt
        self._devices = devices
        held_out = end_to_end_clips(footage.held_out.lengths, options.clip_length)
        self._held_out = self._batches(footage.held_out, held_out)
        self._callbacks = OwnCallbacks(options.own.callbacks, network)
        self._loss_files = LossFiles(options, devices.is_first_host)
        self._facts = facts_beside_options(options, footage, network)
        self._frames_of_epoch = self._count_frames()

    def differences(self, checkpoint: Checkpoint) -> list[str]:
        """Returns the reasons why this run cannot resume from a checkpoint; empty if it can.

        Raises:
            ValueError: No run can resume from it, because something is missing.
        """
        return differences(checkpoint, self._options, self._facts)

    def checkpoint(self) -> Checkpoint:
        """Returns the current state of the run."""
        state = {
            "options": self._options.record(),
            **self._facts,
            "history": self.history,
            "epoch_loss": self._epoch_loss,
            "running_loss": self._running_loss,
            "stopping": self.stopping.state(),
            "stopped": self._stopped,
            **state_of(self.network),
        }
        best = {f"best.{n:04d}": array for n, array in enumerate(self.stopping.best_weights)}
        return Checkpoint(self.epoch, self.batch, state, capture(self.network) | best)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Restores the state of a checkpoint, so that `run` goes on from there.

        Raises:
            AbnormalError: The checkpoint does not fit the network.
        """
        restore_forms(self.network, checkpoint.state)
        self.network.optimizer.build(self.network.trainable_variables)
        restore(self.network, checkpoint.arrays)
        best = [name for name in sorted(checkpoint.arrays) if name.startswith("best.")]
        weights = [checkpoint.arrays[name] for name in best]
        if weights and not have_shapes(weights, self.network.get_weights()):
            raise AbnormalError(
                "The best weights in the checkpoint do not fit the network. Begin again with "
                "--restart."
            )
        self.stopping.restore(checkpoint.state["stopping"], weights)
        self.history = list(checkpoint.state["history"])
        self.epoch, self.batch = checkpoint.epoch, checkpoint.batch
        self._epoch_loss = checkpoint.state["epoch_loss"]
        self._running_loss = checkpoint.state["running_loss"]
        self._stopped = bool(checkpoint.state.get("stopped"))  # unknown to earlier versions
        self._restored = checkpoint.arrays
        self._saved = (self.epoch, self.batch)

    def save_start(self) -> None:
        """Saves a checkpoint before the first batch, so that it replaces those of an older run."""
        self.network.optimizer.build(self.network.trainable_variables)
        self._save()

    def run(self) -> None:
        """Runs the remaining epochs, or fewer if the validation loss stops improving.

        Afterwards the network has the weights of the best epoch.

        Raises:
            AbnormalError: The loss is not finite.
            Stopped: A signal asked the run to stop. A checkpoint has been written, if that was
                possible.
        """
        frames = self._frames_of_epoch * self._options.epochs
        with Progress("frames", frames, self._title(), self._frames_done()) as progress:
            self._callbacks.begin(self._options.epochs)
            while not self.is_finished:
                progress.title = self._title()
                self._run_epoch(progress)
            self._callbacks.end()
        self._save()
        self._loss_files.write_table(self.history)
        self.stop_if_asked()  # after this, a checkpoint would have the best weights, not the last
        if self.stopping.best_weights:
            self.network.set_weights(self.stopping.best_weights)

    @property
    def is_finished(self) -> bool:
        """Whether no epoch is left."""
        return self.epoch >= self._options.epochs or self.has_stopped_early

    @property
    def has_stopped_early(self) -> bool:
        """Whether the validation loss has stopped improving, or a callback has asked to stop."""
        return self.stopping.should_stop or self._stopped

    def after_batch(self, batch: int, loss: float) -> None:
        """Checks the loss after a batch, and saves a checkpoint if one is due.

        Args:
            batch: Number of finished batches of the epoch.
            loss: Mean loss of the epoch so far.

        Raises:
            AbnormalError: The loss is not finite.
            Stopped: A signal asked the run to stop.
        """
        self.batch, self._running_loss = batch, loss
        self._require_finite("losses", loss)
        must_stop = self._interrupt.poll()
        if self._writer.is_due and not must_stop:
            self._save()
        if must_stop:
            self._stop()

    def stop_if_asked(self) -> None:
        """Saves a checkpoint and ends the run if a signal has asked for that.

        Raises:
            Stopped: A signal asked the run to stop.
        """
        if self._interrupt.poll():
            self._stop()

    def _stop(self) -> None:
        saved = self._save()
        raise Stopped(HOW_TO_RESUME if saved else NOT_SAVED, self._interrupt.exit_code)

    def _save(self) -> bool:
        """Saves this state unless it is saved already, and returns whether it is saved now."""
        position = (self.epoch, self.batch)
        if self._saved != position:
            checkpoint = self.checkpoint()
            weights = [a for name, a in checkpoint.arrays.items() if name.startswith("network")]
            # The loss of a batch was computed before its step, which may have ruined the weights.
            self._require_finite("weights", *weights)
            if self._writer.save(checkpoint):
                self._saved = position
        return self._saved == position

    def _require_finite(self, name: str, *values: float | np.ndarray) -> None:
        if not all(np.isfinite(value).all() for value in values):
            raise AbnormalError(
                f"Training has diverged: the {name} of epoch {self.epoch + 1}, batch {self.batch} "
                f"are not finite. What is in {self._options.checkpoints} is from before. Begin "
                f"again with --restart and a --learning-rate smaller than "
                f"{self._options.learning_rate:g}."
            )

    def _title(self) -> str:
        return f"epoch {min(self.epoch + 1, self._options.epochs)}/{self._options.epochs}"

    def _run_epoch(self, progress: Progress) -> None:
        if self._epoch_loss is None:
            if not self.batch:  # what it has set in an epoch that goes on comes from the checkpoint
                self._callbacks.begin_epoch(self.epoch)
            self._epoch_loss = self._fit(progress)
        entry = {"epoch": self.epoch + 1, "loss": self._epoch_loss}
        if len(self._held_out):
            watch = WatchValidation(self, self._held_out)
            self.network.evaluate(
                self._held_out, verbose=0, callbacks=[self._callbacks.of_batches(), watch]
            )
            entry["val_loss"] = watch.loss
            self._require_finite("validation losses", entry["val_loss"])
            self.stopping.update(self.epoch, entry["val_loss"], self.network.get_weights())
        self.history.append(entry)
        self._stopped |= self._callbacks.end_epoch(self.epoch, entry)
        self.epoch, self.batch, self._epoch_loss = self.epoch + 1, 0, None
        self._loss_files.write_table(self.history)
        self._loss_files.add_to_tensorboard(entry)

    def _fit(self, progress: Progress) -> float:
        """Fits the remaining clips of an epoch, and returns the mean loss of the epoch."""
        clips = self._clips(self.epoch)[self.batch * self._options.batch_size :]
        before = self._running_loss or 0.0
        if not clips:  # the run was stopped between the last batch and the validation
            return before
        batches = self._batches(self._footage.training, clips)
        watch = WatchTraining(self, progress, batches, self._restored, before)
        self.network.fit(
            batches,
            initial_epoch=self.epoch,
            epochs=self.epoch + 1,
            shuffle=False,  # the clips are in a random order already, which a resumed run repeats
            verbose=0,
            callbacks=[self._callbacks.of_batches(self.batch), watch],
        )
        self._restored = {}
        return watch.loss

    def _batches(self, cache: FrameCache, clips: Sequence[Clip]) -> ClipBatches:
        sizes = (self._options.clip_length, self._options.batch_size)
        if self._devices.count == 1:
            return ClipBatches(cache, clips, *sizes)
        return SharedBatches(cache, clips, *sizes, self._devices)

    def _clips(self, epoch: int) -> list[Clip]:
        options = self._options
        lengths = self._footage.training.lengths
        return epoch_clips(lengths, options.clip_length, options.strides, options.seed, epoch)

    def _count_frames(self) -> int:
        """Returns the number of frames in the first epoch; other epochs have nearly as many."""
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
        return self.epoch * self._frames_of_epoch + in_epoch
