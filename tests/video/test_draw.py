import matplotlib
import numpy as np

from abnormal.video.draw import RED, grey_to_rgb, heat_map, mark, write_text


def test_grey_has_three_equal_channels():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert (grey_to_rgb(grey) == grey[..., None]).all()


def test_colours_are_those_of_viridis_red_first():
    values = np.array([[0.0, 64.0, 128.0, 500.0]])
    expected = matplotlib.colormaps["viridis"]([0.0, 0.5, 1.0, 1.0], bytes=True)[:, :3]
    assert np.abs(heat_map(values, 128)[0].astype(int) - expected).max() <= 3


def test_marked_pixels_are_red_and_the_rest_is_as_it_was():
    picture = np.full((4, 4, 3), 100, np.uint8)
    pixels = np.zeros((4, 4), bool)
    pixels[1, 2] = True
    marked = mark(picture, pixels)
    assert tuple(marked[1, 2]) == RED
    assert (marked[~pixels] == 100).all()
    assert (picture == 100).all()
    half = mark(picture, pixels, 0.5)[1, 2]
    assert np.abs(half - (np.array(RED) + 100) / 2).max() <= 1


def test_text_stays_within_the_picture():
    picture = np.zeros((30, 60, 3), np.uint8)
    write_text(picture, "a text that is too long for it", 10, 4, 12)
    assert picture[4:20, 10:].max() > 200
    assert picture[:4].max() == picture[:, :10].max() == 0
    write_text(picture, "below", 5, 28, 12)
