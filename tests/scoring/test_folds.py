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
@pytest.mark.parametrize("of_duration", [False, True])
def test_little_footage_is_cut_into_parts_that_follow_one_another(seconds, of_duration):
    folds = assign_folds(seconds, of_duration)
    assert [len(fold) for fold in folds] == seconds
    joined = np.concatenate(folds)
    parts = sum(max(1, length // PART_SEC) for length in seconds)
    assert joined.tolist() == sorted(joined)
    assert set(joined.tolist()) == set(range(min(FOLDS, parts)))


@pytest.mark.parametrize("count", [FOLDS, FOLDS + 1, 3 * FOLDS])
def test_videos_are_dealt_whole_and_one_by_one_where_there_are_enough(count):
    folds = assign_folds([60] * count, of_duration=False)
    assert [fold.tolist() for fold in folds] == [[number % FOLDS] * 60 for number in range(count)]


@pytest.mark.parametrize("seconds", [[36_000] + [10] * 9, [10] * 9 + [600], [400, 30, 700, 30] * 4])
def test_no_fold_has_much_more_than_its_share(seconds):
    sizes = np.bincount(np.concatenate(assign_folds(seconds, of_duration=False)))
    assert len(sizes) == FOLDS
    assert sizes.max() < 2 * sum(seconds) / FOLDS


def test_neighbours_share_a_fold_if_the_score_is_of_a_duration():
    folds = np.concatenate(assign_folds([10] * 4 * FOLDS, of_duration=True))
    assert folds.tolist() == sorted(folds)
    assert np.bincount(folds).tolist() == [40] * FOLDS


def test_a_second_is_judged_by_other_folds_only():
    # Four parts of two videos; what is in the first is nowhere else.
    maxima = [maxima_of(2 * PART_SEC, 1.0), maxima_of(2 * PART_SEC, 1.0)]
    for values in maxima[0].values():
        values[:PART_SEC] = 9.0
    first, second = levels_from_other_folds(maxima)
    assert (len(first), len(second)) == (2 * PART_SEC, 2 * PART_SEC)
    rest = first[PART_SEC:] + second
    for name, level in levels_from_all(maxima).items():
        assert level.shape == (4, 5)
        assert level.max() > 1.5
        assert all(judge[name].max() < 1.5 for judge in first[:PART_SEC])
        assert all(np.array_equal(judge[name], rest[0][name]) for judge in rest)


def test_alike_neighbours_judge_one_another_unless_they_may_be_the_same_thing():
    # Two videos that follow one another show what no other does.
    maxima = [maxima_of(5, 9.0 if number in (4, 5) else 1.0) for number in range(2 * FOLDS)]
    judges = levels_from_other_folds(maxima)[4][0]
    for name, score in LOCAL_SCORES.items():
        assert (judges[name].max() > 1.5) != score.of_duration, name


def test_the_only_fold_judges_itself():
    maxima = [maxima_of(PART_SEC, 2.0)]
    ((level, *_),) = levels_from_other_folds(maxima)
    for name, values in levels_from_all(maxima).items():
        assert np.array_equal(level[name], values)
