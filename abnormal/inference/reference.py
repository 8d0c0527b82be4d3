"""Reference clips show whether a runtime gives the scores that a model was calibrated with."""

from collections.abc import Mapping

import numpy as np

from abnormal.frames.clips import ClipWindow
from abnormal.inference.reconstruct import ClipReconstructor, NotFiniteError
from abnormal.inference.runtimes import Reconstruct
from abnormal.models.model import Reference
from abnormal.scoring.residual import SCORES

REFERENCE_CLIPS = 3
"""Number of clips that a model file keeps, with their scores."""

TOLERANCE = 0.01
"""Largest difference of a score that is accepted, as a fraction of the score's threshold. Computed
in bfloat16, the scores of a trained network differ by a tenth of this."""


def make_reference(clips: np.ndarray, reconstruct: Reconstruct) -> Reference:
    """Scores clips with the network that the model is calibrated with.

    Args:
        clips: `(n, T, size, size)` uint8.
        reconstruct: The network.

    Raises:
        NotFiniteError: The reconstruction has infinite values, or values that are not numbers.
    """
    return Reference(clips, _scores(clips, reconstruct))


def largest_difference(
    reference: Reference, reconstruct: Reconstruct, thresholds: Mapping[str, float]
) -> float:
    """Computes how far the scores of the reference clips are from those in the model file.

    Args:
        reference: The clips and their scores.
        reconstruct: The network on the runtime to be tested.
        thresholds: Threshold of each score; above 0, or 0 for a score that is always 0.

    Returns:
        The largest difference over all frames and scores, as a fraction of the score's threshold.
        It is infinite if the reconstruction or a score is not finite, and 0 if the file has no
        score that this version of the program knows.
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
    return float(np.nan_to_num(np.max(shares, initial=0.0), nan=np.inf))


def _scores(clips: np.ndarray, reconstruct: Reconstruct) -> dict[str, np.ndarray]:
    windows = [ClipWindow(frames, None, slice(0, len(frames))) for frames in clips]
    residuals = ClipReconstructor(reconstruct).add(windows)
    return {
        name: np.stack([score(residual) for residual in residuals])
        for name, score in SCORES.items()
    }
