import io

import numpy as np
import PIL.Image
import pytest

from abnormal.errors import AbnormalError
from abnormal.video.jpeg import from_jpeg, to_jpeg


def test_a_picture_in_colour_keeps_its_colours():
    picture = np.full((32, 48, 3), (200, 120, 40), np.uint8)
    data = to_jpeg(picture)
    for decoded in (from_jpeg(data), np.array(PIL.Image.open(io.BytesIO(data)))):
        assert decoded.shape == picture.shape
        assert np.abs(decoded.astype(int) - picture).max() <= 3


def test_a_grey_picture_comes_back_with_three_equal_channels():
    grey = np.linspace(0, 255, 32 * 48).reshape(32, 48).astype(np.uint8)
    decoded = from_jpeg(to_jpeg(grey))
    assert np.ptp(decoded, axis=2).max() == 0
    assert np.abs(decoded[..., 0].astype(int) - grey).max() <= 8


def test_a_damaged_jpeg_is_reported():
    with pytest.raises(AbnormalError, match="damaged"):
        from_jpeg(b"no JPEG")
