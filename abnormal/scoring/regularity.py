"""From errors to regularity, and from raw scores to calm ones."""

import numpy as np

SMOOTHING_SEC = 1.0


def regularity(errors: np.ndarray) -> np.ndarray:
    """Regularity of each frame of a whole video.

    `1 - (e - min e) / max e`: Hasan et al., 2016 (arXiv:1604.04574), equation 3, as both Chong and
    Tay and the comparison of three autoencoders use it. It looks back on the whole video, so every
    video has a frame of regularity 1; for alarms there is `score`.

    Args:
        errors: `(n,)`, at least 0.

    Returns:
        `(n,)` float64 in [0, 1]; 1 for all frames where every error is 0.
    """
    largest = errors.max()
    if largest == 0:
        return np.ones(len(errors))
    return 1 - (errors - errors.min()) / largest


def causal_mean(values: np.ndarray, fps: float, seconds: float = SMOOTHING_SEC) -> np.ndarray:
    """Mean of each value and those of the last second; it never looks ahead.

    Args:
        values: `(n,)`, one per frame.
        fps: Frames per second.
        seconds: How far the mean reaches back. At the start it has what there is.

    Returns:
        `(n,)` float64.
    """
    window = max(1, round(fps * seconds))
    sums = np.cumsum(values, dtype=np.float64)
    sums[window:] -= sums[:-window].copy()
    return sums / np.minimum(np.arange(1, len(values) + 1), window)


def stretched(values: np.ndarray) -> np.ndarray:
    """Values of one video between 0 (its smallest) and 1 (its largest); zeros if all are equal.

    A protocol of benchmarks: it knows the whole video, and makes every video contain an anomaly.
    """
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.zeros(len(values))
