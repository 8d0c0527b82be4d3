"""A picture seen as cells: small enough for a person, large enough to average noise out."""

import numpy as np

CELL_PX = 8


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


def largest_cell(images: np.ndarray, cell: int = CELL_PX) -> np.ndarray:
    """The largest of the cells' means of each picture: `(T, height, width)` to `(T,)`."""
    return cell_means(images, cell).max((1, 2))


def _edges(length: int, cell: int) -> tuple[np.ndarray, np.ndarray]:
    """First pixels of the cells along one side, and how many pixels each has."""
    count = max(1, (length + cell // 2) // cell)
    firsts = np.arange(count) * cell
    return firsts, np.diff(firsts, append=length)
