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
        values: `(n, ...)`, one per frame.
        fps: Frames per second.
        seconds: How far the mean reaches back. At the start it has what there is.

    Returns:
        The same shape, float64.
    """
    return CausalMean(fps, seconds)(values)


class CausalMean:
    """The mean of the last second, of values that come some at a time."""

    def __init__(self, fps: float, seconds: float = SMOOTHING_SEC) -> None:
        """Begins with none.

        Args:
            fps: Values per second.
            seconds: How far the mean reaches back.
        """
        self._window = max(1, round(fps * seconds))
        self._last: np.ndarray | None = None

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """The mean of each value and those before it, as far as the window and the start allow.

        Args:
            values: `(n, ...)`, the ones that follow those of the last call.

        Returns:
            The same shape, float64.
        """
        earlier = 0 if self._last is None else len(self._last)
        known = values if self._last is None else np.concatenate((self._last, values))
        self._last = known[max(0, len(known) - self._window + 1) :]
        sums = np.cumsum(known, axis=0, dtype=np.float64)
        sums[self._window :] -= sums[: -self._window].copy()
        counts = np.minimum(np.arange(1, len(known) + 1), self._window)
        return (sums / counts.reshape(-1, *[1] * (known.ndim - 1)))[earlier:]


class CausalMinimum:
    """The smallest of the last values, of values that come some at a time."""

    def __init__(self, count: int) -> None:
        """Begins with none.

        Args:
            count: Of how many values.
        """
        self._count = count
        self._last: np.ndarray | None = None

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """The smallest of each value and those before it; at the start, of those there are.

        Args:
            values: `(n, ...)`, at least one: the ones that follow those of the last call.

        Returns:
            The same shape.
        """
        if self._last is None:
            self._last = np.repeat(values[:1], self._count - 1, axis=0)
        known = np.concatenate((self._last, values))
        self._last = known[len(values) :]
        return np.min([known[start : start + len(values)] for start in range(self._count)], axis=0)


def stretched(values: np.ndarray) -> np.ndarray:
    """Values of one video between 0 (its smallest) and 1 (its largest); zeros if all are equal.

    A protocol of benchmarks: it knows the whole video, and makes every video contain an anomaly.
    """
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.zeros(len(values))
