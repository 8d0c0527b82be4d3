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
    # Whole rows of pixels are added first: that is six times as fast as the other way round.
    count, _, width = images.shape
    whole = images[:, : rows[-1]].reshape(count, len(rows) - 1, cell, width)
    rest = images[:, rows[-1] :].sum(1, keepdims=True, dtype=np.float64)
    sums = np.concatenate((whole.sum(2, dtype=np.float64), rest), axis=1)  # (T, rows, width)
    sums = np.add.reduceat(sums, columns, axis=2)
    return sums / (row_counts[:, None] * column_counts)


def largest_patch(cells: np.ndarray) -> np.ndarray:
    """The largest mean of `PATCH_CELLS` by `PATCH_CELLS` neighbouring cells of each picture.

    Such a patch has about the size of a person. A cell alone has that of a limb, and the swinging
    leg of somebody who walks is as fast as the body of somebody who runs.

    Args:
        cells: `(T, rows, columns)` float64, means of `cell_means`.

    Returns:
        `(T,)` float64.
    """
    rows, columns = (min(PATCH_CELLS, count) for count in cells.shape[1:])
    down, across = cells.shape[1] - rows + 1, cells.shape[2] - columns + 1
    sums = np.sum([cells[:, first : first + down] for first in range(rows)], axis=0)
    sums = np.sum([sums[..., first : first + across] for first in range(columns)], axis=0)
    return sums.max((1, 2)) / (rows * columns)


def _edges(length: int, cell: int) -> tuple[np.ndarray, np.ndarray]:
    """First pixels of the cells along one side, and how many pixels each has."""
    count = max(1, (length + cell // 2) // cell)
    firsts = np.arange(count) * cell
    return firsts, np.diff(firsts, append=length)
