"""Means over square cells of a picture, and over patches of neighbouring cells."""

import numpy as np

CELL_PX = 8
"""Height and width of a cell, in pixels."""

PATCH_CELLS = 3
"""Height and width of a patch, in cells: about the size of a person."""


def cell_means(images: np.ndarray, cell: int = CELL_PX) -> np.ndarray:
    """Computes the mean of each square cell, in a grid that begins at the upper left corner.

    Args:
        images: `(T, height, width)` float32 of any range.
        cell: Height and width of a cell, in pixels. If the lower or right border leaves at least
            half a cell, that is a smaller cell of its own; less is added to the cell before it.

    Returns:
        `(T, rows, columns)` float64, in the range of the images.
    """
    rows, row_counts = _cells_along(images.shape[1], cell)
    columns, column_counts = _cells_along(images.shape[2], cell)
    # Summing over whole rows of pixels first is six times as fast as summing over columns first.
    count, _, width = images.shape
    whole = images[:, : rows[-1]].reshape(count, len(rows) - 1, cell, width)
    rest = images[:, rows[-1] :].sum(1, keepdims=True, dtype=np.float64)
    sums = np.concatenate((whole.sum(2, dtype=np.float64), rest), axis=1)  # (T, rows, width)
    sums = np.add.reduceat(sums, columns, axis=2)
    return sums / (row_counts[:, None] * column_counts)


def largest_patch(cells: np.ndarray) -> np.ndarray:
    """Computes the largest mean over any patch of `PATCH_CELLS` by `PATCH_CELLS` cells.

    A patch has about the size of a person. A single cell has that of a limb, and the swinging leg
    of somebody who walks is as fast as the body of somebody who runs.

    Args:
        cells: `(T, rows, columns)` float64 of any range, from `cell_means`.

    Returns:
        `(T,)` float64, in the range of the cells.
    """
    rows, columns = (min(PATCH_CELLS, count) for count in cells.shape[1:])
    down, across = cells.shape[1] - rows + 1, cells.shape[2] - columns + 1
    sums = np.sum([cells[:, first : first + down] for first in range(rows)], axis=0)
    sums = np.sum([sums[..., first : first + across] for first in range(columns)], axis=0)
    return sums.max((1, 2)) / (rows * columns)


def pack_cells(cells: np.ndarray) -> np.ndarray:
    """Packs one flag per cell into bits, which take an eighth of the memory.

    Args:
        cells: `(n, rows, rows)` bool, for frames that are square.

    Returns:
        `(n, rows, ceil(rows / 8))` uint8, for `unpack_cells`.
    """
    return np.packbits(cells, axis=-1)


def unpack_cells(packed: np.ndarray) -> np.ndarray:
    """Unpacks the flags that `pack_cells` packed.

    Args:
        packed: `(..., rows, ceil(rows / 8))` uint8.

    Returns:
        `(..., rows, rows)` bool.
    """
    return np.unpackbits(packed, axis=-1, count=packed.shape[-2]).astype(bool)


def _cells_along(length: int, cell: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the first pixel and the length of each cell along one side, `(cells,)` int64."""
    count = max(1, (length + cell // 2) // cell)
    firsts = np.arange(count) * cell
    return firsts, np.diff(firsts, append=length)
