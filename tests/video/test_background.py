import cv2
import numpy as np
import pytest

from abnormal.video.background import (
    FOREGROUND_LEVELS,
    STAYING_PER_SEC,
    ForegroundDetector,
    learn_background,
)

FPS, SIZE = 10.0, 40
DRAW = np.random.default_rng(0)
WIDE = cv2.resize(DRAW.integers(40, 200, (12, 12), np.uint8), (88, 88))  # soft light and dark
SCENE = WIDE[24:64, 24:64]


def as_input(frames):
    return np.asarray(frames, np.float32) / np.float32(255)


def with_a_box(count, brighter):
    frames = np.repeat(SCENE[None].astype(np.float32), count, axis=0)
    frames[:, 8:16, 8:16] += brighter
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
    assert found[9:15, 9:15].all()
    assert not found[:6].any()
    assert not found[:, 18:].any()


@pytest.mark.parametrize(("gain", "brighter"), [(1, -12), (1, 30), (0.4, 0), (0.5, 60), (1.3, 0)])
def test_a_change_of_the_whole_picture_is_none(gain, brighter):
    frame = gain * SCENE.astype(float) + brighter
    assert not ForegroundDetector(SCENE, FPS)(as_input(frame)[None]).any()
    frame[10:20, 10:20] = 230 * gain + brighter
    assert ForegroundDetector(SCENE, FPS)(as_input(frame)[None])[0, 12:18, 12:18].all()


def test_a_camera_that_shakes_or_was_moved_shows_no_foreground():
    shaking = [
        WIDE[24 + down : 64 + down, 24 + right : 64 + right]
        for down, right in DRAW.integers(-1, 2, (50, 2))
    ]
    # The place of the first frame counts until several have been seen.
    assert not ForegroundDetector(SCENE, FPS)(as_input(shaking))[30:].any()
    moved = np.repeat(WIDE[None, 28:68, 21:61], 50, axis=0)  # by 4 and by 3 pixels
    found = ForegroundDetector(SCENE, FPS)(as_input(moved))
    assert not found.any()


def test_another_view_has_no_foreground_and_is_told():
    detector, other = ForegroundDetector(SCENE, FPS), ForegroundDetector(SCENE, FPS)
    detector(as_input(SCENE)[None])
    assert not detector.other_view
    assert not other(as_input(SCENE[::-1, ::-1].T[::-1])[None]).any()
    assert other.other_view


def test_a_slow_change_is_followed_and_a_sudden_one_only_after_a_while():
    slow = [SCENE.astype(float) for _ in range(400)]
    for number, frame in enumerate(slow):
        frame[:, :15] += 0.09 * number  # 0.9 levels a second, in the end 36
    assert not ForegroundDetector(SCENE, FPS)(as_input(slow)).any()

    sudden = ForegroundDetector(SCENE, FPS)(with_a_box(2600, brighter=40))[:, 12, 12]
    gone = int(np.argmin(sudden))
    longest_sec = (40 - FOREGROUND_LEVELS) / STAYING_PER_SEC
    # The soft light of the scene lets a pixel look like a neighbour that is brighter.
    assert 0.7 * longest_sec < gone / FPS < longest_sec + 1


def test_what_has_stayed_for_long_leaves_nothing_behind():
    there, gone = with_a_box(2600, brighter=40), with_a_box(100, brighter=0)
    detector = ForegroundDetector(SCENE, FPS)
    found = detector(there)[:, 12, 12]
    assert (found[0], found[-1]) == (True, False)
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


def test_one_bad_frame_at_the_start_does_not_matter_for_long():
    frames = with_a_box(60, brighter=60)
    frames[0] = np.random.default_rng(1).random(frames[0].shape)
    detector = ForegroundDetector(SCENE, FPS)
    found = detector(frames)
    assert found[30:, 11, 11].all()
    assert not detector.other_view


def test_a_view_that_changes_later_is_noticed_and_comes_back():
    detector = ForegroundDetector(SCENE, FPS)
    detector(as_input([SCENE] * 50))
    detector(as_input([SCENE[::-1, ::-1].T[::-1]] * 150))
    assert detector.other_view
    detector(as_input([SCENE] * 150))
    assert not detector.other_view


@pytest.mark.parametrize("level", [0, 255])
def test_a_covered_lens_is_no_foreground_and_changes_nothing(level):
    detector = ForegroundDetector(SCENE, FPS)
    detector(as_input([SCENE] * 10))
    assert not detector(np.full((30, SIZE, SIZE), level / 255, np.float32)).any()
    assert not detector(as_input([SCENE] * 10)).any()
