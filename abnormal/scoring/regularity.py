"""The regularity of a video, and causal filters that smooth scores."""

import numpy as np

SMOOTHING_SEC = 1.0
"""Length of the causal mean over the scores that are not local, in seconds."""


def regularity(errors: np.ndarray) -> np.ndarray:
    """Computes the regularity of each frame of a whole video.

    It is `1 - (e - min e) / max e`, from Hasan et al., 2016 (arXiv:1604.04574), equation 3, as both
    Chong and Tay and the comparison of three autoencoders use it. The minimum and the maximum are
    those of the whole video, so every video has a frame of regularity 1. Alarms use the scores
    instead, which are known while a video is still running.

    Args:
        errors: `(n,)` float64, at least 0, the error of each frame.

    Returns:
        `(n,)` float64 in [0, 1]; 1 for all frames if all errors are 0.
    """
    largest = errors.max()
    if largest == 0:
        return np.ones(len(errors))
    return 1 - (errors - errors.min()) / largest


def without_saw_tooth(errors: np.ndarray, clip_length: int) -> np.ndarray:
    """Averages the error around each frame over as many frames as a clip has.

    A recurrent network reconstructs the first frames of a clip in another way than the last ones,
    how differently depends on what moves there. Each average has every position in a clip once, so
    that what comes from the position cancels, and the same share of all movement is left at the
    borders of clips as anywhere else.

    Args:
        errors: `(n,)` float64, the error of each frame.
        clip_length: Number of frames in a clip.

    Returns:
        `(n,)` float64. Near both ends, the window is that of the outermost whole clip. A video of
        one clip or less, which has no border, is left as it is.
    """
    if len(errors) <= clip_length:
        return errors
    sums = np.cumsum(np.concatenate(([0.0], errors)))
    firsts = np.clip(np.arange(len(errors)) - clip_length // 2, 0, len(errors) - clip_length)
    return (sums[firsts + clip_length] - sums[firsts]) / clip_length


def causal_mean(values: np.ndarray, fps: float, seconds: float = SMOOTHING_SEC) -> np.ndarray:
    """Computes the mean of each value and the values before it, within a window.

    Args:
        values: `(n, ...)` of any float type, one per frame.
        fps: Frames per second.
        seconds: Length of the window, in seconds. It is shorter at the start.

    Returns:
        `(n, ...)` float64, in the range of the values.
    """
    return CausalMean(fps, seconds)(values)


class CausalMean:
    """A moving mean over the last values of a series that arrives some values at a time.

    Args:
        fps: Values per second.
        seconds: Length of the window, in seconds.
    """

    def __init__(self, fps: float, seconds: float = SMOOTHING_SEC) -> None:
        self._window = max(1, round(fps * seconds))
        self._last: np.ndarray | None = None  # the values that are still inside the window

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Computes the mean of each value and the values before it, within the window.

        Args:
            values: `(n, ...)` of any float type, the values that follow those of the last call.

        Returns:
            `(n, ...)` float64, in the range of the values. The window is shorter at the start.
        """
        earlier = 0 if self._last is None else len(self._last)
        known = values if self._last is None else np.concatenate((self._last, values))
        self._last = known[max(0, len(known) - self._window + 1) :]
        sums = np.cumsum(known, axis=0, dtype=np.float64)
        sums[self._window :] -= sums[: -self._window].copy()
        counts = np.minimum(np.arange(1, len(known) + 1), self._window)
        return (sums / counts.reshape(-1, *[1] * (known.ndim - 1)))[earlier:]


class CausalMinimum:
    """A moving minimum over the last values of a series that arrives some values at a time.

    Args:
        count: Length of the window, in values.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._last: np.ndarray | None = None  # the values that are still inside the window

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Computes the minimum of each value and the values before it, within the window.

        Args:
            values: `(n, ...)` of any type, at least one: the values that follow those of the last
                call.

        Returns:
            `(n, ...)` of the type and the range of the values. The window is shorter at the start.
        """
        if self._last is None:
            self._last = np.repeat(values[:1], self._count - 1, axis=0)
        known = np.concatenate((self._last, values))
        self._last = known[len(values) :]
        return np.min([known[start : start + len(values)] for start in range(self._count)], axis=0)


def psnr_score(distances: np.ndarray) -> np.ndarray:
    """Computes the score of a video by its peak signal-to-noise ratio, as papers report it.

    The PSNR of a frame, `20 log10(sqrt(n) / d)` decibels for n pixels in [0, 1] and a distance of d
    from the reconstruction, is stretched over the whole video, as Liu et al., 2018
    (arXiv:1712.09867), do for the prediction of frames. The score is 1 minus that, so that it grows
    with abnormality.

    Args:
        distances: `(n,)` float64, at least 0, the Euclidean distance of each frame from its
            reconstruction.

    Returns:
        `(n,)` float64 in [0, 1]; zeros if all distances are equal.
    """
    least = np.finfo(np.float64).tiny  # a perfect reconstruction has an infinite PSNR
    return stretched(np.log10(np.maximum(distances, least)))


def stretched(values: np.ndarray) -> np.ndarray:
    """Scales the values of one video linearly, so that the smallest is 0 and the largest is 1.

    Benchmarks do this (min-max normalisation per video). It needs the whole video, and makes every
    video contain an anomaly.

    Args:
        values: `(n,)` float64 of any range, one per frame.

    Returns:
        `(n,)` float64 in [0, 1]; zeros if all values are equal.
    """
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.zeros(len(values))
