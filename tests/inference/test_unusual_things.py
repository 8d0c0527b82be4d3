import numpy as np
import pytest

from abnormal.inference.unusual_things import MOST_THINGS, SurpriseMap, find_things
from abnormal.scoring.cells import cell_means
from abnormal.video.region import RegionGrower

SIZE = 70  # 9 x 9 cells, of which the last ones are smaller


def surprise_map(*things, size=SIZE, surprises=None):
    """A frame with things at (left, top, width, height, speed). The surprise is the speed."""
    speed = np.zeros((size, size), np.float32)
    for left, top, width, height, value in things:
        speed[top : top + height, left : left + width] = value
    ratios = cell_means(speed[None])[0]
    surprises = ratios.copy() if surprises is None else surprises
    return SurpriseMap(surprises, np.zeros(ratios.shape, int), 0, [ratios], [speed])


def found(seen, least=1.0):
    height, width = seen.pixels[0].shape
    return [
        (each.surprise, tuple(each.box.tolist()))
        for each in find_things(seen, RegionGrower(height, width), least)
    ]


@pytest.mark.parametrize("box", [(18, 9, 11, 25), (0, 0, 9, 9), (58, 40, 12, 30), (3, 30, 60, 9)])
def test_the_box_is_that_of_the_thing_and_not_of_cells(box):
    ((_, found_box),) = found(surprise_map((*box, 3.0)))
    assert found_box == box


def test_each_unusual_thing_has_its_box_and_the_most_unusual_one_comes_first():
    calm, cyclist, runner = (40, 40, 16, 16, 0.9), (8, 8, 16, 16, 3.0), (48, 8, 16, 16, 5.0)
    assert found(surprise_map(calm, cyclist, runner)) == [(5.0, runner[:4]), (3.0, cyclist[:4])]


def test_somebody_who_walks_beside_a_runner_is_not_part_of_the_box():
    runner, walker = (24, 8, 16, 32, 4.0), (40, 8, 16, 32, 0.9)
    assert found(surprise_map(runner, walker))[0][1] == runner[:4]


def test_what_is_slower_inside_a_box_is_no_thing_of_its_own():
    legs, arm, inside = (8, 40, 48, 16, 9.0), (8, 8, 8, 32, 9.0), (32, 16, 8, 8, 2.0)
    assert found(surprise_map(legs, arm, inside)) == [(9.0, (8, 8, 48, 48))]


def test_the_most_unusual_cell_is_always_looked_at():
    assert found(surprise_map((16, 16, 8, 8, 0.5)), least=1.3) == [(0.5, (16, 16, 8, 8))]


def test_where_nothing_moves_it_is_the_block_of_unusual_cells():
    surprises = np.zeros((9, 9))
    surprises[2:4, 3] = 2.0
    seen = surprise_map(surprises=surprises)
    seen = seen._replace(ratios=[surprises])
    ((surprise, box),) = found(seen)
    assert (surprise, box) == (
        2.0,
        pytest.approx((3 / 9 * SIZE, 2 / 9 * SIZE, SIZE / 9, SIZE / 4.5)),
    )


def test_what_has_left_is_no_further_thing():
    seen = surprise_map((8, 8, 16, 16, 3.0))
    seen.surprises[7, 7] = 2.0  # nothing moves there any more
    assert [box for _, box in found(seen)] == [(8, 8, 16, 16)]


@pytest.mark.parametrize(
    ("bag", "expected"),
    [
        (2.0, [(2.0, (8, 40, 8, 8)), (5.0, (48, 8, 16, 16))]),
        (0.9, [(5.0, (48, 8, 16, 16))]),  # it is not unusual
    ],
)
def test_what_the_score_of_the_frame_comes_from_is_the_first(bag, expected):
    runner = surprise_map((48, 8, 16, 16, 5.0))
    surprises, sources, foreground = (np.copy(part) for part in (*runner[:2], runner.pixels[0]))
    surprises[5, 1], sources[5, 1] = bag, 1
    foreground[:] = 0
    foreground[40:48, 8:16] = 1
    seen = SurpriseMap(surprises, sources, 1, runner.ratios * 2, [runner.pixels[0], foreground])
    assert found(seen) == expected
    assert found(seen._replace(source=0))[0] == (5.0, (48, 8, 16, 16))


def test_nothing_unusual_is_no_thing():
    assert found(surprise_map()) == []


def test_no_frame_has_too_many_things():
    many = [(8 * column, 8 * row, 4, 4, 9.0) for row in range(0, 9, 2) for column in range(0, 9, 2)]
    assert len(found(surprise_map(*many))) == MOST_THINGS


@pytest.mark.parametrize("size", [1, 7, 12, 33])
def test_frames_of_any_size_have_things(size):
    ((_, box),) = found(surprise_map((0, 0, size, size, 2.0), size=size))
    assert box == (0, 0, size, size)
