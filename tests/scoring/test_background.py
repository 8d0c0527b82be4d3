import numpy as np
import pytest

from abnormal.scoring.background import FOREGROUND_LEVELS, ForegroundDetector, learn_background

FPS, SIZE = 10.0, 40
DRAW = np.random.default_rng(0)
SCENE = DRAW.integers(40, 200, (SIZE, SIZE), np.uint8)


def as_input(frames):
    return np.asarray(frames, np.float32) / np.float32(255)


def with_a_box(count, brighter):
    frames = np.repeat(SCENE[None].astype(np.float32), count, axis=0)
    frames[:, 10:20, 10:20] += brighter
    return as_input(frames)


def test_who_walks_by_is_not_in_the_background():
    frames = np.repeat(SCENE[None], 9, axis=0)
    for number in range(9):
        frames[number, :, 4 * number : 4 * number + 4] = 255  # everywhere once
    background = learn_background(frames)
    assert background.dtype == np.uint8
    assert np.array_equal(background, SCENE)


def test_what_differs_is_foreground_to_its_edges():
    (found,) = ForegroundDetector(SCENE, FPS)(with_a_box(1, brighter=50))
    assert found[10:20, 10:20].all()
    assert not found[:8].any()
    assert not found[:, 22:].any()


@pytest.mark.parametrize("brighter", [-12, 30])
def test_a_change_of_the_whole_picture_is_none(brighter):
    found = ForegroundDetector(SCENE, FPS)(as_input(SCENE.astype(float) + brighter)[None])
    assert not found.any()


def test_a_slow_change_is_followed_and_a_sudden_one_only_after_a_while():
    slow = [SCENE.astype(float) for _ in range(400)]
    for number, frame in enumerate(slow):
        frame[:, :15] += 0.09 * number  # 0.9 levels a second, in the end 36
    assert not ForegroundDetector(SCENE, FPS)(as_input(slow)).any()

    sudden = ForegroundDetector(SCENE, FPS)(with_a_box(600, brighter=40))[:, 15, 15]
    gone = int(np.argmin(sudden))
    assert gone / FPS == pytest.approx(40 - FOREGROUND_LEVELS, abs=1)


def test_what_has_stayed_for_long_leaves_nothing_behind():
    there, gone = with_a_box(300, brighter=40), with_a_box(100, brighter=0)
    detector = ForegroundDetector(SCENE, FPS)
    assert detector(there)[0, 15, 15]
    assert not detector(gone).any()


def test_frames_may_come_some_at_a_time():
    frames = with_a_box(30, brighter=17)
    whole = ForegroundDetector(SCENE, FPS)(frames)
    parts = ForegroundDetector(SCENE, FPS)
    assert np.array_equal(np.concatenate([parts(frames[:7]), parts(frames[7:])]), whole)


@pytest.mark.parametrize("level", [0, 255])
def test_a_picture_of_one_colour_is_no_foreground_and_no_error(level):
    blank = np.full((3, SIZE, SIZE), level, np.uint8)
    background = learn_background(blank)
    assert not ForegroundDetector(background, FPS)(as_input(blank)).any()
