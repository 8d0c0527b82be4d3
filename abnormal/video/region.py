"""Grows regions of a picture: the pixels that belong together around a strong one."""

import cv2
import numpy as np

LEAST_SHARE = 1 / 3
"""A pixel belongs to a region if it has at least this share of the value of the pixel that the
region grows from. Of somebody who walks, the body is that much slower than the swinging leg."""

_FLAGS = 8 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY | 1 << 8
"""Pixels that touch at a corner are connected; each is compared with the first one, and marked in
the mask with 1."""

Rectangle = tuple[int, int, int, int]
"""Left, top, width and height, in pixels."""


class RegionGrower:
    """Grows regions in pictures of one size. No two of its regions share a pixel.

    Args:
        height: Height of the pictures, in pixels.
        width: Width of the pictures, in pixels.
    """

    def __init__(self, height: int, width: int) -> None:
        self._taken = np.zeros((height + 2, width + 2), np.uint8)  # OpenCV wants a border

    def grow(self, picture: np.ndarray, rows: slice, columns: slice) -> Rectangle | None:
        """Grows a region from the strongest pixel in a window that is in no region yet.

        Args:
            picture: `(height, width)` float32, at least 0, how strongly each pixel belongs to
                something.
            rows: The rows of the window, which has to be inside the picture.
            columns: The columns of the window.

        Returns:
            The rectangle around the region; None if all pixels in the window are 0 or taken.
        """
        free = self._taken[1:-1, 1:-1][rows, columns] == 0
        inside = np.where(free, picture[rows, columns], 0)
        if not inside.any():
            return None
        row, column = np.unravel_index(int(inside.argmax()), inside.shape)
        start = (columns.start + int(column), rows.start + int(row))
        slower = float(inside[row, column]) * (1 - LEAST_SHARE)
        faster = float(np.finfo(np.float32).max)
        *_, (left, top, width, height) = cv2.floodFill(
            picture, self._taken, start, 0, slower, faster, _FLAGS
        )
        return left, top, width, height
