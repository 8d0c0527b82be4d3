import numpy as np
import pytest

from abnormal.scoring.folds import (
    FOLDS,
    PIECE_SEC,
    assign_folds,
    levels_from_all,
    levels_from_other_folds,
)
from abnormal.scoring.local import LOCAL_SCORES


def maxima_of(seconds, value):
    return {name: np.full((seconds, 4, 5), value) for name in LOCAL_SCORES}


@pytest.mark.parametrize("seconds", [[1], [5, 5], [300], [10] * 40, [19, 61, 3]])
def test_folds_are_pieces_that_follow_one_another(seconds):
    folds = assign_folds(seconds)
    assert [len(fold) for fold in folds] == seconds
    joined = np.concatenate(folds)
    pieces = sum(max(1, length // PIECE_SEC) for length in seconds)
    assert joined.tolist() == sorted(joined)
    assert set(joined.tolist()) == set(range(min(FOLDS, pieces)))


def test_a_fold_is_judged_by_the_others_only():
    # Four pieces of two videos; what is in the first is nowhere else.
    maxima = [maxima_of(2 * PIECE_SEC, 1.0), maxima_of(2 * PIECE_SEC, 1.0)]
    folds = assign_folds([2 * PIECE_SEC] * 2)
    for values in maxima[0].values():
        values[folds[0] == 0] = 9.0
    first, *rest = levels_from_other_folds(maxima, folds)
    assert len(rest) == 3
    for name, level in levels_from_all(maxima).items():
        assert level.shape == (4, 5)
        assert level.max() > 1.5
        assert first[name].max() < 1.5
        assert all(np.array_equal(other[name], rest[0][name]) for other in rest)


def test_the_only_fold_judges_itself():
    maxima = [maxima_of(PIECE_SEC, 2.0)]
    (level,) = levels_from_other_folds(maxima, assign_folds([PIECE_SEC]))
    for name, values in levels_from_all(maxima).items():
        assert np.array_equal(level[name], values)
