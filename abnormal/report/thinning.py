"""Makes curves small enough for the page: thins them to a screen's resolution, and packs them."""

import base64
from typing import Any

import numpy as np

LARGEST_LEVEL = 65535
"""Largest value of a packed point, which has 16 bits."""


def thin_curve(values: np.ndarray, most: int) -> tuple[np.ndarray, float]:
    """Reduces a curve to few points so that it looks the same.

    The curve is cut into intervals, of which only the minimum and the maximum are kept, in their
    order. Means would hide the short peaks that matter.

    Args:
        values: `(n,)` float64 of any range, one per frame.
        most: Largest number of points; even.

    Returns:
        `(m,)` float64 with m at most `most`, and the number of frames from one point to the next.
    """
    if len(values) <= most:
        return values, 1.0
    length = -(-len(values) // (most // 2))
    intervals = -(-len(values) // length)
    padded = np.pad(values, (0, intervals * length - len(values)), mode="edge")
    padded = padded.reshape(intervals, length)
    indices = np.sort(np.stack((padded.argmin(1), padded.argmax(1)), axis=1))  # (intervals, 2)
    return np.take_along_axis(padded, indices, axis=1).reshape(-1), length / 2


def pack_curve(values: np.ndarray, most: int) -> dict[str, Any]:
    """Thins a curve and packs it for the page, with two bytes per point.

    Args:
        values: `(n,)` float64 of any range, one per frame.
        most: Largest number of points; even.

    Returns:
        `step` (frames from one point to the next), `low` and `high` (the values for which 0 and
        65535 stand) and `points` (unsigned 16-bit integers, little-endian, in Base64).
    """
    points, step = thin_curve(values, most)
    low, high = float(points.min()), float(points.max())
    levels = np.rint((points - low) * (LARGEST_LEVEL / ((high - low) or 1.0)))
    text = base64.b64encode(levels.astype("<u2").tobytes()).decode("ascii")
    return {"step": step, "low": low, "high": high, "points": text}
