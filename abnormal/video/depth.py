"""Brings pictures with more than 8 bits to 8 bits, by one scale for all pictures of a video."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_DEPTHS = (8, 10, 12, 14, 16)
"""Bits per pixel that cameras have. Files store them in words of 16 or 32 bits."""

_SMALLEST_SHARE = 1 / 8
"""Footage that uses a smaller share of its range than this is stretched, such as thermal footage,
whose 14 bits cover hundreds of degrees."""

_OUTLIERS_PERCENT = 0.1
"""So many percent of the pixels at either end are dead or glaring, and do not count as used."""


class GreyScale(NamedTuple):
    """The values that become black and white.

    Attributes:
        low: The value that becomes 0; what is below it also does.
        high: The value that becomes 255; what is above it also does.
    """

    low: float
    high: float

    def to_uint8(self, values: np.ndarray) -> np.ndarray:
        """Scales an array of any numeric type to uint8. What is not a number becomes 0."""
        share = (values.astype(np.float32) - self.low) / (self.high - self.low)
        with np.errstate(invalid="ignore"):
            return np.nan_to_num(np.clip(share, 0, 1) * 255 + 0.5).astype(np.uint8)


ALL_OF_16_BITS = GreyScale(0, 2**16 - 1)
"""The scale of single pictures, whose video is not known."""


def scale_of(pictures: Sequence[np.ndarray]) -> GreyScale:
    """Finds the scale of a video from some of its pictures.

    It is the range of the smallest usual depth that holds all values, or 0 to 1 for fractions. If
    the footage uses only a small part of that, it is the part that is used, with round borders,
    so that videos of one camera are likely to get the same scale.

    Args:
        pictures: Arrays of any shape with integers or floats.
    """
    values = np.concatenate([picture[np.isfinite(picture)].ravel() for picture in pictures])
    if not values.size:
        return ALL_OF_16_BITS
    least, largest = float(values.min()), float(values.max())
    low, high = np.percentile(values, (_OUTLIERS_PERCENT, 100 - _OUTLIERS_PERCENT)).tolist()
    whole = _range_of_type(values.dtype, largest) if least >= 0 else None
    if whole and high - low >= _SMALLEST_SHARE * whole.high:
        return whole
    if low == high:
        return whole or GreyScale(low, low + 1)
    step = 2.0 ** (np.floor(np.log2(high - low)) - 2)
    return GreyScale(float(np.floor(low / step) * step), float(np.ceil(high / step) * step))


def describe_scale(scale: GreyScale) -> str:
    """Says which values become black and white, as a note on a video."""
    return f"its values {scale.low:g} to {scale.high:g} are scaled to 0 to 255"


def _range_of_type(dtype: np.dtype, largest: float) -> GreyScale | None:
    if dtype.kind == "f" and largest <= 1:
        return GreyScale(0, 1)
    return next((GreyScale(0, 2**bits - 1) for bits in _DEPTHS if largest < 2**bits), None)
