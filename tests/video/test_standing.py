import cv2
import numpy as np
import pytest

from abnormal.video.standing import edge_balance, moved_share

DRAW = np.random.default_rng(0)
SCENE = cv2.resize(DRAW.integers(60, 160, (12, 12), np.uint8), (96, 96)).astype(np.float32)
INSIDE = (slice(40, 56), slice(36, 60))
FRONT = np.zeros((96, 96), bool)
FRONT[39:57, 35:61] = True  # a little larger than the thing, as the foreground is
NEAR = cv2.dilate(FRONT.astype(np.uint8), np.ones((9, 9))) > 0


def with_a_thing(level=230):
    picture = SCENE.copy()
    picture[INSIDE] = level
    return picture


@pytest.mark.parametrize("level", [10, 230])
def test_the_frame_has_the_edges_of_what_was_left_and_the_background_those_of_what_is_gone(level):
    thing = with_a_thing(level)
    assert edge_balance(thing / 255, SCENE, FRONT, NEAR) > 0.3
    assert edge_balance(SCENE / 255, thing, FRONT, NEAR) < -0.3


def test_edges_are_compared_in_the_same_light_and_at_the_thing_alone():
    usual = edge_balance(with_a_thing() / 255, SCENE, FRONT, NEAR)
    darker = edge_balance(0.4 * with_a_thing() / 255, SCENE, FRONT, NEAR)
    assert darker == pytest.approx(usual, abs=1e-4)
    elsewhere, front = SCENE.copy(), FRONT.copy()
    elsewhere[5:15, 5:15] = 230  # is gone now, and has nothing to do with the thing
    front[4:16, 4:16] = True
    assert edge_balance(with_a_thing() / 255, elsewhere, front, NEAR) == pytest.approx(
        usual, abs=0.1
    )


def test_two_pictures_without_edges_are_even():
    plain = np.full((96, 96), 0.5, np.float32)
    assert edge_balance(plain, plain, FRONT, NEAR) == 0


@pytest.mark.parametrize("noise", [2.0, 8.0])
def test_noise_light_and_a_shaking_camera_move_nothing(noise):
    earlier, shaken = with_a_thing(), np.roll(with_a_thing(), (1, -1), (0, 1))
    now = shaken + 6 + DRAW.normal(0, noise, shaken.shape)
    earlier = earlier + DRAW.normal(0, noise, earlier.shape)
    pictures = [picture.astype(np.float32) / 255 for picture in (now, earlier)]
    assert moved_share(*pictures, np.roll(FRONT, (1, -1), (0, 1))) < 0.01


def test_an_arm_moves():
    now = with_a_thing()
    now[42:46, 40:43] = 150
    assert 0.02 < moved_share(now / 255, with_a_thing() / 255, FRONT) < 0.2
