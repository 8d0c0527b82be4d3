"""Region- and track-level metrics: how well detections in a frame agree with the masks."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from abnormal.evaluation.true_regions import TrueRegions
from abnormal.scoring.boxes import intersection_over_union

MIN_IOU = 0.1
"""Intersection over union from which a detection finds a true region; the authors' beta."""

MIN_TRACK_SHARE = 0.1
"""Share of a track's regions that have to be found for the track to be found; their alpha."""

PROTOCOL = (
    "region- and track-based detection criteria (Ramachandra and Jones, 2020, arXiv:1902.05872): "
    "the true regions are the connected components of the masks, and those of neighbouring frames "
    "that have the most pixels in common are one track; a region is found if the intersection over "
    "union of its box and that of a detection is at least 0.1, and a track if at least a tenth of "
    "its regions are found; a detection that finds no region is false; rbdc and tbdc: the area "
    "under the curve of the fraction of regions, or of tracks, found over the number of false "
    "detections per frame, from 0 to 1. The detections in a frame are the things that are unusual "
    "in it by the score of the alarm, or by fused if that is not local, and its most unusual place "
    "if there are none"
)
"""How the metrics are computed, for people who read `metrics.json` or the page."""


class ScoredBoxes(NamedTuple):
    """The detections in a frame.

    Attributes:
        boxes: `(n, 4)` float64 in [0, 1]: left, top, width and height, as fractions of the picture.
        scores: `(n,)` float64, finite, growing with abnormality.
    """

    boxes: np.ndarray
    scores: np.ndarray


def region_metrics(
    detections: Sequence[Sequence[ScoredBoxes]], truths: Sequence[Sequence[TrueRegions]]
) -> dict[str, Any] | None:
    """Computes the region- and the track-based detection criterion over some videos with masks.

    A detection that only finds regions which others have found, too, is neither right nor false.
    Detections with equal scores have no order. Otherwise the figures are those of the program by
    M.-I. Georgescu (github.com/lilygeorgescu/AED), which most papers use.

    Args:
        detections: For each video and each of its frames the detections.
        truths: For each video and each of its frames the true regions.

    Returns:
        The metrics as they are in `metrics.json`; None if there is no true region.
    """
    found, false, tracks, count = [], [np.zeros(0)], [], 0
    for of_video, truth in zip(detections, truths, strict=True):
        for detected, true in zip(of_video, truth, strict=True):
            hits = intersection_over_union(detected.boxes, true.boxes) >= MIN_IOU
            scores = np.where(hits, detected.scores[:, None], -np.inf)
            found.append(scores.max(axis=0, initial=-np.inf))
            false.append(detected.scores[~hits.any(axis=1)])
            tracks.append(true.tracks + count)
        count += max((1 + int(track) for true in truth for track in true.tracks), default=0)
    if not count:
        return None
    regions, errors, frames = np.concatenate(found), np.concatenate(false), len(found)
    return {
        "protocol": PROTOCOL,
        "rbdc": _area(regions, errors, frames),
        "tbdc": _area(_track_scores(regions, np.concatenate(tracks)), errors, frames),
        "regions": len(regions),
        "tracks": count,
        "detections": sum(len(frame.scores) for of_video in detections for frame in of_video),
        "frames": frames,
    }


def _track_scores(scores: np.ndarray, tracks: np.ndarray) -> np.ndarray:
    """Returns the threshold from which enough regions of each track are found, `(tracks,)`."""
    by_track = [np.sort(scores[tracks == track])[::-1] for track in np.unique(tracks)]
    # A tenth of 30 is 3, but 3.0000000000000004 in floating point.
    enough = [int(np.ceil(round(MIN_TRACK_SHARE * len(of_track), 9))) for of_track in by_track]
    return np.array([of_track[count - 1] for of_track, count in zip(by_track, enough, strict=True)])


def _area(found: np.ndarray, false: np.ndarray, frames: int) -> float:
    """Returns the area under the share that is found, over the number of false ones per frame.

    Args:
        found: `(n,)` float64, the largest threshold at which each is found; minus infinity if it
            never is.
        false: Score of each false detection.
        frames: Number of frames.
    """
    # A threshold cannot part equal scores, so the curve has a point after the last of each.
    thresholds = np.unique(np.concatenate((found[np.isfinite(found)], false)))[::-1]
    share = np.concatenate(([0.0], _count_from(thresholds, found) / len(found)))
    per_frame = np.concatenate(([0.0], _count_from(thresholds, false) / frames))
    inside = per_frame <= 1
    share = np.append(share[inside], np.interp(1.0, per_frame, share))
    return float(np.trapezoid(share, np.append(per_frame[inside], 1.0)))


def _count_from(thresholds: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Returns how many scores reach each of some thresholds."""
    return len(scores) - np.searchsorted(np.sort(scores), thresholds)
