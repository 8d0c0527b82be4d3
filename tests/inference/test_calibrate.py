"""After the calibration, ordinary life is seldom an alarm, and what is unusual is one."""

import dataclasses
import logging

import numpy as np
import pytest

from abnormal.inference.calibrate import Calibrator, _learn_box_thresholds
from abnormal.inference.normal_video import LARGEST_BOX, MeasuredVideo
from abnormal.inference.score import frame_scores, residuals
from abnormal.inference.stream import FrameScorer, ResidualStream
from abnormal.names import FUSED
from abnormal.scoring.calibration import ALARM_SURPRISE
from abnormal.scoring.cells import unpack_cells
from abnormal.scoring.false_alarms import COUNTED_SURPRISES, RELEASE_DROP
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.residual import SCORES
from tests.inference.calibrating import FPS, LENGTH, SIZE, halved, scored, video, walking


@pytest.fixture(scope="module")
def calibration():
    videos = [video(walking(400, seed), f"{seed:02d}", held_out=seed < 3) for seed in range(6)]
    return Calibrator(halved, LENGTH, FPS).calibrate(videos)


def test_fresh_normal_footage_seldom_raises_an_alarm(calibration):
    causal = scored(walking(1000, 77), calibration).causal
    for name in (FUSED, *LOCAL_SCORES):
        assert (causal[name] > ALARM_SURPRISE).mean() < 0.05, name


def test_who_stays_where_nobody_stays_raises_one_until_he_goes(calibration):
    frames = walking(300, 78)
    frames[60:200, 4:16, 4:16] = 240
    causal = scored(frames, calibration).causal
    assert (causal["stay"][150:200] > ALARM_SURPRISE).all()
    assert (causal[FUSED][150:200] > ALARM_SURPRISE).mean() > 0.9
    assert (causal["stay"][250:] < ALARM_SURPRISE).all()


def test_the_order_of_the_videos_does_not_matter():
    videos = [video(walking(60, seed), f"{seed}", held_out=seed % 3 == 0) for seed in range(10)]
    first, second = (
        Calibrator(halved, LENGTH, FPS).calibrate(order) for order in (videos, videos[::-1])
    )
    assert first.as_dict() == second.as_dict()
    for name, array in first.arrays[""].items():
        assert np.array_equal(array, second.arrays[""][name]), name


def test_who_walks_through_the_footage_is_not_in_its_background(calibration):
    wall = np.random.default_rng(99).integers(90, 160, (SIZE, SIZE), np.uint8)
    assert np.abs(calibration.cameras[""].background.astype(int) - wall).mean() < 1


@pytest.mark.parametrize("odd", [{"speed": 3.0}, {"row": 4}])
def test_who_runs_or_goes_elsewhere_does(calibration, odd):
    causal = scored(walking(200, 78, **odd), calibration).causal
    assert (causal[FUSED] > ALARM_SURPRISE).mean() > 0.5


def test_all_footage_judges_all_scores(calibration):
    assert calibration.videos == ("00", "01", "02", "03", "04", "05")
    assert (calibration.held_out, calibration.frames) == (True, 2400)
    surprises = calibration.surprises | calibration.cameras[""].surprises
    assert {surprise.frames for surprise in surprises.values()} == {2400}
    for false_alarms in calibration.false_alarms.values():
        assert false_alarms.hours == pytest.approx(2400 / FPS / 3600)
    assert set(calibration.false_alarms) == {FUSED, *LOCAL_SCORES, *SCORES}
    assert len(calibration.false_alarms[FUSED].counts) == len(COUNTED_SURPRISES)


def test_where_a_frame_is_in_its_clip_does_not_show():
    """A network that darkens the first frame of each clip as no other."""

    def worse_at_first(clips):
        outputs = clips / 2
        outputs[:, 0] *= 0.5
        return outputs

    videos = [video(walking(200, seed)) for seed in range(3)]
    calibration = Calibrator(worse_at_first, LENGTH, FPS).calibrate(videos)
    assert calibration.positions["l1"] == pytest.approx([0.75 / 0.55, *[0.5 / 0.55] * 4], rel=0.01)
    for positions, evenly in (({}, False), (calibration.positions, True)):
        scorer = FrameScorer(FPS, None, positions=positions)
        stream = ResidualStream(flow=False)
        clips = residuals(walking(103, 9), worse_at_first, LENGTH, stream)
        raw = frame_scores(clips, scorer).raw
        by_position = raw["l2"][:100].reshape(20, LENGTH).mean(axis=0)
        assert (by_position.std() < 0.01 * by_position.mean()) == evenly
        # The last clip reaches back: its last three frames are at its end.
        assert (raw["l2"][100] < 1.1 * raw["l2"][99]) or not evenly


@pytest.mark.parametrize(("known", "shown"), [(True, "100% 40/40 ["), (False, "40 frames [")])
def test_progress_counts_every_frame_once(known, shown, caplog):
    caplog.set_level(logging.INFO, "abnormal")
    videos = [video(walking(33, 0)), video(walking(7, 1), held_out=False)]
    if not known:
        videos[1] = dataclasses.replace(videos[1], length=0)
    Calibrator(halved, LENGTH, FPS).calibrate(videos)
    assert caplog.messages[-1].startswith(f"calibration: {shown}")


def test_an_event_in_a_quiet_place_ends():
    """However far the surprise is raised, a frame in which nothing happens ends an event."""
    still = [video(np.repeat(walking(1, 0), 600, axis=0), str(number)) for number in range(4)]
    calibration = Calibrator(halved, LENGTH, FPS).calibrate(still)
    frames = np.repeat(walking(1, 0), 500, axis=0)
    frames[200:240] = walking(40, 1)
    causal = scored(frames, calibration).causal[FUSED]
    (event,) = calibration.alarm(FUSED).events(causal, FPS)
    assert 200 <= event.start < 205
    assert event.stop < 270


def test_one_normal_frame_of_a_camera_in_a_hundred_has_an_anomalous_pixel(calibration):
    def measured(camera, held_out, largest):
        return MeasuredVideo(video([], "01", camera, held_out), {LARGEST_BOX: largest}, {}, 0, 0)

    thresholds = _learn_box_thresholds(
        [
            measured("gate", False, np.zeros(9)),  # the network was trained on it
            measured("gate", True, np.arange(1000.0)),
            measured("gate (regime 2)", True, np.arange(1000.0)),  # the same by night
            measured("yard", False, np.full(9, 700.0)),
        ]
    )
    assert thresholds == {"gate": pytest.approx(989, abs=1), "yard": 700}
    # Half of a white square is left where the network halves what it sees.
    assert list(calibration.box_thresholds.values()) == [16 * 240 / 2]


def test_the_cells_that_raise_the_score_are_those_of_what_is_unusual(calibration):
    frames = np.concatenate([walking(40, 7), walking(40, 8, speed=6.0)])
    found = scored(frames, calibration)
    cells = unpack_cells(found.carriers)
    assert not cells[found.causal[FUSED] <= ALARM_SURPRISE - RELEASE_DROP].any()
    alarms = found.causal[FUSED] > ALARM_SURPRISE
    assert alarms.any()
    rows = cells[alarms].any((0, 2))
    assert rows[2:4].any()  # in which the squares go by, 20 to 32 pixels down
    assert not rows[5:].any()
    assert cells[alarms].any((1, 2)).mean() > 0.9
