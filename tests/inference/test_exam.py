import contextlib
import functools

import numpy as np
import pytest

from abnormal.inference.calibrate import Calibrator
from abnormal.inference.exam import ELSEWHERE, FAST, KINDS, STANDS, TRIALS, examine
from abnormal.inference.normal_video import NormalVideo

SIZE, FPS, LENGTH = 64, 5.0, 5


def halved(clips):
    return clips / 2


@contextlib.contextmanager
def opened(frames):
    yield iter(frames)


def walking(count, seed, speed=1.0):
    draw = np.random.default_rng(seed)
    wall = np.random.default_rng(99).integers(90, 160, (SIZE, SIZE), np.uint8)
    frames = np.repeat(wall[None], count, axis=0)
    left, pace = 2.0, speed
    for frame in frames:
        left += pace
        if left > SIZE - 10:
            left, pace = 2.0, speed * draw.uniform(0.8, 1.2)
        frame[40:52, int(left) : int(left) + 8] = 240
    return frames


def footage(videos, count, camera=""):
    return [
        NormalVideo(
            f"{camera}{k}", camera, functools.partial(opened, walking(count, k)), count, True
        )
        for k in range(videos)
    ]


def examined(videos):
    calibration = Calibrator(halved, LENGTH, FPS).calibrate(videos)
    return examine(halved, LENGTH, FPS, videos, calibration).exams


@pytest.fixture(scope="module")
def calm():
    return examined(footage(4, 200))[""]


def test_a_camera_finds_who_runs_who_goes_elsewhere_and_who_stands(calm):
    assert list(calm) == list(KINDS)
    for kind in (FAST, ELSEWHERE, STANDS):
        found, trials = calm[kind]
        assert trials == TRIALS
        assert found > 0.7 * TRIALS, kind


def test_a_camera_that_knows_runners_finds_fewer(calm):
    runners = [
        NormalVideo(f"run{k}", "", functools.partial(opened, walking(200, k, 2.4)), 200, True)
        for k in range(4)
    ]
    found, _ = examined([*footage(4, 200), *runners])[""][FAST]
    assert found < calm[FAST][0]


@pytest.mark.parametrize(
    "frames", [walking(400, 0), np.repeat(walking(1, 0), 600, axis=0), walking(600, 0)[:, ::-1] * 0]
)
def test_too_little_footage_and_footage_without_passers_by_have_no_exam(frames, caplog):
    caplog.set_level("INFO", "abnormal")
    video = NormalVideo("01", "", functools.partial(opened, frames), len(frames), True)
    assert examined([video]) == {}
    is_short = len(frames) == 400
    assert ("no exam: it takes 100 s of normal footage" in caplog.text) == is_short
    assert ("nothing was seen to move alone for 3 s" in caplog.text) == (not is_short)
