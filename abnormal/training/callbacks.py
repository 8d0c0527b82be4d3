"""Lets the Keras callbacks of a user see a training run as one `fit`.

A run calls `fit` once for each epoch, and `evaluate` after it. The callbacks of a user see one
training instead, from the first epoch of the process to its last, and the validation loss in the
logs of each epoch.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras

Logs = Mapping[str, float] | None


class OwnCallbacks:
    """The callbacks of a user.

    Args:
        callbacks: The callbacks.
        network: The compiled network, which becomes their `model`.
    """

    def __init__(self, callbacks: Sequence[keras.callbacks.Callback], network: keras.Model) -> None:
        self._callbacks = tuple(callbacks)
        self._network = network
        self._list: Any = None

    def begin(self, epochs: int) -> None:
        """Tells them that the training begins, or goes on."""
        if not self._callbacks:
            return
        self._list = keras.callbacks.CallbackList(
            list(self._callbacks), model=self._network, epochs=epochs, verbose=0, steps=None
        )
        self._list.on_train_begin()

    def end(self) -> None:
        """Tells them that the training has ended."""
        if self._list:
            self._list.on_train_end()

    def begin_epoch(self, epoch: int) -> None:
        """Tells them that an epoch, by its 0-based number, begins or goes on."""
        if self._list:
            self._list.on_epoch_begin(epoch)

    def end_epoch(self, epoch: int, entry: Mapping[str, float]) -> bool:
        """Tells them the losses of an epoch, and returns whether one has set `stop_training`.

        Args:
            epoch: 0-based number of the epoch.
            entry: The losses; see `Fitting.history`.
        """
        if not self._list:
            return False
        logs = {name: value for name, value in entry.items() if name != "epoch"}
        self._list.on_epoch_end(epoch, logs)
        return bool(self._network.stop_training)

    def of_batches(self, before: int = 0) -> keras.callbacks.Callback:
        """Returns the callback that tells them about the batches of an epoch.

        Args:
            before: Number of batches of the epoch that are finished already.
        """
        return _Batches(self._list, before) if self._list else keras.callbacks.Callback()


class _Batches(keras.callbacks.Callback):
    """Passes what happens with each batch on, and keeps the beginning and end of each `fit`."""

    def __init__(self, callbacks: Any, before: int) -> None:
        super().__init__()
        self._callbacks, self._before = callbacks, before

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Passes it on with the number of the batch in the epoch."""
        self._callbacks.on_train_batch_begin(self._before + batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Passes it on with the number of the batch in the epoch."""
        self._callbacks.on_train_batch_end(self._before + batch, logs)

    def on_test_begin(self, logs: Logs = None) -> None:
        """Tells the callbacks that a validation begins."""
        self._callbacks.on_test_begin(logs)

    def on_test_end(self, logs: Logs = None) -> None:
        """Tells the callbacks that a validation ends."""
        self._callbacks.on_test_end(logs)

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Tells the callbacks that a batch of a validation begins."""
        self._callbacks.on_test_batch_begin(batch, logs)

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Tells the callbacks that a batch of a validation ends."""
        self._callbacks.on_test_batch_end(batch, logs)
