"""Normal levels: what is normal at each place in the picture, learnt from a camera's footage.

The levels are computed from the largest value of each second. Of somebody who walks by, the fastest
moment has to count as normal, and neighbouring frames show nearly the same.
"""

import numpy as np
import scipy.ndimage

COMMON_SHARE = 0.95
"""Quantile of `common_level`, over the seconds in which something moves at a place."""

OWN_SHARE = 0.99
"""Quantile of `own_level`, over all seconds."""

ACTIVE_SHARE = 0.15
"""A value above this fraction of the strongest one in the picture shows that something moves."""

FLOOR = 0.1
"""Lower limit of each level, as a fraction of the level of the whole picture. Without it, noise
would raise alarms where nothing ever moves."""

REACH_CELLS = 1.0
"""Standard deviation of the neighbourhood over which `common_level` averages, in cells."""

BLUR_CELLS = 0.7
"""Standard deviation of the blur of `own_level`, in cells: about how far the ways of two passers-by
differ."""

PRIOR_SECONDS = 0.25
"""Weight of the whole picture's level in each cell's, in seconds of footage. It decides where
nothing moves at a cell or near it."""


def second_maxima(values: np.ndarray, fps: float) -> np.ndarray:
    """Computes the largest value of each cell in each second.

    Args:
        values: `(n, rows, columns)` float64, at least 0, the cells of each frame.
        fps: Frames per second.

    Returns:
        `(seconds, rows, columns)` float64, at least 0. An incomplete second at the end counts as a
        second.
    """
    firsts = np.arange(0, len(values), max(1, round(fps)))
    return np.maximum.reduceat(values, firsts, axis=0)


def common_level(maxima: np.ndarray) -> np.ndarray:
    """Computes normal levels for things that may be anywhere, such as the speed of people.

    The level of a cell is the `COMMON_SHARE` quantile over the seconds in which something moves
    there. It is averaged over neighbouring cells, weighted by the number of these seconds, so that
    a cell where nobody happened to walk gets the level of the paths beside it. Levels may differ
    across the picture, as people in front look larger and faster than people far away.

    Args:
        maxima: `(seconds, rows, columns)` of any float type, at least 0, the largest values of each
            second of normal footage.

    Returns:
        `(rows, columns)` float32 above 0.
    """
    strongest = _strongest(maxima)
    active = maxima > ACTIVE_SHARE * strongest
    seconds = active.sum(axis=0).astype(np.float64)
    active_maxima = np.where(active, maxima, np.nan)
    levels = np.zeros(maxima.shape[1:])
    levels[seconds > 0] = np.nanquantile(active_maxima[:, seconds > 0], COMMON_SHARE, axis=0)
    whole = (seconds * levels).sum() / max(seconds.sum(), 1) or strongest
    weights = _blurred(seconds, REACH_CELLS)
    levels = _blurred(seconds * levels, REACH_CELLS) + PRIOR_SECONDS * whole
    return _above_floor(levels / (weights + PRIOR_SECONDS), whole)


def own_level(maxima: np.ndarray) -> np.ndarray:
    """Computes normal levels of each cell by itself, which are low where nothing ever moves.

    The level of a cell is the `OWN_SHARE` quantile over all seconds, slightly blurred.

    Args:
        maxima: `(seconds, rows, columns)` of any float type, at least 0, the largest values of each
            second of normal footage.

    Returns:
        `(rows, columns)` float32 above 0.
    """
    return _above_floor(
        scipy.ndimage.gaussian_filter(
            np.quantile(maxima, OWN_SHARE, axis=0), BLUR_CELLS, mode="nearest"
        ),
        _strongest(maxima),
    )


def _strongest(maxima: np.ndarray) -> float:
    """Returns the 0.9 quantile over the seconds of the largest cell; 1 if nothing ever moves."""
    return float(np.quantile(maxima.max(axis=(1, 2)), 0.9)) or 1.0


def _above_floor(levels: np.ndarray, whole: float) -> np.ndarray:
    """Raises levels to `FLOOR` times the level of the whole picture."""
    return np.maximum(levels, FLOOR * whole).astype(np.float32)


def _blurred(values: np.ndarray, cells: float) -> np.ndarray:
    return scipy.ndimage.gaussian_filter(values, cells, mode="constant")
