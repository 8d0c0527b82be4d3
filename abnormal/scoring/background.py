"""What does not belong to the scene: the difference from what a camera shows when nobody is there.

The background of a camera is learnt once, from normal footage. While a video is scored, a copy of
it follows slow changes, such as shadows that move with the sun. A pixel that looks like either of
the two is background: the copy takes over things that stay, and would take their places for
foreground when they have gone. Changes of the whole picture, such as clouds, are taken off first.
"""

import numpy as np
import scipy.ndimage

FOREGROUND_LEVELS = 15.0
"""Mean difference of a pixel and its neighbours from the background above which the pixel belongs
to the foreground, in grey levels of 0 to 255."""

NEIGHBOURS_PX = 3
"""Side of the square of pixels over which that difference is averaged."""

ADAPTATION_PER_SEC = 1.0
"""Largest change of a pixel of the copy, in grey levels per second. What differs by 60 levels and
stays is background after a minute at the latest."""

SAMPLING = 4
"""Every so many pixels are enough for the median difference of a picture."""


def learn_background(frames: np.ndarray) -> np.ndarray:
    """Learns the background of a camera.

    Args:
        frames: `(n, height, width)` uint8, some frames from throughout the normal footage. Each
            pixel has to show the background in more than half of them.

    Returns:
        `(height, width)` uint8, the median of each pixel.
    """
    return np.median(frames, axis=0).astype(np.uint8)


class ForegroundDetector:
    """Finds the foreground in the frames of one video, in order.

    Args:
        background: `(height, width)` uint8 of `learn_background`.
        fps: Frames per second.
    """

    def __init__(self, background: np.ndarray, fps: float) -> None:
        self._learnt = background.astype(np.float32)
        self._adapted = self._learnt.copy()
        self._step = np.float32(ADAPTATION_PER_SEC / fps)

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Finds the foreground of the next frames.

        Args:
            frames: `(n, height, width)` float32 in [0, 1].

        Returns:
            The same shape, bool, True where something differs from the background.
        """
        found = np.empty(frames.shape, bool)
        for number, frame in enumerate(frames):
            levels = frame * np.float32(255)
            from_adapted = _local_difference(levels, self._adapted)
            self._adapted += np.clip(from_adapted, -self._step, self._step)
            from_learnt = _local_difference(levels, self._learnt)
            difference = np.minimum(np.abs(from_adapted), np.abs(from_learnt))
            blurred = scipy.ndimage.uniform_filter(difference, NEIGHBOURS_PX, mode="nearest")
            found[number] = blurred > FOREGROUND_LEVELS
        return found


def _local_difference(levels: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Returns frame minus background, without what the whole picture has changed by."""
    difference = levels - background
    difference -= np.median(difference[::SAMPLING, ::SAMPLING])
    return difference
