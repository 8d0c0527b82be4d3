"""Boxes around places in a picture, relative to its size, so that they fit it at any size."""

import numpy as np
import scipy.ndimage

BOX_SIDES = ("left", "top", "width", "height")
"""Names of the four numbers of a box, in their order."""

Box = tuple[float, float, float, float]
"""Left, top, width and height, as fractions of the picture's width and height, in [0, 1]."""


def relative_box(rows: slice, columns: slice, shape: tuple[int, ...]) -> Box:
    """Returns the box that covers some rows and columns of a picture.

    Args:
        rows: The rows, from the first to the one after the last.
        columns: The columns, from the first to the one after the last.
        shape: Height and width of the picture, in rows and columns.
    """
    height, width = shape
    return (
        columns.start / width,
        rows.start / height,
        (columns.stop - columns.start) / width,
        (rows.stop - rows.start) / height,
    )


def component_boxes(labels: np.ndarray) -> list[Box]:
    """Returns the box around each connected component of a picture.

    Args:
        labels: `(height, width)` int32, the number of the component of each pixel, from 1 on; 0
            for pixels of no component.
    """
    found = scipy.ndimage.find_objects(labels)
    return [relative_box(rows, columns, labels.shape) for rows, columns in found]


def component_box_at(mask: np.ndarray, row: int, column: int) -> Box:
    """Returns the box around the connected component that a pixel belongs to.

    Args:
        mask: `(height, width)` bool, True at the pixel. Pixels that touch at a corner are
            connected, too.
        row: 0-based row of the pixel.
        column: 0-based column of the pixel.
    """
    labels, _ = scipy.ndimage.label(mask, np.ones((3, 3)))
    component = labels == labels[row, column]
    along = (np.flatnonzero(component.any(axis)).tolist() for axis in (1, 0))
    rows, columns = (slice(places[0], places[-1] + 1) for places in along)
    return relative_box(rows, columns, mask.shape)


def intersection_over_union(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Computes the intersection over union of each box with each of some others.

    Args:
        boxes: `(n, 4)` float64: left, top, width and height, in any unit.
        others: `(m, 4)` float64, in the same order and unit.

    Returns:
        `(n, m)` float64 in [0, 1].
    """
    boxes, others = boxes[:, None], others[None]
    low = np.maximum(boxes[..., :2], others[..., :2])
    high = np.minimum(boxes[..., :2] + boxes[..., 2:], others[..., :2] + others[..., 2:])
    common = np.maximum(high - low, 0).prod(axis=-1)
    return common / (boxes[..., 2:].prod(axis=-1) + others[..., 2:].prod(axis=-1) - common)
