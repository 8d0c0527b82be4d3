import cv2
import numpy as np
import pytest

from abnormal.video.flow import MOST_REPEATS, FlowMeter, SpeedMeter, with_speed, without_speed
from abnormal.video.resample import at_rate
from abnormal.video.stream import Frame

SIZE = 96


@pytest.fixture
def scene():
    """A picture with structure at all scales, in the middle greys."""
    draw = np.random.default_rng(0)
    picture = sum(
        cv2.resize(draw.random((side, side)), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
        for side in (6, 12, 24, 48)
    )
    return cv2.normalize(picture, None, 40, 200, cv2.NORM_MINMAX).astype(np.uint8)


def with_patch(scene, left):
    """The scene with a patch of other structure in front of it."""
    patch = cv2.GaussianBlur(255 - scene[30:60, 10:40], (3, 3), 0)
    picture = scene.copy()
    picture[30:60, left : left + 30] = patch
    return picture


@pytest.mark.parametrize("step", [1, 2, 4])
def test_the_speed_is_that_of_what_moves(scene, step):
    speed = FlowMeter()(with_patch(scene, 40), with_patch(scene, 40 + step))
    assert np.median(speed[35:55, 48:65]) == pytest.approx(step, abs=0.4)
    assert np.median(speed[70:]) == 0


def test_a_camera_that_shakes_is_not_what_moves(scene):
    wide = cv2.resize(scene, (2 * SIZE, 2 * SIZE), interpolation=cv2.INTER_CUBIC)
    before, after = wide[20 : 20 + SIZE, 20 : 20 + SIZE], wide[21 : 21 + SIZE, 23 : 23 + SIZE]
    speed = FlowMeter()(np.ascontiguousarray(before), np.ascontiguousarray(after))
    assert np.median(speed) < 0.2


def test_a_lamp_that_goes_on_is_not_what_moves(scene):
    assert not FlowMeter()(scene, scene + np.uint8(30)).any()


def test_noise_is_not_what_moves(scene):
    draw = np.random.default_rng(1)
    noisy = [np.clip(scene + draw.normal(0, 3, scene.shape), 0, 255) for _ in range(2)]
    assert not FlowMeter()(*(picture.astype(np.uint8) for picture in noisy)).any()


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (15, 40), (16, 16), (17, 300)])
def test_any_size_is_measured_or_nothing_is_seen_to_move(shape):
    draw = np.random.default_rng(0)
    pictures = draw.integers(0, 256, (2, *shape), np.uint8)
    speed = FlowMeter()(*pictures)
    assert (speed.shape, speed.dtype) == (shape, np.float32)
    assert np.isfinite(speed).all()


def test_a_measurement_does_not_depend_on_the_one_before(scene):
    meter = FlowMeter()
    first = meter(with_patch(scene, 40), with_patch(scene, 42))
    meter(scene, with_patch(scene, 10))
    again = meter(with_patch(scene, 40), with_patch(scene, 42))
    assert np.array_equal(first, again)


def test_a_measurement_does_not_depend_on_how_frames_lie_in_memory(scene):
    pair = with_patch(scene, 40), with_patch(scene, 42)
    wider = (np.pad(picture, ((0, 0), (0, 5)))[:, : picture.shape[1]] for picture in pair)
    assert np.array_equal(FlowMeter()(*wider), FlowMeter()(*pair))


def test_each_frame_has_its_speed_at_once_and_the_first_has_none(scene):
    frames = [with_patch(scene, left) for left in (40, 42, 43)]
    taken = []
    moving = with_speed(taken.append(1) or frame for frame in frames)
    for number, frame in enumerate(moving):
        assert len(taken) == number + 1
        assert frame.image is frames[number]
        if number:
            assert np.array_equal(frame.speed, FlowMeter()(*frames[number - 1 : number + 1]))
        else:
            assert frame.speed is None


def test_frames_whose_speed_nobody_wants_have_none(scene):
    assert [frame.speed for frame in without_speed([scene, scene])] == [None, None]


@pytest.mark.parametrize("source_fps", [25.0, 20.0, 12.5, 10.0, 8.0])
def test_things_move_on_as_fast_while_a_frame_is_repeated(scene, source_fps):
    images = [with_patch(scene, 5 + round(50 * number / source_fps)) for number in range(9)]
    frames = (Frame(image, number / source_fps, number) for number, image in enumerate(images))
    repeated = [frame.image for frame in at_rate(frames, 25.0)]
    moving = [frame for frame in with_speed(repeated) if frame.speed is not None]
    assert len(moving) >= len(images) - 1
    speeds = [np.median(f.speed[35:55][f.speed[35:55] > 0]) for f in moving]
    assert all(0.7 < speed < 3 for speed in speeds)
    assert np.mean(speeds) == pytest.approx(2, abs=0.5)  # 50 pixels a second are 2 a frame


@pytest.mark.parametrize("source_fps", [20.0, 12.5, 10.0, 8.0, 5.0])
def test_a_repeat_that_is_another_array_is_a_repeat_as_well(scene, source_fps):
    images = [with_patch(scene, 5 + round(50 * number / source_fps)) for number in range(7)]
    frames = (Frame(image, number / source_fps, number) for number, image in enumerate(images))
    repeated = [frame.image for frame in at_rate(frames, 25.0)]
    copies = [frame.speed for frame in with_speed(image.copy() for image in repeated)]
    expected = [frame.speed for frame in with_speed(repeated)]
    first = sum(speed is None for speed in expected)  # while nobody knows what moves
    assert not any(np.any(speed) for speed in copies[:first])
    assert all(map(np.array_equal, copies[first:], expected[first:]))


def test_nothing_moves_in_a_picture_that_stays(scene):
    first, second, third = (with_patch(scene, left) for left in (40, 42, 45))
    stays = 30
    frames = [first, *(second.copy() for _ in range(stays)), third]
    speeds = [frame.speed for frame in with_speed(frames)]
    for held in speeds[1 : 2 + MOST_REPEATS]:
        assert np.array_equal(held, FlowMeter()(first, second))
    assert not np.any(speeds[2 + MOST_REPEATS : -1])
    # It moves again, from where it was a second ago.
    assert np.array_equal(speeds[-1], FlowMeter()(second, third) / np.float32(stays))


def test_a_scene_that_stands_still_from_the_start_has_no_speed(scene):
    assert not any(np.any(frame.speed) for frame in with_speed(scene.copy() for _ in range(20)))


def test_a_speed_that_nobody_wants_is_not_held(scene):
    measure = SpeedMeter()
    first, second = with_patch(scene, 40), with_patch(scene, 42)
    measure(scene, 0)
    assert measure(first, 1).any()
    assert measure(second, 2, is_wanted=False) is None
    assert not measure(second.copy(), 3).any()
    assert np.array_equal(measure(first, 4), FlowMeter()(second, first) / np.float32(2))


def test_the_first_frame_after_a_gap_has_no_speed(scene):
    measure = SpeedMeter()
    measure(scene, 0)
    assert measure(with_patch(scene, 40), 1).any()
    measure.restart()
    assert measure(with_patch(scene, 40), 2) is None
    assert measure(with_patch(scene, 42), 3).any()
