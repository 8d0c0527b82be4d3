import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.scoring.cells import cell_means, largest_patch, pack_cells, unpack_cells


def naive_sides(length, cell):
    """First and last pixel of each cell along one side, found by walking along it."""
    sides = [[first, min(first + cell, length)] for first in range(0, length, cell)]
    if len(sides) > 1 and sides[-1][1] - sides[-1][0] < cell // 2 + cell % 2:
        last = sides.pop()
        sides[-1][1] = last[1]
    return sides


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 3), st.integers(1, 40), st.integers(1, 40), st.integers(1, 12), st.data())
def test_a_cell_is_the_mean_of_its_pixels(count, height, width, cell, data):
    seed = data.draw(st.integers(0, 99))
    images = np.random.default_rng(seed).random((count, height, width), np.float32)
    rows, columns = naive_sides(height, cell), naive_sides(width, cell)
    expected = [
        [[image[a:b, c:d].mean(dtype=np.float64) for c, d in columns] for a, b in rows]
        for image in images
    ]
    means = cell_means(images, cell)
    np.testing.assert_allclose(means, expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("size", "cells"),
    [(3, 1), (8, 1), (11, 1), (12, 2), (16, 2), (35, 4), (36, 5), (227, 28)],
)
def test_how_many_cells_fit(size, cells):
    assert cell_means(np.zeros((1, size, 8))).shape == (1, cells, 1)
    assert cell_means(np.zeros((1, 8, size))).shape == (1, 1, cells)


def test_each_picture_has_its_own_largest_patch():
    images = np.zeros((3, 40, 32), np.float32)
    images[0, 9, 20] = 0.64 * 9  # one pixel: a cell of 0.09, a patch of 0.01
    images[1, 8:32, :24] = 0.25  # fills one patch
    images[2, 32:, 24:] = 0.9  # one cell, in the corner

    assert np.count_nonzero(cell_means(images)[0]) == 1
    assert largest_patch(cell_means(images)) == pytest.approx([0.01, 0.25, 0.1])


def test_a_picture_smaller_than_a_patch_is_one():
    images = np.zeros((1, 16, 8))
    images[0, :8] = 0.5
    assert largest_patch(cell_means(images)) == pytest.approx([0.25])


@settings(deadline=None, max_examples=30)
@given(st.integers(20, 60), st.integers(20, 60), st.integers(0, 99))
def test_a_patch_is_the_mean_of_three_by_three_cells(height, width, seed):
    images = np.random.default_rng(seed).random((2, height, width))
    cells = cell_means(images)
    rows, columns = cells.shape[1:]
    expected = [
        max(
            picture[r : r + 3, c : c + 3].mean()
            for r in range(max(rows - 2, 1))
            for c in range(max(columns - 2, 1))
        )
        for picture in cells
    ]
    np.testing.assert_allclose(largest_patch(cells), expected)


@pytest.mark.parametrize("rows", [1, 7, 8, 28])
def test_flags_of_cells_come_back_as_they_were(rows):
    cells = np.random.default_rng(0).random((3, rows, rows)) < 0.3
    packed = pack_cells(cells)
    assert packed.nbytes <= cells.nbytes // 8 + 3 * rows
    np.testing.assert_array_equal(unpack_cells(packed), cells)
    np.testing.assert_array_equal(unpack_cells(packed[1]), cells[1])
