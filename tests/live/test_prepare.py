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
        prepare(Frame(image, number / 25, 0), Moment(number, number / 25, 0.0), 0.0)
        for number, image in ((0, first), (shown, second))
    ]
    assert ready[0].speed is None
    np.testing.assert_allclose(ready[1].speed, FlowMeter()(first, second) / shown)
    assert ready[1].speed.max() > 0


def test_a_camera_that_sends_each_picture_twice_is_one_with_fewer_frames():
    prepare = FramePreparer(SIZE, 25.0, flow=True, pictures=False)
    images = [walking(10 + 2 * number) for number in range(5)]
    speeds = []
    for number in range(10):
        sec = number / 25 + 0.005 * (number % 3)  # arrivals are a little irregular
        frame = Frame(images[number // 2].copy(), sec, number)
        speeds.append(prepare(frame, Moment(number, sec, 0.0), 0.0).speed)
    assert speeds[0] is None
    assert not speeds[1].any()
    for number in range(2, 10):
        expected = FlowMeter()(images[number // 2 - 1], images[number // 2]) / 2
        np.testing.assert_allclose(speeds[number], expected, rtol=0.3)


@pytest.mark.parametrize(("late_sec", "divided_by"), [(-0.01, 1), (0.01, 1), (0.04, 2), (0.12, 4)])
def test_what_moved_while_frames_were_lost_is_not_fast(late_sec, divided_by):
    """The frame after a hole is shown in place of those that were lost before it."""
    prepare = FramePreparer(SIZE, 25.0, flow=True, pictures=False)
    first, second = walking(10), walking(14)
    prepare(Frame(first, 0.0, 0), Moment(0, 0.0, 0.0), 0.0)
    sec = 0.04 + late_sec
    ready = prepare(Frame(second, sec, 1), Moment(1, sec, 0.0), 0.0)
    expected = FlowMeter()(first, second) / divided_by
    np.testing.assert_allclose(ready.speed, expected, rtol=1e-5)
