import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.scoring.stay import LONGEST_SEC, StayTimer, stay_level

FPS = 10.0


def shares(*runs):
    """Frames of 9 by 9 cells, all of them covered by so much, for so many seconds each."""
    return np.concatenate([np.full((round(sec * FPS), 9, 9), share) for share, sec in runs])


def seconds(values):
    return np.expm1(values[:, 4, 4])


def test_nobody_is_unusual_in_his_first_second():
    nobody = np.zeros((60, 9, 9))
    assert stay_level(nobody) == pytest.approx(np.log(2))
    waiting = nobody.copy()
    waiting[:, 2:7, 2:7] = np.log1p(20)
    level = stay_level(waiting)
    assert level[4, 4] == pytest.approx(np.log1p(20), rel=0.05)
    assert level[0, 8] < 1


def test_time_is_counted_while_a_cell_is_covered():
    stayed = seconds(StayTimer(FPS)(shares((1.0, 12), (0.0, 0.1))))
    assert stayed[:120] == pytest.approx(np.arange(1, 121) / FPS)
    assert stayed[120] < 12


def test_people_are_told_how_long_something_stood_beyond_what_scores_count():
    timer = StayTimer(FPS)
    values = timer(shares((1.0, 240)))
    assert seconds(values)[-1] == pytest.approx(LONGEST_SEC)
    assert timer.seconds_at(-1, 4, 4) == pytest.approx(240)
    timer(shares((0.0, 0.3), (1.0, 30)))
    assert timer.seconds_at(-1, 4, 4) == pytest.approx(270, abs=3)
    timer(shares((0.0, 30), (1.0, 30)))
    assert timer.seconds_at(-1, 4, 4) == pytest.approx(30)


@pytest.mark.parametrize("cells", [[(4, 4)], [(4, 4), (4, 5)], [(3, 4), (4, 4)]])
@pytest.mark.parametrize("sec", [20, 300])
def test_people_are_told_the_time_of_a_thing_that_covers_a_part_of_a_square(cells, sec):
    """Wherever in its squares the value is highest, which depends on the normal levels there."""
    covered = np.zeros((round(sec * FPS), 9, 9))
    for cell in cells:
        covered[:, *cell] = 1
    timer = StayTimer(FPS)
    timer(covered)
    told = [timer.seconds_at(-1, row, column) for row in (4, 5) for column in (4, 5)]
    assert told == pytest.approx([sec] * 4)
    assert timer.seconds_at(99, 4, 4) == pytest.approx(10)
    assert timer.seconds_at(-1, 0, 0) == 0


def test_a_cell_that_is_covered_in_part_is_free():
    assert not StayTimer(FPS)(shares((0.5, 30))).any()


def test_a_short_absence_costs_little_and_a_long_one_all():
    stayed = seconds(StayTimer(FPS)(shares((1.0, 20), (0.0, 1), (1.0, 1), (0.0, 30))))
    assert stayed[219] == pytest.approx(20 - 1.5 * 3 + 1, abs=0.01)
    assert stayed[-1] < 0.01


def test_no_time_is_without_an_end():
    assert seconds(StayTimer(FPS)(shares((1.0, 2 * LONGEST_SEC))))[-1] == pytest.approx(LONGEST_SEC)


def test_a_cell_has_the_mean_time_of_its_square():
    covered = np.zeros((100, 9, 9))
    covered[:, 4, 4] = 1
    values = np.expm1(StayTimer(FPS)(covered)[-1])
    assert values[4:6, 4:6] == pytest.approx(10 / 4)
    assert (values > 0).sum() == 4
    assert values[0, 0] == 0


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.integers(0, 40))
def test_frames_may_come_some_at_a_time(values, cut):
    frames = np.array(values)[:, None, None] * np.ones((9, 9))
    whole = StayTimer(FPS)(frames)
    timer = StayTimer(FPS)
    assert np.array_equal(np.concatenate([timer(frames[:cut]), timer(frames[cut:])]), whole)
    assert (whole >= 0).all()
