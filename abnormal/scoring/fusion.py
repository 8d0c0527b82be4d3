"""The score `fused`: the surprises of several local scores as one."""

from collections.abc import Iterable, Mapping

import numpy as np

from abnormal.scoring.local import shares_of


def fuse(
    surprises: Mapping[str, np.ndarray], frames: int, correction: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Combines the surprises of several local scores into one, the score `fused`.

    Each score may cause its share of all false alarms. The logarithm of that share, which is
    negative, is added to its surprise, and the largest sum is the fused surprise. If the surprise
    of each score is right, at most one normal frame in 10**x has a fused surprise above x, however
    the scores depend on one another (Bonferroni's inequality).

    Surprises beyond the logarithm of the number of normal frames are extrapolated. Only the score
    with the largest share counts beyond that limit. The others are cut off there, so that a score
    with a small share cannot raise an alarm that too little footage supports.

    Args:
        surprises: For each local score `(n,)` float64, at least 0, one per frame.
        frames: Number of normal frames that they were learnt from, at least 1.
        correction: See `corrected`.

    Returns:
        The fused surprise, `(n,)` float64, at least 0; and the 0-based number of the score that it
        comes from, in the order of `surprises`, `(n,)` int64.
    """
    shares = shares_of(surprises)
    limits = _limits(shares, frames)
    weighted = np.stack(
        [
            np.minimum(values, limits[name]) + np.log10(shares[name])
            for name, values in surprises.items()
        ]
    )
    return corrected(weighted.max(axis=0), correction), weighted.argmax(axis=0)


def highest_fused(scores: Iterable[str], frames: int, correction: float = 0.0) -> dict[str, float]:
    """Computes the highest fused surprise that each local score can cause.

    Args:
        scores: The local scores that a model has.
        frames: Number of normal frames that they were learnt from, at least 1.
        correction: See `corrected`.

    Returns:
        For each of the scores the highest surprise; infinity for the one with the largest share.
    """
    shares = shares_of(scores)
    limits = _limits(shares, frames)
    return {
        name: float(corrected(limits[name] + np.log10(share), correction))
        for name, share in shares.items()
    }


def _limits(shares: Mapping[str, float], frames: int) -> dict[str, float]:
    """Returns up to which surprise each score counts, by the shares of all; see `fuse`."""
    largest = max(shares, key=shares.__getitem__)
    return {name: np.inf if name == largest else np.log10(frames) for name in shares}


def corrected(surprises: np.ndarray, correction: float) -> np.ndarray:
    """Corrects fused surprises so that alarms come as often as was asked for.

    Where nothing is unusual, nothing is added: an event would not end there at a low threshold.

    Args:
        surprises: float64 of any shape.
        correction: What is added; see `abnormal.scoring.rate_check`.

    Returns:
        float64 of the same shape, at least 0.
    """
    return np.where(surprises > 0, np.maximum(surprises + correction, 0), 0.0)


def uncorrected(surprise: float, correction: float) -> float:
    """Returns the largest fused surprise, at least 0, that `corrected` brings to no more than one.

    Args:
        surprise: The corrected surprise, at least 0.
        correction: See `corrected`.
    """
    return max(0.0, surprise - correction)
