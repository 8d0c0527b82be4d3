"""A small picture of an event, with a box around the anomaly."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from abnormal.files import make_folder
from abnormal.replacing import replacing
from abnormal.video.draw import RED, grey_to_rgb
from abnormal.video.jpeg import to_jpeg

LONGER_SIDE_PX = 192
"""Length of a thumbnail's longer side, in pixels."""
LINE_PX = 2
"""Width of the box's outline, in pixels."""


def write_thumbnail(path: Path, picture: np.ndarray, box: Sequence[float]) -> None:
    """Draws a thumbnail and writes it as JPEG, replacing a file that exists.

    Args:
        path: Name of the file, which ends in `.jpg`; its folder is made if it is missing.
        picture: See `draw_thumbnail`.
        box: See `draw_thumbnail`.

    Raises:
        AbnormalError: The folder cannot be written to.
    """
    make_folder(path.absolute().parent)
    data = to_jpeg(draw_thumbnail(picture, box))
    with replacing(path) as partial:
        partial.write_bytes(data)


def draw_thumbnail(picture: np.ndarray, box: Sequence[float]) -> np.ndarray:
    """Shrinks or enlarges a picture to the size of a thumbnail and draws a red box into it.

    Args:
        picture: `(height, width)` uint8, grey, or `(height, width, 3)` uint8, red first.
        box: Left, top, width and height of the box, as fractions of the picture's width and
            height, 0 to 1. No box is drawn if its width or height is 0.

    Returns:
        `(height, width, 3)` uint8, red first; the longer side has `LONGER_SIDE_PX` pixels.
    """
    scale = LONGER_SIDE_PX / max(picture.shape[:2])
    height, width = (max(1, round(length * scale)) for length in picture.shape[:2])
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    small = grey_to_rgb(small) if small.ndim == 2 else small
    left, top, box_width, box_height = box
    if box_width > 0 and box_height > 0:
        corner = round(left * width), round(top * height)
        opposite = round((left + box_width) * width), round((top + box_height) * height)
        cv2.rectangle(small, corner, opposite, RED, LINE_PX)
    return small
