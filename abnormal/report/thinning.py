"""Curves small enough for a page: no more points than a screen shows, as text."""

import base64
from typing import Any

import numpy as np

LARGEST_LEVEL = 65535


def thinned(values: np.ndarray, most: int) -> tuple[np.ndarray, float]:
    """A curve with few points that looks the same: of every stretch its extremes, in their order.

    A mean would hide the short peaks that the curve is looked at for.

    Args:
        values: `(n,)`, one for each frame.
        most: How many points it may have; even.

    Returns:
        `(m,)` with m at most `most`, and how many frames there are from one point to the next.
    """
    if len(values) <= most:
        return values, 1.0
    length = -(-len(values) // (most // 2))
    stretches = -(-len(values) // length)
    padded = np.pad(values, (0, stretches * length - len(values)), mode="edge")
    padded = padded.reshape(stretches, length)
    places = np.sort(np.stack((padded.argmin(1), padded.argmax(1)), axis=1))  # (stretches, 2)
    return np.take_along_axis(padded, places, axis=1).reshape(-1), length / 2


def packed(values: np.ndarray, most: int) -> dict[str, Any]:
    """A thinned curve for a page: two bytes a point, in Base64.

    Returns:
        `step` (frames from one point to the next), `low` and `high` (the values that 0 and 65535
        stand for) and `points` (little-endian).
    """
    points, step = thinned(values, most)
    low, high = float(points.min()), float(points.max())
    levels = np.rint((points - low) * (LARGEST_LEVEL / ((high - low) or 1.0)))
    text = base64.b64encode(levels.astype("<u2").tobytes()).decode("ascii")
    return {"step": step, "low": low, "high": high, "points": text}
