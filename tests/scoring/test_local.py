import numpy as np
import pytest

from abnormal.scoring.cells import cell_means
from abnormal.scoring.local import LOCAL_SCORES, above_normal, unusual_box
from abnormal.scoring.residual import ClipResidual

SIZE = 64  # 8 x 8 cells


def clip(frames, reconstruction=None, speed=None):
    frames = np.asarray(frames, np.float32)
    output = np.zeros_like(frames) if reconstruction is None else reconstruction
    return ClipResidual(frames, output, speed=speed)


@pytest.mark.parametrize("name", LOCAL_SCORES)
@pytest.mark.parametrize("size", [1, 7, 12, 64, 100, 227])
def test_all_scores_have_the_same_cells(name, size):
    draw = np.random.default_rng(0)
    frames, output, speed = draw.random((3, 4, size, size), np.float32)
    cells = LOCAL_SCORES[name].cells(ClipResidual(frames, output, speed=speed))
    assert cells.shape == cell_means(frames).shape
    assert (cells >= 0).all()


@pytest.mark.parametrize("name", LOCAL_SCORES)
def test_a_cell_sees_what_is_around_it_and_no_further(name):
    frames, speed = np.zeros((2, 4, SIZE, SIZE), np.float32)
    frames[2:, 32:40, 24:32] = speed[:, 32:40, 24:32] = 0.5
    cells = LOCAL_SCORES[name].cells(clip(frames, speed=speed))[2]
    assert np.unravel_index(cells.argmax(), cells.shape) == (4, 3) or cells[4, 3] == cells.max()
    seen = np.argwhere(cells > 1e-9)
    assert (np.abs(seen - (4, 3)).max(axis=1) <= 1).all()


def test_a_person_as_large_as_two_cells_moves_at_its_own_speed():
    speed = np.zeros((1, SIZE, SIZE), np.float32)
    speed[0, 28:44, 20:36] = 3.0  # 16 x 16 pixels around the middle of cell (4, 3)
    frames = np.zeros_like(speed)
    around = LOCAL_SCORES["motion"].cells(clip(frames, speed=speed))
    assert around[0, 4, 3] == pytest.approx(0.75**2 * 3.0)
    alone = LOCAL_SCORES["place"].cells(clip(frames, speed=speed))
    assert alone[0, 4, 3] == pytest.approx(3.0)


def test_without_a_flow_nothing_moves():
    frames = np.random.default_rng(0).random((3, SIZE, SIZE), np.float32)
    assert not LOCAL_SCORES["motion"].cells(clip(frames)).any()


def test_a_network_that_follows_leaves_nothing():
    frames = np.random.default_rng(0).random((5, SIZE, SIZE), np.float32)
    for name, score in LOCAL_SCORES.items():
        if score.of_network:
            assert not score.cells(clip(frames, frames)).any(), name


def test_the_cell_furthest_above_its_own_level_counts():
    cells = np.array([[[1.0, 4.0], [0.5, 2.0]], [[0.0, 0.0], [0.0, 0.0]]])
    level = np.array([[2.0, 4.0], [0.1, 2.0]])
    assert above_normal(cells, level) == pytest.approx([5.0, 0.0])
    assert unusual_box(cells[0] / level) == (0, 0.5, 0.5, 0.5)


def test_the_box_is_around_all_that_is_as_unusual():
    cells = np.zeros((1, 10, 5))
    cells[0, 2:5, 1] = (3, 4, 2)
    cells[0, 5, 2] = 2  # touches at a corner
    cells[0, 9, 4] = 3  # elsewhere
    box = unusual_box(cells[0])
    assert box == pytest.approx([1 / 5, 2 / 10, 2 / 5, 4 / 10])


def test_what_is_unusual_all_over_the_picture_is_no_event():
    level = np.ones((8, 8))
    event = np.full((8, 8), 0.5)
    event[2, 3] = 6.0
    weather = event + 3.0
    for cells, alone, together in ((event, 6.0, 6.0), (weather, 9.0, 9.0 / 3.5)):
        assert above_normal(cells[None], level) == pytest.approx([alone])
        assert above_normal(cells[None], level, everywhere=False) == pytest.approx([together])


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (4, 4), (5, 9), (28, 28)])
def test_a_picture_of_any_size_has_blocks(shape):
    cells = np.random.default_rng(0).random((3, *shape)) * 3
    ratios = above_normal(cells, np.ones(shape), everywhere=False)
    assert (ratios <= cells.max((1, 2))).all()
    assert ratios.shape == (3,)


def test_all_false_alarms_are_shared_out():
    assert sum(score.share for score in LOCAL_SCORES.values()) == pytest.approx(1.0)
