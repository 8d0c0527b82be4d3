import numpy as np

from abnormal.video.region import RegionGrower

EVERYWHERE = slice(0, 20), slice(0, 30)


def picture(**areas):
    """A picture of 20 x 30 pixels; each area is (rows, columns, value)."""
    pixels = np.zeros((20, 30), np.float32)
    for rows, columns, value in areas.values():
        pixels[slice(*rows), slice(*columns)] = value
    return pixels


def test_a_region_is_what_is_connected_and_not_much_weaker():
    pixels = picture(
        body=((5, 15), (10, 14), 1.1),
        leg=((15, 18), (10, 12), 3.0),
        neighbour=((5, 15), (14, 18), 0.9),  # touches the body, and has less than a third of 3
        elsewhere=((0, 2), (0, 2), 2.9),
    )
    pixels[4, 9] = 2.0  # touches the body at a corner
    window = slice(16, 20), slice(8, 16)
    assert RegionGrower(20, 30).grow(pixels, *window) == (9, 4, 5, 14)


def test_what_is_faster_belongs_to_it():
    pixels = picture(body=((5, 15), (10, 14), 1.0), leg=((15, 18), (10, 12), 9.0))
    assert RegionGrower(20, 30).grow(pixels, slice(6, 8), slice(8, 16)) == (10, 5, 4, 13)


def test_no_two_regions_share_a_pixel():
    pixels = picture(slow=((5, 10), (5, 20), 1.0), fast=((5, 10), (20, 25), 9.0))
    grower = RegionGrower(20, 30)
    assert grower.grow(pixels, *EVERYWHERE) == (20, 5, 5, 5)
    assert grower.grow(pixels, *EVERYWHERE) == (5, 5, 15, 5)
    assert grower.grow(pixels, *EVERYWHERE) is None


def test_nothing_grows_where_nothing_is():
    pixels = picture(far=((5, 10), (5, 10), 1.0))
    assert RegionGrower(20, 30).grow(pixels, slice(10, 20), slice(0, 30)) is None
