"""When to stop: the validation loss has not become better for a while."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class EarlyStopping:
    """Keeps the best weights, and says when training no longer helps.

    Attributes:
        patience: Epochs without a better loss before the run stops.
        best_loss: The smallest so far.
        best_epoch: Its 0-based epoch; -1 before the first.
        best_weights: The weights after it.
        waited: Epochs since.
    """

    patience: int
    best_loss: float = float("inf")
    best_epoch: int = -1
    best_weights: list[np.ndarray] = field(default_factory=list)
    waited: int = 0

    def update(self, epoch: int, loss: float, weights: Sequence[np.ndarray]) -> None:
        """Takes note of an epoch that has ended."""
        if loss < self.best_loss:
            self.best_loss, self.best_epoch, self.waited = loss, epoch, 0
            self.best_weights = [np.array(weight) for weight in weights]
        else:
            self.waited += 1

    @property
    def should_stop(self) -> bool:
        """Whether the patience is at its end."""
        return self.waited >= self.patience

    def state(self) -> dict[str, Any]:
        """All but the weights and the patience, which a resumed run may change."""
        return {
            "best_loss": self.best_loss,
            "best_epoch": self.best_epoch,
            "waited": self.waited,
        }

    def restore(self, state: Mapping[str, Any], best_weights: Sequence[np.ndarray]) -> None:
        """Goes back to what `state` and the weights were."""
        self.best_loss = state["best_loss"]
        self.best_epoch = state["best_epoch"]
        self.waited = state["waited"]
        self.best_weights = list(best_weights)
