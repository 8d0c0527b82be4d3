"""Which normal footage of a camera judges which: no second is judged by what was learnt from it."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from abnormal.scoring.local import LOCAL_SCORES

FOLDS = 8
PIECE_SEC = 20
"""A piece of a video goes into a fold as a whole: neighbouring frames are alike."""

Maxima = Mapping[str, np.ndarray]
"""By score the largest value of each second of a video at each cell, `(seconds, rows, columns)`."""


def seconds_of(maxima: Sequence[Maxima]) -> list[int]:
    """How long each video is."""
    return [len(next(iter(of_video.values()))) for of_video in maxima]


def part_in_folds(seconds: Sequence[int]) -> list[np.ndarray]:
    """Parts videos into pieces of about `PIECE_SEC`, and these in order into at most `FOLDS` folds.

    Args:
        seconds: Of each video, at least 1.

    Returns:
        For each video `(seconds,)` int64, the number of the fold of each second.
    """
    pieces = [max(1, length // PIECE_SEC) for length in seconds]
    total, folds = sum(pieces), min(FOLDS, sum(pieces))
    firsts = itertools.accumulate(pieces, initial=0)
    return [
        (first + np.arange(length) * count // length) * folds // total
        for first, length, count in zip(firsts, seconds, pieces, strict=False)
    ]


def levels_of_all(maxima: Sequence[Maxima]) -> dict[str, np.ndarray]:
    """The normal levels of a camera, `(rows, columns)` by score, from all of its videos."""
    return _levels(maxima, [np.ones(seconds, bool) for seconds in seconds_of(maxima)])


def levels_of_others(
    maxima: Sequence[Maxima], folds: Sequence[np.ndarray]
) -> list[dict[str, np.ndarray]]:
    """For each fold the normal levels from all others; from itself where it is the only one."""
    count = 1 + max(int(of_video.max()) for of_video in folds)
    if count == 1:
        return [levels_of_all(maxima)]
    return [_levels(maxima, [of_video != fold for of_video in folds]) for fold in range(count)]


def _levels(maxima: Sequence[Maxima], chosen: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """The normal levels by some seconds of each video."""
    return {
        name: score.level(
            np.concatenate(
                [of_video[name][seconds] for of_video, seconds in zip(maxima, chosen, strict=True)]
            )
        )
        for name, score in LOCAL_SCORES.items()
    }
