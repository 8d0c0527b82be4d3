import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.scoring.normal_level import (
    FLOOR,
    common_level,
    own_level,
    second_maxima,
)

LEVELS = pytest.mark.parametrize("level", [common_level, own_level])


def walks(speeds, seconds=60, rows=12, columns=20):
    """Somebody crosses each row in turn, a column each second, at the speed of the row."""
    maxima = np.zeros((seconds * len(speeds), rows, columns))
    for number, (row, speed) in enumerate(speeds.items()):
        for second in range(seconds):
            maxima[number * seconds + second, row, second % columns] = speed
    return maxima


def test_the_largest_value_of_each_second_counts():
    values = np.arange(7.0).reshape(7, 1, 1)
    assert second_maxima(values, 3.0).ravel().tolist() == [2, 5, 6]
    assert second_maxima(values, 0.4).ravel().tolist() == values.ravel().tolist()


def test_where_people_walk_the_level_is_their_speed():
    level = common_level(walks({2: 1.0, 9: 4.0}))
    assert level[2, 5:15] == pytest.approx(1.0, rel=0.3)
    assert level[9, 5:15] == pytest.approx(4.0, rel=0.1)


def test_a_place_where_nobody_happened_to_walk_has_the_level_of_the_path_beside_it():
    level = common_level(walks({4: 1.0, 6: 1.0, 10: 4.0}))
    assert level[5, 5:15] == pytest.approx(1.0, rel=0.25)


def test_a_place_far_from_all_paths_has_the_level_of_the_whole_picture():
    level = common_level(walks({0: 1.0}, rows=30))
    assert level[29] == pytest.approx(1.0, rel=0.01)


def test_where_nothing_ever_moved_its_own_level_is_next_to_nothing():
    level = own_level(walks({2: 1.0}))
    assert level[2, 5:15].min() > 2 * level[8].max()
    assert level[8] == pytest.approx(FLOOR)


def test_somebody_who_ran_once_is_not_what_is_common():
    maxima = walks({2: 1.0}, seconds=400)
    maxima[7, 2, 7] = 9.0
    assert common_level(maxima)[2, 7] == pytest.approx(1.0, rel=0.3)


@LEVELS
@settings(deadline=None, max_examples=25)
@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 4), st.sampled_from([0.0, 1e-6, 1.0]))
def test_a_level_is_always_above_0(level, seconds, rows, columns, scale):
    draw = np.random.default_rng(seconds)
    maxima = scale * draw.random((seconds, rows, columns)) * (draw.random((rows, columns)) > 0.5)
    found = level(maxima)
    assert (found.shape, found.dtype) == ((rows, columns), np.float32)
    assert np.isfinite(found).all()
    assert (found > 0).all()


@LEVELS
def test_levels_grow_with_what_is_seen(level):
    maxima = walks({2: 1.0, 9: 4.0})
    np.testing.assert_allclose(level(3 * maxima), 3 * level(maxima), rtol=1e-5)
