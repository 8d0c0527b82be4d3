"""Frame-level figures: does a score tell abnormal frames from normal ones?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sklearn.metrics

RESAMPLES = 200


@dataclass(frozen=True)
class FrameFigures:
    """Figures of one score over some frames.

    Attributes:
        auc: Area under the ROC curve, in [0, 1].
        eer: Equal error rate, in [0, 1]: where as large a part of the normal frames is called
            abnormal as of the abnormal ones normal.
        average_precision: Mean of the precision over the recall, in [0, 1]. It grows with the share
            of abnormal frames: without any skill it is that share.
    """

    auc: float
    eer: float
    average_precision: float


def frame_figures(scores: np.ndarray, labels: np.ndarray) -> FrameFigures | None:
    """Figures of scores that grow with abnormality.

    Args:
        scores: `(n,)`, finite.
        labels: `(n,)`, 1 where abnormal.

    Returns:
        None where all frames are of one class: no figure is defined then.
    """
    if labels.size == 0 or labels.min() == labels.max():
        return None
    false_rate, true_rate, _ = sklearn.metrics.roc_curve(labels, scores, drop_intermediate=False)
    return FrameFigures(
        auc=float(sklearn.metrics.auc(false_rate, true_rate)),
        eer=_equal_error_rate(false_rate, 1 - true_rate),
        average_precision=float(sklearn.metrics.average_precision_score(labels, scores)),
    )


@dataclass(frozen=True)
class MacroFigures:
    """Figures of one score, computed for each video and then averaged.

    Attributes:
        auc: Mean of the videos' areas under the ROC curve.
        videos: How many videos.
        padded_videos: How many of them have frames of one class only; see `macro_figures`.
    """

    auc: float
    videos: int
    padded_videos: int


def macro_figures(scores: Sequence[np.ndarray], labels: Sequence[np.ndarray]) -> MacroFigures:
    """Mean over videos of the AUC within each.

    A video of one class has no AUC. As in Georgescu et al., 2021 (arXiv:2008.12328), whose code
    others use, it is given one normal frame below and one abnormal frame above all of its scores:
    it then counts as nearly perfect, whatever the scores are. The number of such videos says what
    that is worth.

    Args:
        scores: For each video `(n,)`, finite, growing with abnormality.
        labels: For each video `(n,)`, 1 where abnormal.
    """
    areas, padded = [], 0
    for values, truth in zip(scores, labels, strict=True):
        area = _weighted_auc(_ranks(values), truth == 1, np.ones(len(values)))
        if area is None:
            values = np.concatenate(([-np.inf], values, [np.inf]))
            truth = np.concatenate(([0], truth, [1]))
            area = _weighted_auc(_ranks(values), truth == 1, np.ones(len(values)))
            padded += 1
        areas.append(area)
    return MacroFigures(float(np.mean(np.array(areas, float))), len(areas), padded)


def bootstrap_auc(
    scores: Sequence[np.ndarray], labels: Sequence[np.ndarray], seed: int = 0
) -> tuple[float, float] | None:
    """How far the AUC over all frames depends on which videos were tested.

    Frames of a video are alike, so whole videos are drawn, with replacement, as many as there are.

    Args:
        scores: For each video `(n,)`, finite, growing with abnormality.
        labels: For each video `(n,)`, 1 where abnormal.
        seed: Of the draws.

    Returns:
        The 2.5 and the 97.5 % quantile over `RESAMPLES` draws; None for fewer than three videos, or
        where no draw has frames of both classes.
    """
    if len(scores) < 3:
        return None
    ranks = _ranks(np.concatenate(scores))
    abnormal = np.concatenate(labels) == 1
    lengths = [len(values) for values in scores]
    draw = np.random.default_rng(seed)
    areas = []
    for _ in range(RESAMPLES):
        times = np.bincount(draw.integers(len(scores), size=len(scores)), minlength=len(scores))
        areas.append(_weighted_auc(ranks, abnormal, np.repeat(times, lengths)))
    defined = [area for area in areas if area is not None]
    if not defined:
        return None
    low, high = np.quantile(defined, (0.025, 0.975))
    return float(low), float(high)


def _ranks(values: np.ndarray) -> np.ndarray:
    """For each value the number of different values below it."""
    return np.unique(values, return_inverse=True)[1]


def _weighted_auc(ranks: np.ndarray, abnormal: np.ndarray, weights: np.ndarray) -> float | None:
    """Share of pairs of a normal and an abnormal frame that are in order; equal ones count half."""
    normals = np.bincount(ranks, weights * ~abnormal)
    abnormals = np.bincount(ranks, weights * abnormal)
    pairs = normals.sum() * abnormals.sum()
    if pairs == 0:
        return None
    below = np.cumsum(normals) - normals
    return float((abnormals * (below + normals / 2)).sum() / pairs)


def _equal_error_rate(false_rate: np.ndarray, miss_rate: np.ndarray) -> float:
    """Where the two rates cross, on the straight line between the points around it."""
    gap = false_rate - miss_rate  # grows from -1 to 1
    after = int(np.argmax(gap >= 0))
    before = after - 1
    share = -gap[before] / (gap[after] - gap[before])
    return float(false_rate[before] + share * (false_rate[after] - false_rate[before]))
