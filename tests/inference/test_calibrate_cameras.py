"""Each camera has what is normal there, and shares what cameras have in common."""

import contextlib
import dataclasses
import functools

import numpy as np
import pytest

from abnormal.inference.calibrate import Calibrator
from abnormal.inference.detector import Detector
from abnormal.inference.dismiss import measure_event
from abnormal.inference.score_video import Wanted, score_video
from abnormal.inference.videos import InputVideo, ModelFrames
from abnormal.models.model import ModelInfo
from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm
from tests.inference.calibrating import FPS, LENGTH, SIZE, halved, scored, video, walking


@contextlib.contextmanager
def one_video(frames, size, fps):
    yield ModelFrames(iter(frames), FPS)


def test_what_cameras_share_is_kept_for_each_of_them_too():
    videos = [video(walking(n, n), f"{n}", camera) for n, camera in ((60, "a"), (90, "b"))]
    both = Calibrator(halved, LENGTH, FPS).calibrate(videos)
    alone = [Calibrator(halved, LENGTH, FPS).calibrate([one], both.positions) for one in videos]
    assert [(pool.cameras, pool.frames) for pool in both.pools] == [(("a",), 60), (("b",), 90)]
    assert [one.pools for one in alone] == [(), ()]
    assert both.pools == tuple(pool for one in alone for pool in one.all_pools)
    sums = np.sum([pool.false_alarms[FUSED].counts for pool in both.pools], axis=0)
    assert both.false_alarms[FUSED].counts == tuple(sums.tolist())
    assert both.false_alarms[FUSED].hours == pytest.approx(150 / FPS / 3600)


def test_a_video_and_its_events_are_judged_by_the_alarm_of_its_camera():
    frames = walking(60, 0)
    calibration = Calibrator(halved, LENGTH, FPS).calibrate([video(frames, "a", "gate")])
    detector = Detector("m", ModelInfo("cae", LENGTH, SIZE, FPS), halved, calibration)
    never = Alarm("motion", 1e9, 1e8)
    alarm = dataclasses.replace(Alarm("motion", -1.0, -2.0), cameras={"gate": never})
    for camera, found in (("gate", 0), ("", 1)):
        opened = functools.partial(one_video, frames)
        shown = InputVideo("shown", opened, camera=camera)
        seen, _ = score_video(detector, shown, Wanted(alarm))
        assert seen.camera == camera
        assert len(seen.events(alarm)) == found
        event = measure_event(detector, shown, (0, 9), alarm)
        assert event.release == alarm.for_camera(camera).release


def test_each_camera_has_its_own_levels():
    videos = [
        video(walking(300, 0, 1.0), "a", "slow"),
        video(walking(300, 1, 4.0), "b", "fast"),
    ]
    calibration = Calibrator(halved, LENGTH, FPS).calibrate(videos)
    assert set(calibration.cameras) == {"slow", "fast"}
    runner = walking(100, 2, 4.0)
    slow, fast = (scored(runner, calibration, name).causal["motion"] for name in ("slow", "fast"))
    assert slow.mean() > 3 * fast.mean()
    frames = calibration.cameras["slow"].surprises["motion"].frames
    assert frames == 300
