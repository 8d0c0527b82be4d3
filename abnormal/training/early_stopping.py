"""Early stopping: a run ends when the validation loss has not become better for a while."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class EarlyStopping:
    """Keeps the best weights, and decides when training no longer helps.

    Attributes:
        patience: After how many epochs without a better validation loss the run stops.
        best_loss: The smallest validation loss so far.
        best_epoch: The epoch of the smallest loss, from 0; -1 before the first epoch has ended.
        best_weights: The weights of the network after that epoch; empty before the first.
        waited: How many epochs have ended since that epoch.
    """

    patience: int
    best_loss: float = float("inf")
    best_epoch: int = -1
    best_weights: list[np.ndarray] = field(default_factory=list)
    waited: int = 0

    def update(self, epoch: int, loss: float, weights: Sequence[np.ndarray]) -> None:
        """Compares an epoch that has ended with the best one before it.

        Args:
            epoch: The number of the epoch, from 0.
            loss: Its validation loss.
            weights: The weights after it, of any shape; they are copied if they are the best.
        """
        if loss < self.best_loss:
            self.best_loss, self.best_epoch, self.waited = loss, epoch, 0
            self.best_weights = [np.array(weight) for weight in weights]
        else:
            self.waited += 1

    @property
    def should_stop(self) -> bool:
        """Whether as many epochs as `patience` have ended without a better loss."""
        return self.waited >= self.patience

    def state(self) -> dict[str, Any]:
        """Returns what a checkpoint stores beside the weights.

        The patience is not part of it: a resumed run may have another one.
        """
        return {
            "best_loss": self.best_loss,
            "best_epoch": self.best_epoch,
            "waited": self.waited,
        }

    def restore(self, state: Mapping[str, Any], best_weights: Sequence[np.ndarray]) -> None:
        """Goes back to what `state` returned, and to the weights of that time."""
        self.best_loss = state["best_loss"]
        self.best_epoch = state["best_epoch"]
        self.waited = state["waited"]
        self.best_weights = list(best_weights)
