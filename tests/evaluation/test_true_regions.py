import numpy as np

from abnormal.evaluation.true_regions import RegionLinker


def mask(*areas):
    """A picture of 10 x 20 pixels in which some areas, (rows, columns), are abnormal."""
    pixels = np.zeros((10, 20), bool)
    for rows, columns in areas:
        pixels[slice(*rows), slice(*columns)] = True
    return pixels


def tracks(*masks):
    linker = RegionLinker()
    return [linker.add(pixels).tracks.tolist() for pixels in masks]


def test_connected_components_are_regions():
    pixels = mask(((1, 3), (2, 6)), ((8, 10), (19, 20)))
    pixels[3, 6] = True  # touches at a corner
    found = RegionLinker().add(pixels)
    assert found.boxes.tolist() == [[0.1, 0.1, 0.25, 0.3], [0.95, 0.8, 0.05, 0.2]]
    assert found.tracks.tolist() == [0, 1]
    nothing = RegionLinker().add(mask())
    assert nothing.boxes.shape == (0, 4)
    assert nothing.tracks.shape == (0,)


def test_regions_that_overlap_are_one_track():
    upper, lower = ((0, 3), (0, 5)), ((6, 9), (0, 5))
    moved = ((6, 9), (4, 9))  # overlaps with `lower` by a column
    assert tracks(mask(upper, lower), mask(moved), mask(upper, moved)) == [[0, 1], [1], [2, 1]]


def test_after_a_gap_there_is_a_new_track():
    thing = ((0, 3), (0, 5))
    assert tracks(mask(thing), mask(), mask(thing)) == [[0], [], [1]]


def test_the_larger_of_two_things_that_touch_goes_on():
    small, large, both = ((0, 3), (0, 5)), ((4, 10), (0, 5)), ((0, 10), (0, 5))
    found = tracks(mask(small, large), mask(both), mask(small, large))
    assert found == [[0, 1], [1], [2, 1]]
