"""Frames at another rate or size."""

from collections.abc import Iterator

import cv2
import numpy as np

from abnormal.video.stream import Frame

_CLOSE_SEC = 1e-6


def at_rate(frames: Iterator[Frame], fps: float) -> Iterator[Frame]:
    """Frames at a fixed rate: at each tick, the picture that a viewer would see then.

    Args:
        frames: Frames with growing times, at any and at a variable rate.
        fps: Frames per second wanted.

    Yields:
        One frame for each `k / fps` seconds from the first to the last frame's time. Each keeps
        the number of the frame that it is taken from, so that labels stay with their pictures.
    """
    tick = 0
    shown: Frame | None = None
    for frame in frames:
        while shown is not None and tick / fps < frame.time_sec - _CLOSE_SEC:
            yield shown._replace(time_sec=tick / fps)
            tick += 1
        shown = frame
    while shown is not None and tick / fps <= shown.time_sec + _CLOSE_SEC:
        yield shown._replace(time_sec=tick / fps)
        tick += 1


def resize(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resizes a `(height, width)` picture by area: every source pixel counts once."""
    if image.shape == (height, width):
        return image
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
