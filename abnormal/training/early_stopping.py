"""Early stopping: a run ends when the validation loss no longer improves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class EarlyStopping:
    """Keeps the best weights, and decides when to stop.

    Attributes:
        patience: Number of epochs without a better validation loss after which the run stops.
        best_loss: Smallest validation loss so far; infinite before the first epoch has ended.
        best_epoch: 0-based index of the epoch with that loss; -1 before the first has ended.
        best_weights: Weights of the network after that epoch, each with its own shape and dtype;
            empty before the first epoch has ended.
        waited: Number of epochs that have ended since that epoch.
    """

    patience: int
    best_loss: float = float("inf")
    best_epoch: int = -1
    best_weights: list[np.ndarray] = field(default_factory=list)
    waited: int = 0

    def update(self, epoch: int, loss: float, weights: Sequence[np.ndarray]) -> None:
        """Compares an epoch that has just ended with the best epoch before it.

        Args:
            epoch: 0-based index of the epoch.
            loss: Validation loss after the epoch.
            weights: Weights of the network after the epoch, each with its own shape and dtype.
                They are copied if they are the best so far.
        """
        if loss < self.best_loss:
            self.best_loss, self.best_epoch, self.waited = loss, epoch, 0
            self.best_weights = [np.array(weight) for weight in weights]
        else:
            self.waited += 1

    @property
    def should_stop(self) -> bool:
        """Whether `patience` epochs have ended since the best one."""
        return self.waited >= self.patience

    def state(self) -> dict[str, Any]:
        """Returns the state that a checkpoint stores in addition to the best weights.

        The patience is not part of it, because a resumed run may have another one.
        """
        return {
            "best_loss": self.best_loss,
            "best_epoch": self.best_epoch,
            "waited": self.waited,
        }

    def restore(self, state: Mapping[str, Any], best_weights: Sequence[np.ndarray]) -> None:
        """Restores a state that `state` returned, and the best weights that belong to it."""
        self.best_loss = state["best_loss"]
        self.best_epoch = state["best_epoch"]
        self.waited = state["waited"]
        self.best_weights = list(best_weights)
