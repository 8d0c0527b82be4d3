"""Scores that know the place: each cell of the picture against what is normal there.

A frame's score is that of the cell that is furthest above its normal level. What is normal at a
cell comes from normal footage of the same camera; see `abnormal.scoring.normal_level`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.ndimage

from abnormal.scoring.cells import cell_means
from abnormal.scoring.normal_level import common_level, own_level
from abnormal.scoring.residual import ClipResidual, residual_change

PERSON_CELLS = 3
"""A cell and those around it: about as large as a person."""


class LocalScore(NamedTuple):
    """A score that knows the place.

    Attributes:
        cells: From a clip to `(T, rows, columns)`, at least 0; all scores have the same cells.
        level: From the largest values of each second of normal footage, `(seconds, rows,
            columns)`, to the normal level of each cell, `(rows, columns)` above 0.
        seconds: Over how long a cell's values are averaged.
        of_network: Whether it depends on the network's reconstruction.
        share: Of all false alarms of `fused`, how many this score may cause.
    """

    cells: Callable[[ClipResidual], np.ndarray]
    level: Callable[[np.ndarray], np.ndarray]
    seconds: float
    of_network: bool
    share: float


def speed_around(clip: ClipResidual) -> np.ndarray:
    """Mean speed over the square of twice a cell's side around its middle, about a person.

    Returns:
        `(T, rows, columns)` float64, pixels per frame.
    """
    cells = speed_of_cells(clip)
    for axis in (1, 2):  # half of each neighbour is inside
        cells = scipy.ndimage.convolve1d(cells, [0.25, 0.5, 0.25], axis=axis, mode="nearest")
    return cells


def speed_of_cells(clip: ClipResidual) -> np.ndarray:
    """Mean speed over each cell alone.

    Returns:
        `(T, rows, columns)` float64, pixels per frame.
    """
    return cell_means(np.zeros_like(clip.frames) if clip.speed is None else clip.speed)


def change_around(clip: ClipResidual) -> np.ndarray:
    """Absolute change of the residual from frame to frame, around each cell.

    Returns:
        `(T, rows, columns)` float64 in [0, 2].
    """
    return _around(cell_means(residual_change(clip)))


def residual_around(clip: ClipResidual) -> np.ndarray:
    """Absolute difference of frame and reconstruction, around each cell.

    Returns:
        `(T, rows, columns)` float64 in [0, 1].
    """
    return _around(cell_means(np.abs(clip.frames - clip.reconstruction)))


LOCAL_SCORES = {
    # Somebody is faster than people are there.
    "motion": LocalScore(speed_around, common_level, 0.2, of_network=False, share=0.7),
    # Something moves where nothing does.
    "place": LocalScore(speed_of_cells, own_level, 0.0, of_network=False, share=0.1),
    # Something moves that the network cannot follow.
    "change": LocalScore(change_around, common_level, 0.0, of_network=True, share=0.1),
    # Something looks as the network has not seen it.
    "appearance": LocalScore(residual_around, common_level, 0.0, of_network=True, share=0.1),
}


def above_normal(cells: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far a frame's most unusual cell is above its normal level, and which cell it is.

    Args:
        cells: `(n, rows, columns)`.
        level: `(rows, columns)` above 0.

    Returns:
        `(n,)` float64, cell divided by level; `(n,)` int64, the cell's place in the flat picture.
    """
    ratios = (cells / level).reshape(len(cells), -1)
    places = ratios.argmax(axis=1)
    return ratios[np.arange(len(ratios)), places], places


def _around(cells: np.ndarray) -> np.ndarray:
    return scipy.ndimage.uniform_filter(cells, (0, PERSON_CELLS, PERSON_CELLS), mode="nearest")
