"""Frame-level figures: does a score tell abnormal frames from normal ones?"""

from dataclasses import dataclass

import numpy as np
import sklearn.metrics


@dataclass(frozen=True)
class FrameFigures:
    """Figures of one score over some frames.

    Attributes:
        auc: Area under the ROC curve, in [0, 1].
        eer: Equal error rate, in [0, 1]: where as large a part of the normal frames is called
            abnormal as of the abnormal ones normal.
    """

    auc: float
    eer: float


def frame_figures(scores: np.ndarray, labels: np.ndarray) -> FrameFigures | None:
    """AUC and EER of scores that grow with abnormality.

    Args:
        scores: `(n,)`, finite.
        labels: `(n,)`, 1 where abnormal.

    Returns:
        None where all frames are of one class: neither figure is defined then.
    """
    if labels.size == 0 or labels.min() == labels.max():
        return None
    false_rate, true_rate, _ = sklearn.metrics.roc_curve(labels, scores, drop_intermediate=False)
    return FrameFigures(
        auc=float(sklearn.metrics.auc(false_rate, true_rate)),
        eer=_equal_error_rate(false_rate, 1 - true_rate),
    )


def _equal_error_rate(false_rate: np.ndarray, miss_rate: np.ndarray) -> float:
    """Where the two rates cross, on the straight line between the points around it."""
    gap = false_rate - miss_rate  # grows from -1 to 1
    after = int(np.argmax(gap >= 0))
    before = after - 1
    share = -gap[before] / (gap[after] - gap[before])
    return float(false_rate[before] + share * (false_rate[after] - false_rate[before]))
