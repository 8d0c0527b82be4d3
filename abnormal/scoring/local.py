"""Scores that know the place: each cell of the picture against what is normal there.

A frame's score is that of the cell that is furthest above its normal level. What is normal at a
cell comes from normal footage of the same camera; see `abnormal.scoring.normal_level`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.ndimage

from abnormal.scoring.boxes import Box, box_around
from abnormal.scoring.cells import PATCH_CELLS
from abnormal.scoring.normal_level import common_level, own_level
from abnormal.scoring.regularity import CausalMean, CausalMinimum
from abnormal.scoring.residual import ClipResidual

FUSED = "fused"
"""The score that all scores of this file are fused into."""

SPEED_SEC = 0.2
LASTING_FRAMES = 3

BLOCKS = 4
"""The picture has so many blocks along each side, each larger than what an event is."""


class LocalScore(NamedTuple):
    """A score that knows the place.

    Attributes:
        cells: From a clip to `(T, rows, columns)`, at least 0; all scores have the same cells.
        level: From the largest values of each second of normal footage, `(seconds, rows,
            columns)`, to the normal level of each cell, `(rows, columns)` above 0.
        steady: From frames per second to what steadies a cell's values, some at a time.
        of_network: Whether it depends on the network's reconstruction.
        share: Of all false alarms of `fused`, how many this score may cause.
        everywhere: Whether it may be unusual all over the picture. Where it may not, that is taken
            for the weather or the camera.
    """

    cells: Callable[[ClipResidual], np.ndarray]
    level: Callable[[np.ndarray], np.ndarray]
    steady: Callable[[float], Callable[[np.ndarray], np.ndarray]]
    of_network: bool
    share: float
    everywhere: bool = False


def speed_around(clip: ClipResidual) -> np.ndarray:
    """Mean speed over the square of twice a cell's side around its middle, about a person.

    Returns:
        `(T, rows, columns)` float64, pixels per frame.
    """
    cells = clip.speed_cells
    for axis in (1, 2):  # half of each neighbour is inside
        cells = scipy.ndimage.convolve1d(cells, [0.25, 0.5, 0.25], axis=axis, mode="nearest")
    return cells


def speed_of_cells(clip: ClipResidual) -> np.ndarray:
    """Mean speed over each cell alone.

    Returns:
        `(T, rows, columns)` float64, pixels per frame.
    """
    return clip.speed_cells


def change_around(clip: ClipResidual) -> np.ndarray:
    """Absolute change of the residual from frame to frame, around each cell.

    Returns:
        `(T, rows, columns)` float64 in [0, 2].
    """
    return _around(clip.change_cells)


def residual_around(clip: ClipResidual) -> np.ndarray:
    """Absolute difference of frame and reconstruction, around each cell.

    Returns:
        `(T, rows, columns)` float64 in [0, 1].
    """
    return _around(clip.error_cells)


def _average(fps: float) -> CausalMean:
    """A speed is measured over some frames, as the flow between two is noisy."""
    return CausalMean(fps, SPEED_SEC)


def _what_lasts(fps: float) -> CausalMinimum:
    """A drop of rain is somewhere for one frame, whatever the frame rate."""
    del fps
    return CausalMinimum(LASTING_FRAMES)


def _as_it_is(fps: float) -> Callable[[np.ndarray], np.ndarray]:
    del fps
    return np.asarray


# How the shares were chosen is said in docs/ALARMS.md.
LOCAL_SCORES = {
    # Somebody is faster than people are there.
    "motion": LocalScore(
        speed_around, common_level, _average, of_network=False, share=0.8, everywhere=True
    ),
    # Something moves where nothing does.
    "place": LocalScore(speed_of_cells, own_level, _what_lasts, of_network=False, share=0.1),
    # Something moves that the network cannot follow.
    "change": LocalScore(change_around, common_level, _as_it_is, of_network=True, share=0.08),
    # Something looks as the network has not seen it.
    "appearance": LocalScore(residual_around, common_level, _as_it_is, of_network=True, share=0.02),
}


def knows_place(score: str) -> bool:
    """Whether a score compares each place of the picture with what is normal there.

    Only such a score needs the normal footage of the camera, and only it can say where in a frame
    something is unusual.
    """
    return score == FUSED or score in LOCAL_SCORES


def above_normal(cells: np.ndarray, level: np.ndarray, everywhere: bool = True) -> np.ndarray:
    """How far each frame's most unusual cell is above its normal level.

    Args:
        cells: `(n, rows, columns)`.
        level: `(rows, columns)` above 0.
        everywhere: Whether all of the picture may be unusual. If not, and half of its blocks are
            above normal, the score is by how much more than half of them it is.

    Returns:
        `(n,)` float64, cell divided by level.
    """
    ratios = cells / level
    largest = ratios.max(axis=(1, 2))
    if not everywhere:
        largest = largest / np.maximum(np.median(_block_maxima(ratios), axis=1), 1)
    return largest


def unusual_box(cells: np.ndarray, level: np.ndarray) -> Box:
    """The most unusual place of a frame.

    Args:
        cells: `(rows, columns)`.
        level: The same shape, above 0.

    Returns:
        The box around the most unusual cell and those connected with it that are at least half as
        unusual: left, top, width and height, as parts of the picture's.
    """
    ratios = cells / level
    row, column = np.unravel_index(int(ratios.argmax()), ratios.shape)
    return box_around(ratios >= ratios[row, column] / 2, int(row), int(column))


def _block_maxima(cells: np.ndarray) -> np.ndarray:
    """The largest value in each of `BLOCKS` by `BLOCKS` parts of the picture, `(n, blocks)`."""
    for axis in (1, 2):
        count = cells.shape[axis]
        firsts = np.unique(np.arange(BLOCKS) * count // BLOCKS)
        cells = np.maximum.reduceat(cells, firsts, axis=axis)
    return cells.reshape(len(cells), -1)


def _around(cells: np.ndarray) -> np.ndarray:
    return scipy.ndimage.uniform_filter(cells, (0, PATCH_CELLS, PATCH_CELLS), mode="nearest")
