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

LEAST_SEC = 2 * PART_SEC
"""A single video that is shorter, in seconds, makes no two parts. It is judged by itself."""

Levels = Mapping[str, np.ndarray]
"""For each local score the normal level of each cell, `(rows, columns)` float32 above 0."""

Maxima = Mapping[str, np.ndarray]
"""For each local score the largest value of each cell in each second of a video, `(seconds, rows,
columns)` float32, at least 0."""


def lengths_sec(maxima: Sequence[Maxima]) -> list[int]:
    """Returns the length of each video, in seconds."""
    return [len(next(iter(of_video.values()))) for of_video in maxima]


def assign_folds(seconds: Sequence[int], of_duration: bool) -> list[np.ndarray]:
    """Assigns a fold to each second of some videos.

    Videos are dealt to `FOLDS` folds one by one. Neighbours are often alike, and each of them is
    then judged by levels that have seen its like. A video that is longer than an even share of the
    footage is cut into parts first, each no shorter than `PART_SEC`, which are dealt like videos.

    For a score of a duration neighbours share a fold instead: a thing that stands through several
    videos would otherwise be judged by levels that have seen this very thing.

    Args:
        seconds: Length of each video in seconds, at least 1, in the order of the videos' names.
        of_duration: Whether the score tells how long something lasts.

    Returns:
        For each video `(seconds,)` int64, the 0-based number of the fold of each second.
    """
    total = sum(seconds)
    parts = [max(1, min(length // PART_SEC, -(-length * FOLDS // total))) for length in seconds]
    firsts = itertools.accumulate(parts, initial=0)
    numbers = [
        first + np.arange(length) * count // length
        for first, length, count in zip(firsts, seconds, parts, strict=False)
    ]
    if of_duration:
        all_parts = sum(parts)
        return [of_video * min(FOLDS, all_parts) // all_parts for of_video in numbers]
    return [of_video % FOLDS for of_video in numbers]


def levels_from_all(maxima: Sequence[Maxima]) -> dict[str, np.ndarray]:
    """Learns the normal levels of a camera from all of its videos.

    Args:
        maxima: For each video the largest values of each second.

    Returns:
        For each local score the level of each cell, `(rows, columns)` float32 above 0.
    """
    everything = [np.ones(seconds, bool) for seconds in lengths_sec(maxima)]
    return {name: _level(name, maxima, everything) for name in LOCAL_SCORES}


def levels_from_other_folds(maxima: Sequence[Maxima]) -> list[list[Levels]]:
    """Learns the normal levels that each second is judged by, from the other folds.

    Args:
        maxima: For each video the largest values of each second.

    Returns:
        For each video and each of its seconds the levels of all local scores. If there is only one
        fold, they are learnt from itself.
    """
    seconds = lengths_sec(maxima)
    by_score = {
        name: _levels_by_second(name, maxima, assign_folds(seconds, score.of_duration))
        for name, score in LOCAL_SCORES.items()
    }
    return [
        [
            {name: levels[video][second] for name, levels in by_score.items()}
            for second in range(count)
        ]
        for video, count in enumerate(seconds)
    ]


def _levels_by_second(
    name: str, maxima: Sequence[Maxima], folds: Sequence[np.ndarray]
) -> list[list[np.ndarray]]:
    """Returns the level of a score that each second of each video is judged by."""
    count = 1 + max(int(of_video.max()) for of_video in folds)
    levels = [
        _level(name, maxima, [(of_video != fold) | (count == 1) for of_video in folds])
        for fold in range(count)
    ]
    return [[levels[fold] for fold in of_video] for of_video in folds]


def _level(name: str, maxima: Sequence[Maxima], chosen: Sequence[np.ndarray]) -> np.ndarray:
    """Learns the level of a score from some seconds of each video, `(seconds,)` bool for each."""
    parts = [of_video[name][seconds] for of_video, seconds in zip(maxima, chosen, strict=True)]
    return LOCAL_SCORES[name].level(np.concatenate(parts))
