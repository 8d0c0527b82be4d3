"""A small picture with a box around a place."""

from collections.abc import Sequence

import cv2
import numpy as np

from abnormal.video.draw import RED, grey_to_rgb

LONGER_SIDE_PX = 192
LINE_PX = 2


def draw_thumbnail(picture: np.ndarray, box: Sequence[float]) -> np.ndarray:
    """Draws a thumbnail.

    Args:
        picture: `(height, width)` uint8, or `(height, width, 3)`, red first.
        box: Left, top, width and height of the place, as parts of the picture's; without width or
            height there is none.

    Returns:
        `(height, width, 3)` uint8, red first.
    """
    times = LONGER_SIDE_PX / max(picture.shape[:2])
    height, width = (max(1, round(length * times)) for length in picture.shape[:2])
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    small = grey_to_rgb(small) if small.ndim == 2 else small
    left, top, box_width, box_height = box
    if box_width > 0 and box_height > 0:
        corner = round(left * width), round(top * height)
        opposite = round((left + box_width) * width), round((top + box_height) * height)
        cv2.rectangle(small, corner, opposite, RED, LINE_PX)
    return small
