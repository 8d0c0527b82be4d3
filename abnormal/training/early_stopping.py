"""When to stop: the validation loss has not become better for a while."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass
class EarlyStopping:
    """Keeps the best weights, and says when training no longer helps.

    Attributes:
        patience: Epochs without a better loss before the run stops.
        best_loss: The smallest so far.
        best_epoch: Its 0-based epoch.
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
