"""Whether a runtime gives the scores that a model's thresholds were made with."""

from collections.abc import Mapping

import numpy as np

from abnormal.frames.clips import ClipWindow
from abnormal.inference.reconstruct import ClipReconstructor, NotFiniteError
from abnormal.inference.runtimes import Reconstruct
from abnormal.models.model_file import Reference
from abnormal.scoring.residual import SCORES

CLIPS = 3

TOLERANCE = 0.01
"""Share of a threshold. In bfloat16 the scores of a trained network move by a tenth of this."""


def make_reference(clips: np.ndarray, reconstruct: Reconstruct) -> Reference:
    """Scores clips with what the thresholds are made with.

    Args:
        clips: `(n, T, size, size)` uint8.
        reconstruct: The network.

    Raises:
        NotFiniteError: The network gave something that is not finite.
    """
    return Reference(clips, _scores(clips, reconstruct))


def largest_difference(
    reference: Reference, reconstruct: Reconstruct, thresholds: Mapping[str, float]
) -> float:
    """How far the scores of the reference's clips are from what they were.

    Args:
        reference: Of the model.
        reconstruct: The network as it is computed now.
        thresholds: Of each score, above 0 or, for a score that is always 0, 0.

    Returns:
        The largest difference of all frames and scores, as a share of the score's threshold;
        infinite where the reconstruction or a score is not a number.
    """
    try:
        now = _scores(reference.clips, reconstruct)
    except NotFiniteError:
        return float("inf")
    shares = [
        np.abs(now[name] - scores) / (thresholds[name] or 1.0)
        for name, scores in reference.scores.items()
        if name in now and name in thresholds
    ]
    return float(np.nan_to_num(np.max(shares), nan=np.inf))


def _scores(clips: np.ndarray, reconstruct: Reconstruct) -> dict[str, np.ndarray]:
    windows = [ClipWindow(frames, None, slice(0, len(frames))) for frames in clips]
    residuals = ClipReconstructor(reconstruct).add(windows)
    return {
        name: np.stack([score(residual) for residual in residuals])
        for name, score in SCORES.items()
    }
