"""What is normal at each place of a picture, learnt from normal footage of one camera.

All of it is computed from the largest value of each second: what is normal about somebody who
walks by is the fastest that he is on the way, and neighbouring frames tell the same.
"""

import numpy as np
import scipy.ndimage

COMMON_SHARE = 0.95
"""Of the seconds in which something moves at a place: so many are normal without question."""
OWN_SHARE = 0.99
"""Of all seconds."""

SEEN = 0.15
"""Of the strongest in the picture: from there on there was something to see at a place."""
FLOOR = 0.1
"""Of what is normal in the whole picture: a place's level is never lower, or noise would alarm."""

REACH_CELLS = 1.0  # standard deviation of the neighbourhood that a place shares its level with
BLUR_CELLS = 0.7  # the same for a place that shares it only as far as two passers-by differ
PRIOR_SECONDS = 0.25  # of the whole picture's level, where a place and its neighbours saw nothing


def second_maxima(values: np.ndarray, fps: float) -> np.ndarray:
    """The largest value of each second at each cell.

    Args:
        values: `(n, rows, columns)`, one per frame.
        fps: Frames per second.

    Returns:
        `(seconds, rows, columns)`, rounded up; a part of a second at the end counts as one.
    """
    firsts = np.arange(0, len(values), max(1, round(fps)))
    return np.maximum.reduceat(values, firsts, axis=0)


def common_level(maxima: np.ndarray) -> np.ndarray:
    """The normal level where things of one kind go everywhere, larger in front than far away.

    At each place it is the `COMMON_SHARE` quantile over the seconds in which there was something
    to see. Places share theirs with their neighbours, by how much was seen at each: a place
    where nobody happened to walk has the level of the paths beside it.

    Args:
        maxima: `(seconds, rows, columns)`, at least 0.

    Returns:
        `(rows, columns)` float32 above 0.
    """
    strongest = _strongest(maxima)
    seen = maxima > SEEN * strongest
    seconds = seen.sum(axis=0).astype(np.float64)
    shown = np.where(seen, maxima, np.nan)
    levels = np.zeros(maxima.shape[1:])
    levels[seconds > 0] = np.nanquantile(shown[:, seconds > 0], COMMON_SHARE, axis=0)
    whole = (seconds * levels).sum() / max(seconds.sum(), 1) or strongest
    weights = _blurred(seconds, REACH_CELLS)
    levels = _blurred(seconds * levels, REACH_CELLS) + PRIOR_SECONDS * whole
    return _above_floor(levels / (weights + PRIOR_SECONDS), whole)


def own_level(maxima: np.ndarray) -> np.ndarray:
    """The normal level where every place has its own: next to nothing where nothing ever moved.

    Args:
        maxima: `(seconds, rows, columns)`, at least 0.

    Returns:
        `(rows, columns)` float32 above 0: at each place the `OWN_SHARE` quantile over all seconds.
    """
    return _above_floor(
        scipy.ndimage.gaussian_filter(
            np.quantile(maxima, OWN_SHARE, axis=0), BLUR_CELLS, mode="nearest"
        ),
        _strongest(maxima),
    )


def _strongest(maxima: np.ndarray) -> float:
    """What the strongest cell of the picture is in nine of ten seconds; 1 where nothing moves."""
    return float(np.quantile(maxima.max(axis=(1, 2)), 0.9)) or 1.0


def _above_floor(levels: np.ndarray, whole: float) -> np.ndarray:
    return np.maximum(levels, FLOOR * whole).astype(np.float32)


def _blurred(values: np.ndarray, cells: float) -> np.ndarray:
    return scipy.ndimage.gaussian_filter(values, cells, mode="constant")
