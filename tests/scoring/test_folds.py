import numpy as np
import pytest

from abnormal.scoring.folds import (
    FOLDS,
    PART_SEC,
    assign_folds,
    levels_from_all,
    levels_from_other_folds,
)
from abnormal.scoring.local import LOCAL_SCORES


def maxima_of(seconds, value):
    return {name: np.full((seconds, 4, 5), value) for name in LOCAL_SCORES}


@pytest.mark.parametrize("seconds", [[1], [5, 5], [300], [2 * PART_SEC - 1] * 7, [19, 61, 3]])
def test_little_footage_is_cut_into_parts_that_follow_one_another(seconds):
    folds = assign_folds(seconds)
    assert [len(fold) for fold in folds] == seconds
    joined = np.concatenate(folds)
    parts = sum(max(1, length // PART_SEC) for length in seconds)
    assert joined.tolist() == sorted(joined)
    assert set(joined.tolist()) == set(range(min(FOLDS, parts)))


@pytest.mark.parametrize("count", [FOLDS, FOLDS + 1, 3 * FOLDS])
def test_videos_are_dealt_whole_and_one_by_one_where_there_are_enough(count):
    folds = assign_folds([60] * count)
    assert [fold.tolist() for fold in folds] == [[number % FOLDS] * 60 for number in range(count)]


@pytest.mark.parametrize("seconds", [[36_000] + [10] * 9, [10] * 9 + [600], [400, 30, 700, 30] * 4])
def test_no_fold_has_much_more_than_its_share(seconds):
    sizes = np.bincount(np.concatenate(assign_folds(seconds)))
    assert len(sizes) == FOLDS
    assert sizes.max() < 2 * sum(seconds) / FOLDS


def test_alike_neighbours_judge_one_another():
    # Two videos that follow one another show what no other does.
    maxima = [maxima_of(5, 9.0 if number in (4, 5) else 1.0) for number in range(2 * FOLDS)]
    levels = levels_from_other_folds(maxima, assign_folds([5] * len(maxima)))
    for name in LOCAL_SCORES:
        assert levels[4][name].max() > 1.5, name


def test_a_fold_is_judged_by_the_others_only():
    # Four parts of two videos; what is in the first is nowhere else.
    maxima = [maxima_of(2 * PART_SEC, 1.0), maxima_of(2 * PART_SEC, 1.0)]
    folds = assign_folds([2 * PART_SEC] * 2)
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
    maxima = [maxima_of(PART_SEC, 2.0)]
    (level,) = levels_from_other_folds(maxima, assign_folds([PART_SEC]))
    for name, values in levels_from_all(maxima).items():
        assert np.array_equal(level[name], values)
