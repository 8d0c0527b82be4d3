"""A picture seen as cells and as patches of them: where in it something is largest."""

import numpy as np

CELL_PX = 8
PATCH_CELLS = 3


def cell_means(images: np.ndarray, cell: int = CELL_PX) -> np.ndarray:
    """Means over square cells, side by side from the upper left corner.

    Args:
        images: `(T, height, width)`.
        cell: Height and width of a cell, in pixels. Cells at the lower and right border have what
            is left, as long as that is at least half a cell; less is added to the cell before.

    Returns:
        `(T, rows, columns)` float64.
    """
    rows, row_counts = _edges(images.shape[1], cell)
    columns, column_counts = _edges(images.shape[2], cell)
    sums = np.add.reduceat(images, columns, axis=2, dtype=np.float64)
    sums = np.add.reduceat(sums, rows, axis=1)
    return sums / (row_counts[:, None] * column_counts)


def largest_patch(images: np.ndarray) -> np.ndarray:
    """The largest mean of `PATCH_CELLS` by `PATCH_CELLS` neighbouring cells of each picture.

    Such a patch has about the size of a person. A cell alone has that of a limb, and the swinging
    leg of somebody who walks is as fast as the body of somebody who runs.

    Args:
        images: `(T, height, width)`.

    Returns:
        `(T,)` float64.
    """
    cells = cell_means(images)
    rows, columns = (min(PATCH_CELLS, count) for count in cells.shape[1:])
    patches = np.lib.stride_tricks.sliding_window_view(cells, (rows, columns), axis=(1, 2))
    return patches.mean((3, 4)).max((1, 2))


def _edges(length: int, cell: int) -> tuple[np.ndarray, np.ndarray]:
    """First pixels of the cells along one side, and how many pixels each has."""
    count = max(1, (length + cell // 2) // cell)
    firsts = np.arange(count) * cell
    return firsts, np.diff(firsts, append=length)
