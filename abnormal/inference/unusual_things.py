"""The unusual things in a frame, and the box around the pixels of each.

A cell that is unusual shows a part of a thing. The thing is grown from there over the pixels that
belong together because they move at about the same speed.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from abnormal.scoring.cells import CELL_PX
from abnormal.scoring.local import LOCAL_SCORES, block_around
from abnormal.scoring.residual import ClipResidual
from abnormal.video.region import RegionGrower

MOST_THINGS = 8
"""Largest number of things that are looked for in a frame. They are looked for in the order of
their surprise."""


class SurpriseMap(NamedTuple):
    """What is unusual in a frame, and the pixels that it may consist of.

    Attributes:
        surprises: Surprise of each cell by the score for which things are looked for, which is
            `fused` or a local one, `(rows, columns)` float64, at least 0.
        sources: Index of the local score that it comes from, `(rows, columns)` int64.
        source: Index of the local score that the score of the frame comes from. As that is a mean
            over some frames, the most unusual cell may have another source.
        ratios: For each local score how far each cell is above normal, `(rows, columns)` float64,
            at least 0.
        pixels: For each local score `(height, width)` float32, at least 0, from `pixels_of`.
    """

    surprises: np.ndarray
    sources: np.ndarray
    source: int
    ratios: Sequence[np.ndarray]
    pixels: Sequence[np.ndarray]


def pixels_of(clip: ClipResidual, score: str, number: int) -> np.ndarray:
    """Returns the pixels of which the things consist that make a local score unusual.

    Args:
        clip: The residual of the clip.
        score: Name of the local score.
        number: 0-based number of the frame, among the new ones of the clip.

    Returns:
        `(height, width)` float32, at least 0, as in `SurpriseMap`: 1 in the foreground if the
        score needs the background, and otherwise the speed of each pixel.
    """
    if LOCAL_SCORES[score].of_background and clip.foreground is not None:
        return clip.foreground[clip.new][number].astype(np.float32)
    return np.zeros_like(clip.frames[0]) if clip.speed is None else clip.speed[clip.new][number]


class FoundThing(NamedTuple):
    """A thing that was found in a frame.

    Attributes:
        surprise: Surprise of its most unusual cell, at least 0.
        source: Index of the local score that this comes from.
        box: `(4,)` float64: left, top, width and height, in pixels.
    """

    surprise: float
    source: int
    box: np.ndarray


def find_things(seen: SurpriseMap, grower: RegionGrower, least: float) -> list[FoundThing]:
    """Finds the things in a frame.

    Args:
        seen: What is unusual in the frame.
        grower: A new one, which grows regions in pictures of the size of the frame.
        least: Surprise from which a cell is unusual, above 0. The most unusual cell always is,
            unless its surprise is 0.

    Returns:
        The things, the most unusual one first. If something is unusual by the score that the score
        of the frame comes from, that comes before anything else.
    """
    surprises, found = seen.surprises.copy(), list[FoundThing]()
    height, width = seen.pixels[0].shape
    least = min(least, float(surprises.max()))
    while len(found) < MOST_THINGS and 0 < least <= surprises.max():
        beginnings = surprises if found else _first_beginnings(seen, least)
        row, column = map(int, np.unravel_index(int(beginnings.argmax()), surprises.shape))
        surprise, source = float(surprises[row, column]), int(seen.sources[row, column])
        rows, columns = _pixels_in(row, column, surprises.shape, (height, width))
        rectangle = grower.grow(seen.pixels[source], rows, columns)
        # Scores are means around a cell, so its neighbours show the same.
        surprises[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2] = -1
        if rectangle is not None:
            box = np.array(rectangle, np.float64)
        elif not found:
            box = np.array(block_around(seen.ratios[source], row, column)) * ((width, height) * 2)
        else:
            continue  # a score may remember what has just left the cell
        surprises[cells_in(box, surprises.shape)] = -1
        found.append(FoundThing(surprise, source, box))
    return found


def _first_beginnings(seen: SurpriseMap, least: float) -> np.ndarray:
    """Returns the surprises of the cells in which the first thing may begin, `(rows, columns)`.

    People are told what the score of the frame comes from, and where that is.
    """
    of_frame = np.where(seen.sources == seen.source, seen.surprises, 0)
    return of_frame if of_frame.max() >= least else seen.surprises


def _pixels_in(
    row: int, column: int, cells: tuple[int, ...], shape: tuple[int, ...]
) -> tuple[slice, slice]:
    """Returns the rows and columns of the pixels in a cell. The last cells may be larger."""
    rows, columns = (
        slice(index * CELL_PX, length if index == count - 1 else (index + 1) * CELL_PX)
        for index, count, length in zip((row, column), cells, shape, strict=True)
    )
    return rows, columns


def cells_in(box: np.ndarray, cells: tuple[int, ...]) -> tuple[slice, slice]:
    """Returns the rows and columns of the cells that a box in pixels touches."""
    left, top, width, height = box / CELL_PX
    return inside(top, top + height, cells[0]), inside(left, left + width, cells[1])


def inside(start: float, stop: float, length: int) -> slice:
    """Returns a slice from one place to another, of at least one item among `length`."""
    first = min(max(0, math.floor(start)), length - 1)
    return slice(first, max(first + 1, min(length, math.ceil(stop))))
