"""Local scores: each compares every cell of the picture with what is normal there.

The score of a frame is that of the cell that is furthest above its normal level. The normal level
of a cell is learnt from normal footage of the same camera; see `abnormal.scoring.normal_level`.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import scipy.ndimage

from abnormal.names import FUSED
from abnormal.scoring.boxes import Box, component_box_at
from abnormal.scoring.cells import PATCH_CELLS
from abnormal.scoring.normal_level import common_level, own_level
from abnormal.scoring.regularity import CausalMean, CausalMinimum
from abnormal.scoring.residual import BASELINE, ClipResidual
from abnormal.scoring.standing import KINDS
from abnormal.scoring.stay import StayTimer, stay_level

SPEED_SEC = 0.2
"""Length of the causal mean over a cell's speed, in seconds."""

LASTING_FRAMES = 3
"""Number of consecutive frames in which something has to move to count for the score `place`."""

BLOCKS = 4
"""Number of blocks along each side of the picture. Each block is larger than a usual event."""


class LocalScore(NamedTuple):
    """A score that compares each cell of the picture with what is normal there.

    Attributes:
        cells: Computes the values of the cells of a clip, `(T, rows, columns)` float64, at least
            0. All local scores have the same grid of cells.
        level: Computes the normal level of each cell, `(rows, columns)` float32 above 0, from the
            largest values of each second of normal footage, `(seconds, rows, columns)`.
        make_filter: Makes the temporal filter of the cells from the frames per second. The filter
            takes the frames of a video in order, some at a time.
        of_network: Whether the score depends on the network's reconstruction.
        share: The fraction of all false alarms of `fused` that this score may cause.
        reason: What this score says of something that it finds unusual, for people.
        sentence: The same as a whole sentence with what was measured, for
            `abnormal.scoring.sentence`: `{where}` in the picture, and how many `{times}` the normal
            level or, if the score is of a duration, for which `{time}`.
        everywhere: Whether the score counts even if it is unusual all over the picture. If not,
            that is taken for an effect of the weather or the camera.
        of_background: Whether the score needs the background of the camera.
        of_duration: Whether the score tells how long something lasts. A thing may then stand
            through several videos that were filmed one after the other.
    """

    cells: Callable[[ClipResidual], np.ndarray]
    level: Callable[[np.ndarray], np.ndarray]
    make_filter: Callable[[float], Callable[[np.ndarray], np.ndarray]]
    of_network: bool
    share: float
    reason: str
    sentence: str
    everywhere: bool = False
    of_background: bool = False
    of_duration: bool = False


def speed_around(clip: ClipResidual) -> np.ndarray:
    """Computes the mean speed over a square of two cells' side around the middle of each cell.

    The square has about the size of a person.

    Returns:
        `(T, rows, columns)` float64, at least 0, in pixels per frame.
    """
    cells = clip.speed_cells
    for axis in (1, 2):  # half of each neighbour is inside
        cells = scipy.ndimage.convolve1d(cells, [0.25, 0.5, 0.25], axis=axis, mode="nearest")
    return cells


def speed_of_cells(clip: ClipResidual) -> np.ndarray:
    """Computes the mean speed over each cell alone.

    Returns:
        `(T, rows, columns)` float64, at least 0, in pixels per frame.
    """
    return clip.speed_cells


def change_around(clip: ClipResidual) -> np.ndarray:
    """Computes the absolute change of the residual from frame to frame, in a patch per cell.

    Returns:
        `(T, rows, columns)` float64 in [0, 2], the mean over the patch around each cell.
    """
    return _patch_means(clip.change_cells)


def residual_around(clip: ClipResidual) -> np.ndarray:
    """Computes the absolute difference between frame and reconstruction, in a patch per cell.

    Returns:
        `(T, rows, columns)` float64 in [0, 1], the mean over the patch around each cell.
    """
    return _patch_means(clip.error_cells)


def foreground_of_cells(clip: ClipResidual) -> np.ndarray:
    """Computes the share of each cell that differs from the background.

    Returns:
        `(T, rows, columns)` float64 in [0, 1].
    """
    return clip.foreground_cells


def _mean_filter(fps: float) -> CausalMean:
    """Averages speeds over several frames, because the flow between two frames is noisy."""
    return CausalMean(fps, SPEED_SEC)


def _minimum_filter(fps: float) -> CausalMinimum:
    """Removes what lasts for too few frames, such as drops of rain, whatever the frame rate."""
    del fps
    return CausalMinimum(LASTING_FRAMES)


def _no_filter(fps: float) -> Callable[[np.ndarray], np.ndarray]:
    del fps
    return np.asarray


# docs/ALARMS.md explains how the shares were chosen.
LOCAL_SCORES = {
    # Somebody is faster than people usually are at this place.
    "motion": LocalScore(
        speed_around,
        common_level,
        _mean_filter,
        of_network=False,
        share=0.6,
        reason="faster than is usual here",
        sentence="Somebody or something moves {times} as fast as is usual here{where}.",
        everywhere=True,
    ),
    # Something moves at a place where usually nothing moves.
    "place": LocalScore(
        speed_of_cells,
        own_level,
        _minimum_filter,
        of_network=False,
        share=0.1,
        reason="moves where hardly anything moves",
        sentence="Something moves where hardly anything moves{where}, at least {times} as fast as "
        "is usual there.",
    ),
    # Something stays for longer than anything usually does at this place.
    "stay": LocalScore(
        foreground_of_cells,
        stay_level,
        StayTimer,
        of_network=False,
        share=0.2,
        reason="stays for longer than is usual here",
        sentence="Something has stood here for {time}{where}, which is longer than is usual.",
        of_background=True,
        of_duration=True,
    ),
    # Something moves in a way that the network cannot reconstruct.
    "change": LocalScore(
        change_around,
        common_level,
        _no_filter,
        of_network=True,
        share=0.08,
        reason="moves in a way that is not usual here",
        sentence="Something moves in a way that is not usual here{where}: the network's error "
        "changes {times} as much as usual.",
    ),
    # Something looks different from everything that the network has learnt.
    "appearance": LocalScore(
        residual_around,
        common_level,
        _no_filter,
        of_network=True,
        share=0.02,
        reason="looks unlike what is usual here",
        sentence="Something looks unlike what is usual here{where}: the network's error is {times} "
        "as large as usual.",
    ),
}


