"""Footage that the network knows, or that judges itself, does not count as if it were new."""

import dataclasses
import logging

import numpy as np
import pytest

from abnormal.inference.calibrate import Calibrator, _as_unseen
from abnormal.inference.normal_video import MeasuredVideo
from abnormal.names import FUSED
from abnormal.scoring.calibration import ALARM_SURPRISE
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.residual import SCORES
from tests.inference.calibrating import FPS, LENGTH, halved, scored, video, walking


def test_normal_footage_is_not_judged_by_levels_that_it_made_itself():
    """A run in one of eight videos is a surprise to the other seven."""
    runs = [video(walking(120, seed, 4.0 if seed == 5 else 1.0), str(seed)) for seed in range(8)]
    walks = [video(walking(120, seed), str(seed)) for seed in range(8)]
    with_run, without = (Calibrator(halved, LENGTH, FPS).calibrate(v) for v in (runs, walks))
    runner = walking(120, 50, 4.0)
    fast = scored(runner, with_run).causal["motion"].max()
    assert fast < scored(runner, without).causal["motion"].max()


def test_a_calm_video_that_was_held_out_does_not_make_life_an_alarm():
    calm = np.repeat(walking(1, 0), 200, axis=0)
    known = [video(walking(400, seed), str(seed), held_out=False) for seed in range(4)]
    calibration = Calibrator(halved, LENGTH, FPS).calibrate([*known, video(calm, "calm")])
    causal = scored(walking(1000, 77), calibration).causal
    for name in (FUSED, *LOCAL_SCORES):
        assert (causal[name] > ALARM_SURPRISE).mean() < 0.05, name
    for name in SCORES:
        assert (causal[name] > calibration.threshold(name)).mean() < 0.05, name


def test_how_well_the_network_knows_footage_is_learnt_from_all_cameras():
    """East alone has a video that was held out, and the network is twice as far off there."""
    new = np.where(walking(300, 4) == 240, 250, walking(300, 4))

    def knowing(clips):
        unseen = clips.max(axis=tuple(range(1, clips.ndim)), keepdims=True) > 245 / 255
        return clips * np.where(unseen, 0.0, 0.5)

    known = [
        video(walking(300, seed), str(seed), camera, held_out=False)
        for seed, camera in enumerate(("east", "east", "west", "west"))
    ]
    evenly, better = (
        Calibrator(reconstruct, LENGTH, FPS).calibrate([*known, video(new, "new", "east")])
        for reconstruct in (halved, knowing)
    )
    for name, further in {"motion": False, "place": False, "appearance": True}.items():
        found, before = (c.cameras["west"].surprises[name] for c in (better, evenly))
        assert (found.values[-1] > 1.2 * before.values[-1]) is further
        assert (found == before) is not further


def test_a_score_that_needs_no_network_is_what_it_is():
    busy = video(walking(200, 4, 3.0), "busy")
    calm = [video(walking(300, 0, 0.5), "calm", held_out=False)]
    alike = [dataclasses.replace(one, held_out=True) for one in calm]
    found, expected = (Calibrator(halved, LENGTH, FPS).calibrate([busy, *v]) for v in (calm, alike))
    assert found.surprises["difference"] == expected.surprises["difference"]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([("a", [10, 30, 10], 0), ("a", [12, 14, 13], 1)], [[13, 39, 13], [12, 14, 13]]),
        ([("a", [10, 30, 10], 0), ("a", [], 0), ("a", [1], 1)], [[10, 30, 10], [], [1]]),
        ([("a", [10, 10], 0), ("a", [90], 1)], [[15, 15], [90]]),  # it may show something else
        ([("a", [10, 30], 0)], [[10, 30]]),
        ([("a", [0, 0, 1], 0), ("a", [2], 1)], [[0, 0, 1], [2]]),
        ([("a", [10], 0), ("b", [14], 1)], [[10], [14]]),  # of two cameras they tell nothing
        ([("a", [10], 0), ("b", [20], 0), ("b", [24], 1)], [[12], [24], [24]]),
    ],
)
def test_scores_of_known_footage_count_as_much_more_as_the_medians_tell(parts, expected):
    scores = [np.array(values, float) for _, values, _ in parts]
    videos = [video(scores, "v", camera, bool(held_out)) for camera, _, held_out in parts]
    found = _as_unseen(scores, [MeasuredVideo(one, {}, {}, 0, 0) for one in videos])
    assert [part.tolist() for part in found] == [pytest.approx(values) for values in expected]


def test_without_held_out_footage_the_model_is_calibrated_on_what_it_knows():
    known = Calibrator(halved, LENGTH, FPS).calibrate([video(walking(100, 0), held_out=False)])
    assert (known.held_out, known.videos, known.frames) == (False, ("01",), 100)
    assert known.normality("").surprises["change"].frames == 100


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        ({"v": [39]}, ["39 s of a single video are all the normal footage of camera east"]),
        ({"v": [40]}, []),
        ({"v": [3], "w": [3]}, []),
        # Of a single video the end is held out.
        ({"v": [33, 6]}, ["39 s of a single video are all the normal footage of camera east"]),
    ],
)
def test_footage_that_only_itself_can_judge_is_told(seconds, found, caplog):
    calibrator = Calibrator(halved, LENGTH, FPS)
    ample = [video(walking(200, 9), "ample"), video(walking(200, 8), "ample too")]
    east = [
        video(walking(round(n * FPS), n), name, "east") for name in seconds for n in seconds[name]
    ]
    calibrator.calibrate(east + ample)
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [record.getMessage().split(". ")[0] for record in warnings] == found
