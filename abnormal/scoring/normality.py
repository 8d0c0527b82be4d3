"""What is normal for one camera: the levels of its local scores, and how surprising others are."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from abnormal.scoring.dismissal import Dismissal, raise_levels
from abnormal.scoring.fusion import highest_fused
from abnormal.scoring.local import LOCAL_SCORES, needs_network
from abnormal.scoring.surprise import Surprise

BACKGROUND = "background"
"""Name under which the background of a camera is kept beside its normal levels."""


@dataclass(frozen=True)
class Normality:
    """What local scores learnt from the normal footage of one regime of a camera.

    Attributes:
        levels: For each local score that the model has, the normal level of each cell,
            `(rows, columns)` float32 above 0.
        surprises: For each of these scores, the distribution of how far normal frames are above
            that level.
        background: What the camera shows when nobody is there, `(size, size)` uint8; None in models
            of older versions, which lack the scores that need it.
        correction: What is added to the fused surprise; see `abnormal.scoring.rate_check`.
        learnt: The levels before events were dismissed; empty if they are the same.
        is_one_view: Whether the footage resembles the background, which therefore tells whether a
            picture shows this regime. It does not if several cameras were taken for one.
    """

    levels: dict[str, np.ndarray]
    surprises: dict[str, Surprise]
    background: np.ndarray | None = None
    correction: float = 0.0
    learnt: dict[str, np.ndarray] = field(default_factory=dict)
    is_one_view: bool = True

    @property
    def frames(self) -> int:
        """Number of normal frames of the camera."""
        return next(iter(self.surprises.values())).frames

    def silent_scores(self, threshold: float) -> tuple[str, ...]:
        """Names the local scores that cannot bring `fused` above a threshold; see `fuse`."""
        highest = highest_fused(self.levels, self.frames, self.correction)
        return tuple(name for name, most in highest.items() if most <= threshold)

    def without_network(self) -> "Normality | None":
        """Returns what is normal for the scores that need no network; None if there are none."""
        levels = {name: of for name, of in self.levels.items() if not needs_network(name)}
        surprises = {name: of for name, of in self.surprises.items() if name in levels}
        learnt = {name: of for name, of in self.learnt.items() if name in levels}
        if not levels:
            return None
        return dataclasses.replace(self, levels=levels, surprises=surprises, learnt=learnt)

    def with_dismissed(self, dismissed: Sequence[Dismissal]) -> "Normality":
        """Returns what is normal after these events of the camera were dismissed, and no others."""
        learnt = self.learnt or self.levels
        if not any(dismissal.levels for dismissal in dismissed):
            return dataclasses.replace(self, levels=learnt, learnt={})
        return dataclasses.replace(self, levels=raise_levels(learnt, dismissed), learnt=learnt)


def read_normality(
    arrays: Mapping[str, np.ndarray], surprises: Mapping[str, Surprise]
) -> Normality | None:
    """Returns the local scores that model and program both know; None if there is no such score."""
    background = arrays.get(BACKGROUND)
    names = [
        name
        for name, score in LOCAL_SCORES.items()
        if name in arrays
        and name in surprises
        and (background is not None or not score.of_background)
    ]
    if not names:
        return None
    return Normality(
        {name: arrays[name] for name in names},
        {name: surprises[name] for name in names},
        background,
    )
