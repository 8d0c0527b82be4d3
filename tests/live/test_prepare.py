import numpy as np
import pytest

from abnormal.live.frame import Moment
from abnormal.live.prepare import FramePreparer
from abnormal.video.flow import FlowMeter
from abnormal.video.stream import Frame

SIZE = 64
WALL = np.random.default_rng(0).integers(60, 190, (SIZE, SIZE), np.uint8)


def walking(left):
    image = WALL.copy()
    image[20:50, left : left + 20] = WALL[::-1][20:50, :20]
    return image


@pytest.mark.parametrize("shown", [1, 3])
def test_a_speed_is_that_in_each_frame_of_the_model(shown):
    prepare = FramePreparer(SIZE, 25.0, flow=True, pictures=False)
    first, second = walking(10), walking(14)
    ready = [
        prepare(Frame(image, 0.0, 0), Moment(number, 0.0, 0.0), 0.0)
        for number, image in ((0, first), (shown, second))
    ]
    assert ready[0].speed is None
    np.testing.assert_allclose(ready[1].speed, FlowMeter()(first, second) / shown)
    assert ready[1].speed.max() > 0
