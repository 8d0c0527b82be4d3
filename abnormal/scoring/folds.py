"""Cross-validation of normal levels: no second of footage is judged by a level learnt from it."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from abnormal.scoring.local import LOCAL_SCORES

FOLDS = 8
"""Largest number of folds."""

PART_SEC = 20
"""Smallest length of a part of a video, in seconds, where a video is cut. Single frames cannot be
split up, because neighbouring frames are alike."""

Maxima = Mapping[str, np.ndarray]
"""For each local score the largest value of each cell in each second of a video, `(seconds, rows,
columns)` float32, at least 0."""


def lengths_sec(maxima: Sequence[Maxima]) -> list[int]:
    """Returns the length of each video, in seconds."""
    return [len(next(iter(of_video.values()))) for of_video in maxima]


def assign_folds(seconds: Sequence[int]) -> list[np.ndarray]:
    """Assigns a fold to each second of some videos.

    Videos are dealt to `FOLDS` folds one by one. Neighbours are often alike, and each of them is
    then judged by levels that have seen its like. A video that is longer than an even share of the
    footage is cut into parts first, each no shorter than `PART_SEC`, which are dealt like videos.

    Args:
        seconds: Length of each video in seconds, at least 1, in the order of the videos' names.

    Returns:
        For each video `(seconds,)` int64, the 0-based number of the fold of each second.
    """
    total = sum(seconds)
    parts = [max(1, min(length // PART_SEC, -(-length * FOLDS // total))) for length in seconds]
    firsts = itertools.accumulate(parts, initial=0)
    return [
        (first + np.arange(length) * count // length) % FOLDS
        for first, length, count in zip(firsts, seconds, parts, strict=False)
    ]


def levels_from_all(maxima: Sequence[Maxima]) -> dict[str, np.ndarray]:
    """Learns the normal levels of a camera from all of its videos.

    Args:
        maxima: For each video the largest values of each second.

    Returns:
        For each local score the level of each cell, `(rows, columns)` float32 above 0.
    """
    return _levels(maxima, [np.ones(seconds, bool) for seconds in lengths_sec(maxima)])


def levels_from_other_folds(
    maxima: Sequence[Maxima], folds: Sequence[np.ndarray]
) -> list[dict[str, np.ndarray]]:
    """Learns the normal levels that each fold is judged by, from all other folds.

    Args:
        maxima: For each video the largest values of each second.
        folds: For each video `(seconds,)` int64, the 0-based number of the fold of each second.

    Returns:
        For each fold and each local score the level of each cell, `(rows, columns)` float32 above
        0. If there is only one fold, its levels are from itself.
    """
    count = 1 + max(int(of_video.max()) for of_video in folds)
    if count == 1:
        return [levels_from_all(maxima)]
    return [_levels(maxima, [of_video != fold for of_video in folds]) for fold in range(count)]


def _levels(maxima: Sequence[Maxima], chosen: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Learns the normal levels from some seconds of each video, `(seconds,)` bool for each."""
    return {
        name: score.level(
            np.concatenate(
                [of_video[name][seconds] for of_video, seconds in zip(maxima, chosen, strict=True)]
            )
        )
        for name, score in LOCAL_SCORES.items()
    }
