"""Region-level metrics: how well the most unusual place in a frame agrees with the masks."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from abnormal.scoring.boxes import component_boxes

MIN_IOU = 0.1
"""Intersection over union from which a detection finds a true region."""

PROTOCOL = (
    "region-based detection criterion (Ramachandra and Jones, 2020, arXiv:1902.05872): the true "
    "regions are the connected components of the masks; a region is found if the intersection "
    "over union of its box and that of a detection is at least 0.1; a detection that finds no "
    "region is false; rbdc: the area under the curve of the fraction of regions found over the "
    "number of false detections per frame, from 0 to 1. Each frame has one detection, its most "
    "unusual place, and therefore at most one false detection"
)
"""How the metric is computed, for people who read `metrics.json` or the page."""


def true_regions(mask: np.ndarray) -> np.ndarray:
    """Returns the box around each connected component of a mask.

    Args:
        mask: `(height, width)` bool, True for abnormal pixels.

    Returns:
        `(regions, 4)` float64 in [0, 1]: left, top, width and height, as fractions of the picture.
    """
    return np.array(component_boxes(mask), np.float64).reshape(-1, 4)


def region_metrics(
    scores: Sequence[np.ndarray],
    boxes: Sequence[np.ndarray],
    truths: Sequence[Sequence[np.ndarray]],
) -> dict[str, Any] | None:
    """Computes the region-based detection criterion over some videos with masks.

    Args:
        scores: For each video the score of each frame, `(n,)` float64, growing with abnormality.
        boxes: For each video the detection in each frame, `(n, 4)` float64 in [0, 1]: left, top,
            width and height, as fractions of the picture.
        truths: For each video and each of its frames the true regions, `(regions, 4)` float64 in
            [0, 1].

    Returns:
        The metrics as they are in `metrics.json`; None if there is no true region.
    """
    score = np.concatenate([*scores, np.zeros(0)])
    found = np.array(
        [
            int((intersection_over_union(box, regions) >= MIN_IOU).sum())
            for of_video, truth in zip(boxes, truths, strict=True)
            for box, regions in zip(of_video, truth, strict=True)
        ]
    )
    total = sum(len(regions) for truth in truths for regions in truth)
    if not total:
        return None
    order = np.argsort(-score, kind="stable")
    # A threshold cannot part equal scores, so the curve has a point after the last of each.
    last = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)
    share = np.concatenate(([0.0], np.cumsum(found[order])[last] / total, [found.sum() / total]))
    false = np.concatenate(([0.0], np.cumsum(found[order] == 0)[last] / len(order), [1.0]))
    return {
        "protocol": PROTOCOL,
        "rbdc": float(np.trapezoid(share, false)),
        "regions": total,
        "frames": len(order),
    }


def intersection_over_union(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Computes the intersection over union of a box with each of several other boxes.

    Args:
        box: `(4,)` float64 in [0, 1]: left, top, width and height.
        others: `(n, 4)` float64 in [0, 1], in the same order.

    Returns:
        `(n,)` float64 in [0, 1].
    """
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:])
    common = np.maximum(high - low, 0).prod(axis=1)
    return common / (box[2:].prod() + others[:, 2:].prod(axis=1) - common)
