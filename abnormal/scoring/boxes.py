"""Boxes around places in a picture, in parts of the picture: they hold at any size."""

import numpy as np
import scipy.ndimage

BOX_SIDES = ("left", "top", "width", "height")
"""What the four numbers of a box are, each in [0, 1]."""

Box = tuple[float, float, float, float]


def box_of(rows: slice, columns: slice, shape: tuple[int, ...]) -> Box:
    """The box of some rows and columns.

    Args:
        rows: From the first row to the one behind the last.
        columns: From the first column to the one behind the last.
        shape: Height and width of the picture, in the same units.
    """
    height, width = shape
    return (
        columns.start / width,
        rows.start / height,
        (columns.stop - columns.start) / width,
        (rows.stop - rows.start) / height,
    )


def boxes_of_parts(flags: np.ndarray) -> list[Box]:
    """The boxes around the connected parts of a mask.

    Args:
        flags: `(height, width)` bool; neighbours across a corner are connected.
    """
    parts, _ = scipy.ndimage.label(flags, np.ones((3, 3)))
    found = scipy.ndimage.find_objects(parts)
    return [box_of(rows, columns, flags.shape) for rows, columns in found]


def box_around(flags: np.ndarray, row: int, column: int) -> Box:
    """The box around the connected part of a mask that a place belongs to.

    Args:
        flags: `(height, width)` bool, True at the place.
        row: Of the place.
        column: Of the place.
    """
    parts, _ = scipy.ndimage.label(flags, np.ones((3, 3)))
    rows, columns = scipy.ndimage.find_objects(parts)[parts[row, column] - 1]
    return box_of(rows, columns, flags.shape)
