"""Frame-level metrics: how well a score tells abnormal frames from normal ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 200
"""Number of bootstrap draws for the interval of the AUC."""


@dataclass(frozen=True)
class FrameMetrics:
    """Frame-level metrics of one score over some frames.

    Attributes:
        auc: Area under the ROC curve, in [0, 1].
        eer: Equal error rate, in [0, 1]: the false positive rate at the threshold where it equals
            the false negative rate.
        average_precision: Mean precision over the recall, in [0, 1]. A score without any skill
            reaches the fraction of abnormal frames.
    """

    auc: float
    eer: float
    average_precision: float


def frame_metrics(scores: np.ndarray, labels: np.ndarray) -> FrameMetrics | None:
    """Computes the metrics of a score.

    Args:
        scores: `(n,)` float64, finite, growing with abnormality.
        labels: `(n,)` uint8, 1 for abnormal frames and 0 for normal ones.

    Returns:
        None if all frames are of one class, because no metric is defined then.
    """
    if labels.size == 0 or labels.min() == labels.max():
        return None
    import sklearn.metrics  # only where there are labels, because it takes a second

    false_rate, true_rate, _ = sklearn.metrics.roc_curve(labels, scores, drop_intermediate=False)
    return FrameMetrics(
        auc=float(sklearn.metrics.auc(false_rate, true_rate)),
        eer=_equal_error_rate(false_rate, 1 - true_rate),
        average_precision=float(sklearn.metrics.average_precision_score(labels, scores)),
    )


@dataclass(frozen=True)
class MacroMetrics:
    """Metrics of one score, computed for each video and then averaged.

    Attributes:
        auc: Mean over the videos of the area under the ROC curve, in [0, 1].
        videos: Number of videos.
        padded_videos: Number of videos with frames of one class only; see `macro_metrics`.
    """

    auc: float
    videos: int
    padded_videos: int


def macro_metrics(scores: Sequence[np.ndarray], labels: Sequence[np.ndarray]) -> MacroMetrics:
    """Computes the mean over videos of the AUC within each.

    A video with frames of one class has no AUC. It is given one normal frame below and one abnormal
    frame above all of its scores. It then counts as nearly perfect, whatever its scores are, so the
    more of these videos there are, the less the mean tells.

    The code of Georgescu et al., 2021 (arXiv:2008.12328), which others use, gives the two frames to
    every video, with the scores 0 and 1. That changes the AUC of videos with both classes, too,
    which is left as it is here.

    Args:
        scores: For each video `(n,)` float64, finite, growing with abnormality.
        labels: For each video `(n,)` uint8, 1 for abnormal frames and 0 for normal ones.
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
    return MacroMetrics(float(np.mean(np.array(areas, float))), len(areas), padded)


def bootstrap_auc(
    scores: Sequence[np.ndarray], labels: Sequence[np.ndarray], seed: int = 0
) -> tuple[float, float] | None:
    """Computes an interval of the AUC over all frames, by a bootstrap over the videos.

    Whole videos are drawn with replacement, because the frames of one video are alike.

    Args:
        scores: For each video `(n,)` float64, finite, growing with abnormality.
        labels: For each video `(n,)` uint8, 1 for abnormal frames and 0 for normal ones.
        seed: Seed of the draws.

    Returns:
        The 2.5 % and the 97.5 % quantile over `RESAMPLES` draws, in [0, 1]. None for fewer than
        three videos, or if no draw has frames of both classes.
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
    """Returns for each value how many different values are below it, `(n,)` int64."""
    return np.unique(values, return_inverse=True)[1]


def _weighted_auc(ranks: np.ndarray, abnormal: np.ndarray, weights: np.ndarray) -> float | None:
    """Returns the AUC: the fraction of pairs of a normal and an abnormal frame that are in order.

    Pairs of equal scores count half.

    Args:
        ranks: `(n,)` int64, at least 0, growing with the score.
        abnormal: `(n,)` bool.
        weights: `(n,)`, at least 0, how often each frame counts.

    Returns:
        A value in [0, 1]; None if there is no pair.
    """
    normals = np.bincount(ranks, weights * ~abnormal)
    abnormals = np.bincount(ranks, weights * abnormal)
    pairs = normals.sum() * abnormals.sum()
    if pairs == 0:
        return None
    below = np.cumsum(normals) - normals
    return float((abnormals * (below + normals / 2)).sum() / pairs)


def _equal_error_rate(false_rate: np.ndarray, miss_rate: np.ndarray) -> float:
    """Returns the rate at which the two curves cross, by linear interpolation."""
    gap = false_rate - miss_rate  # grows from -1 to 1
    after = int(np.argmax(gap >= 0))
    before = after - 1
    share = -gap[before] / (gap[after] - gap[before])
    return float(false_rate[before] + share * (false_rate[after] - false_rate[before]))
