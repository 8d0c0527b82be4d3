"""Region-level figures: is the place that is called unusual where something abnormal is?"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from abnormal.scoring.boxes import component_boxes

OVERLAP = 0.1

PROTOCOL = (
    "region-based detection criterion (Ramachandra and Jones, 2020, arXiv:1902.05872): the true "
    "regions are the connected parts of the masks; one is found where its box and that of a "
    "detection overlap by at least 0.1 of what either covers; a detection that finds none is "
    "false; the area under the share found over the false ones a frame, from 0 to 1 of them. Each "
    "frame has one detection, its most unusual place, and so at most one false one"
)


def true_regions(mask: np.ndarray) -> np.ndarray:
    """The boxes of a mask's connected parts.

    Args:
        mask: `(height, width)` bool.

    Returns:
        `(regions, 4)` float64: left, top, width and height, as parts of the picture's.
    """
    return np.array(component_boxes(mask), np.float64).reshape(-1, 4)


def region_figures(
    scores: Sequence[np.ndarray],
    boxes: Sequence[np.ndarray],
    truths: Sequence[Sequence[np.ndarray]],
) -> dict[str, Any] | None:
    """The region-based detection criterion over some videos with masks.

    Args:
        scores: For each video `(n,)`, growing with abnormality.
        boxes: For each video `(n, 4)`, the detection of each frame.
        truths: For each video, and each of its frames, the true regions.

    Returns:
        None where there is no true region.
    """
    score = np.concatenate([*scores, np.zeros(0)])
    found = np.array(
        [
            int((overlaps(box, regions) >= OVERLAP).sum())
            for of_video, truth in zip(boxes, truths, strict=True)
            for box, regions in zip(of_video, truth, strict=True)
        ]
    )
    total = sum(len(regions) for truth in truths for regions in truth)
    if not total:
        return None
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)  # of equal scores
    share = np.concatenate(([0.0], np.cumsum(found[order])[last] / total, [found.sum() / total]))
    false = np.concatenate(([0.0], np.cumsum(found[order] == 0)[last] / len(order), [1.0]))
    return {
        "protocol": PROTOCOL,
        "rbdc": float(np.trapezoid(share, false)),
        "regions": total,
        "frames": len(order),
    }


def overlaps(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Area that a box has in common with others, by the area that either covers.

    Args:
        box: `(4,)` left, top, width and height.
        others: `(n, 4)`.
    """
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:])
    common = np.maximum(high - low, 0).prod(axis=1)
    return common / (box[2:].prod() + others[:, 2:].prod(axis=1) - common)
