"""The scores on normal footage that the network has not seen, and the threshold from them."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from abnormal.errors import AbnormalError

QUANTILE = 0.99
RELEASE_QUANTILE = 0.95


@dataclass(frozen=True)
class Calibration:
    """Scores on normal footage.

    Attributes:
        thresholds: For each score, what `quantile` of the normal frames lie below.
        releases: The same for `RELEASE_QUANTILE`: where an event ends.
        quantile: In [0, 1].
        frames: How many normal frames were looked at.
        videos: Which ones.
        held_out: Whether the network had not been trained on them.
    """

    thresholds: dict[str, float]
    releases: dict[str, float]
    quantile: float
    frames: int
    videos: tuple[str, ...]
    held_out: bool

    def as_dict(self) -> dict[str, Any]:
        """As it is kept in a model file."""
        return dataclasses.asdict(self)


def calibrate(
    scores: Sequence[Mapping[str, np.ndarray]], videos: Sequence[str], held_out: bool
) -> Calibration:
    """Calibrates on the scores of normal videos.

    Args:
        scores: For each video its causal scores by name, `(n,)` each.
        videos: Their names.
        held_out: Whether the network had not been trained on them.
    """
    joined = {name: np.concatenate([video[name] for video in scores]) for name in scores[0]}

    def quantiles(share: float) -> dict[str, float]:
        return {
            name: float(np.quantile(values, share, method="higher"))
            for name, values in joined.items()
        }

    return Calibration(
        thresholds=quantiles(QUANTILE),
        releases=quantiles(RELEASE_QUANTILE),
        quantile=QUANTILE,
        frames=len(next(iter(joined.values()))),
        videos=tuple(videos),
        held_out=held_out,
    )


def threshold_of(calibration: Mapping[str, Any], score: str) -> float:
    """The alarm's threshold for a score, from what a model file holds."""
    try:
        return float(calibration["thresholds"][score])
    except KeyError:
        raise AbnormalError(
            f"The model has no threshold for the score {score!r}. Give one with --threshold, "
            "or train the model again."
        ) from None


def release_of(calibration: Mapping[str, Any], score: str, threshold: float) -> float:
    """Where an event that began above a threshold ends: at most at the threshold itself."""
    return min(threshold, float(calibration.get("releases", {}).get(score, threshold)))
