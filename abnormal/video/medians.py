"""The median of pixels, computed several times a frame."""

import numpy as np


def median(values: np.ndarray) -> np.floating:
    """Returns the median of `(n,)` values of any float type, several times as fast as `np.median`.

    It is exactly that of NumPy for finite values, in the type of the values.
    """
    middle = len(values) // 2
    if len(values) % 2:
        return np.partition(values, middle)[middle]
    return np.partition(values, (middle - 1, middle))[middle - 1 : middle + 1].mean()