def shares_of(scores: Iterable[str]) -> dict[str, float]:
    """Returns the fraction of the false alarms of `fused` that each of some scores may cause.

    Args:
        scores: The local scores that a model has. Together they may cause all false alarms.
    """
    shares = {name: LOCAL_SCORES[name].share for name in scores}
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items()}


def found_by(score: str, known: Iterable[str], source: int) -> str:
    """Returns the name of the local score by which a frame is unusual; empty if none is.

    Args:
        score: Name of the score that raises the alarm.
        known: Names of all scores of the model.
        source: 0-based number, among the local ones of them, of the score that `fused` comes from.
    """
    if not is_local(score):
        return ""
    names = set(known)
    local = [name for name in LOCAL_SCORES if name in names]
    return local[source] if score == FUSED else score


def reason_of(name: str, standing: str = "") -> str:
    """Says in words what a local score finds unusual; empty if there is no local score.

    Args:
        name: What `found_by` returned.
        standing: Name in `abnormal.scoring.standing.KINDS` of what stays, if the score tells that
            something does; empty if it is not known.
    """
    return words_of(name, standing)[0] if name else ""


def words_of(name: str, standing: str = "") -> tuple[str, str]:
    """Returns the `reason` and the `sentence` of a local score; see `reason_of` for arguments."""
    score = LOCAL_SCORES[name]
    if standing and score.of_background:
        return KINDS[standing]
    return score.reason, score.sentence


def is_local(score: str) -> bool:
    """Tells whether a score is local: one of `LOCAL_SCORES`, or `fused`, which combines them.

    Only local scores need normal footage of the camera, and only they tell at which place in the
    picture something is unusual.

    Args:
        score: Name of a score.
    """
    return score == FUSED or score in LOCAL_SCORES


def needs_network(score: str) -> bool:
    """Tells whether a score depends on the network's reconstruction.

    Args:
        score: Name of a score.
    """
    return LOCAL_SCORES[score].of_network if score in LOCAL_SCORES else score != BASELINE


def ratios_to_normal(cells: np.ndarray, level: np.ndarray, everywhere: bool = True) -> np.ndarray:
    """Computes how far each cell is above its normal level.

    Args:
        cells: `(n, rows, columns)` float64, at least 0.
        level: `(rows, columns)` float32 above 0, the normal level of each cell.
        everywhere: Whether the whole picture may be unusual. If not, each frame is divided by the
            median over the blocks of the picture, where that is above normal.

    Returns:
        `(n, rows, columns)` float64, at least 0: the ratio of cell to level.
    """
    ratios = cells / level
    if not everywhere:
        ratios /= np.maximum(np.median(_block_maxima(ratios), axis=1), 1)[:, None, None]
    return ratios


def above_normal(cells: np.ndarray, level: np.ndarray, everywhere: bool = True) -> np.ndarray:
    """Computes how far the most unusual cell of each frame is above its normal level.

    Args:
        cells: See `ratios_to_normal`, as for the other arguments.
        level: The normal level of each cell.
        everywhere: Whether the whole picture may be unusual.

    Returns:
        `(n,)` float64, at least 0: the largest ratio of cell to level.
    """
    return ratios_to_normal(cells, level, everywhere).max(axis=(1, 2))


def unusual_box(ratios: np.ndarray) -> Box:
    """Finds the most unusual place in a frame.

    Args:
        ratios: `(rows, columns)` float64, at least 0, how far each cell is above normal.

    Returns:
        The box around the most unusual cell and those connected with it; see `block_around`.
    """
    row, column = np.unravel_index(int(ratios.argmax()), ratios.shape)
    return block_around(ratios, int(row), int(column))


def block_around(ratios: np.ndarray, row: int, column: int) -> Box:
    """Returns the box around an unusual cell and those connected with it.

    Args:
        ratios: `(rows, columns)` float64, at least 0, how far each cell is above normal.
        row: 0-based row of the cell.
        column: 0-based column of the cell.

    Returns:
        The box around the cell and the cells connected with it that are at least half as unusual.
    """
    return component_box_at(ratios >= ratios[row, column] / 2, row, column)


def _block_maxima(cells: np.ndarray) -> np.ndarray:
    """Returns the largest value in each of `BLOCKS` by `BLOCKS` blocks, `(n, blocks)`."""
    for axis in (1, 2):
        count = cells.shape[axis]
        firsts = np.unique(np.arange(BLOCKS) * count // BLOCKS)
        cells = np.maximum.reduceat(cells, firsts, axis=axis)
    return cells.reshape(len(cells), -1)


def _patch_means(cells: np.ndarray) -> np.ndarray:
    return scipy.ndimage.uniform_filter(cells, (0, PATCH_CELLS, PATCH_CELLS), mode="nearest")
