"""What stands in front of the background: something that moves a little, that is new, or a gap.

Along the outline of a thing that was left behind, the frame has edges that the background does not
have. Where something has been taken away, it is the background that has them (Spagnolo et al., "An
Abandoned/Removed Objects Detection Algorithm and Its Evaluation on PETS Datasets", AVSS 2006).
Whoever waits moves a little, and a thing does not.
"""

import cv2
import numpy as np

from abnormal.video.background import SAMPLING, picture_shift, shifted

MOVED_LEVELS = 5.0
"""Smallest mean difference of a pixel and its neighbours from an earlier picture above which
something has moved there, in grey levels of 0 to 255."""

MOVED_DEVIATIONS = 7.0
"""The same, in standard deviations of the noise. These are measured in the whole picture, of which
most does not move."""

_DEVIATION = 1.4826
"""Standard deviation of normal noise, divided by the median of its absolute values."""

_AROUND = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
_OUTLINE_PX = 2
"""How far from the edge of the foreground the outline reaches to both sides, in pixels. The
foreground is up to two pixels wider than what stands there, because it is found by means."""


def moved_share(frame: np.ndarray, earlier: np.ndarray, region: np.ndarray) -> float:
    """Measures how much of a region has moved since an earlier picture.

    The earlier picture is compared as it is, and where the camera shows it now if it shakes; the
    smaller share counts. A crowd that walks on seems to move the camera, too. Both pictures get the
    same brightness.

    Args:
        frame: `(height, width)` float32 in [0, 1].
        earlier: The earlier picture, of the same shape.
        region: `(height, width)` bool, True in at least one pixel.

    Returns:
        The share of the region's pixels, in [0, 1].
    """
    moved_on = shifted(earlier, picture_shift(frame, earlier))
    return min(_changed_share(frame, one, region) for one in (earlier, moved_on))


def _changed_share(frame: np.ndarray, earlier: np.ndarray, region: np.ndarray) -> float:
    difference = frame - earlier
    difference -= np.median(difference[::SAMPLING, ::SAMPLING])
    change = np.abs(cv2.blur(difference, (3, 3)))
    deviation = _DEVIATION * np.median(change[::SAMPLING, ::SAMPLING])
    limit = max(MOVED_LEVELS / 255, MOVED_DEVIATIONS * deviation)
    return float((change[region] > limit).mean())


def edge_balance(
    frame: np.ndarray, background: np.ndarray, foreground: np.ndarray, cells: np.ndarray
) -> float:
    """Compares the edges along the outline of something: those of the frame and the background.

    Elsewhere frame and background show the same. What makes their edges differ there, such as
    exposure or blur, is therefore undone here.

    Args:
        frame: `(height, width)` float32 in [0, 1].
        background: What the camera shows when nobody is there, of the same shape and of any range.
        foreground: `(height, width)` bool, True where the two differ.
        cells: `(height, width)` bool, True around what is looked at.

    Returns:
        From -1, if only the background has edges there, to 1, if only the frame has; 0 if both have
        none.
    """
    front = foreground.astype(np.uint8)
    outline = _grown(front) > cv2.erode(front, _AROUND, iterations=_OUTLINE_PX)
    outline &= _grown((foreground & cells).astype(np.uint8)) > 0
    elsewhere = _grown(front) == 0
    there, usual = _edges(frame), _edges(background)
    gain = usual[elsewhere].sum() / max(there[elsewhere].sum(), np.finfo(np.float32).tiny)
    of_frame, of_background = gain * there[outline].sum(), usual[outline].sum()
    both = of_frame + of_background
    return float((of_frame - of_background) / both) if both > 0 else 0.0


def _grown(mask: np.ndarray) -> np.ndarray:
    return cv2.dilate(mask, _AROUND, iterations=_OUTLINE_PX)


def _edges(picture: np.ndarray) -> np.ndarray:
    """Returns the length of the gradient of each pixel, `(height, width)` float32."""
    smooth = cv2.GaussianBlur(picture, (3, 3), 0)
    return cv2.magnitude(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
