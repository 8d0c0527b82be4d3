import contextlib
import dataclasses
import functools
import logging

import numpy as np
import pytest

from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.frames.gaps import Gap
from abnormal.inference.calibrate import Calibrator, _as_unseen, _learn_box_thresholds
from abnormal.inference.cell_file import CellFile
from abnormal.inference.normal_video import (
    LARGEST_BOX,
    MeasuredVideo,
    NormalVideo,
    learn_backgrounds,
)
from abnormal.inference.score import frame_scores, residuals
from abnormal.inference.stream import FrameScorer, ResidualStream, open_stream
from abnormal.names import FUSED
from abnormal.scoring.calibration import ALARM_SURPRISE
from abnormal.scoring.cells import unpack_cells
from abnormal.scoring.false_alarms import COUNTED_SURPRISES, RELEASE_DROP
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.residual import SCORES

SIZE, FPS, LENGTH = 48, 5.0, 5


def halved(clips):
    return clips / 2


def walking(count, seed, speed=1.0, row=20):
    """Squares that go by, one after the other, in front of a wall."""
    draw = np.random.default_rng(seed)
    wall = np.random.default_rng(99).integers(90, 160, (SIZE, SIZE), np.uint8)
    frames = np.repeat(wall[None], count, axis=0)
    left, pace = 0.0, speed
    for frame in frames:
        left += pace
        if left > SIZE - 8:
            left, pace = 0.0, speed * draw.uniform(0.8, 1.2)
        frame[row : row + 12, int(left) : int(left) + 8] = 240
    return frames


@contextlib.contextmanager
def opened(frames):
    yield iter(frames)


def video(frames, name="01", camera="", held_out=True):
    return NormalVideo(name, camera, functools.partial(opened, frames), len(frames), held_out)


def scored(frames, calibration, camera=""):
    normality = calibration.normality(camera)
    stream = open_stream(normality, FPS)
    return frame_scores(residuals(frames, halved, LENGTH, stream), FrameScorer(FPS, normality))


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


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        ([39], ["39 s of a single video are all the normal footage of camera east"]),
        ([40], []),
        ([3, 3], []),
    ],
)
def test_footage_that_only_itself_can_judge_is_told(seconds, found, caplog):
    calibrator = Calibrator(halved, LENGTH, FPS)
    ample = [video(walking(200, 9), "ample"), video(walking(200, 8), "ample too")]
    calibrator.calibrate([video(walking(round(n * FPS), n), "v", "east") for n in seconds] + ample)
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [record.getMessage().split(". ")[0] for record in warnings] == found


def test_a_video_that_cannot_be_read_is_left_out(caplog):
    empty = video(np.zeros((0, SIZE, SIZE), np.uint8), "empty")
    calibration = Calibrator(halved, LENGTH, FPS).calibrate([empty, video(walking(250, 0), "gate")])
    assert calibration.videos == ("gate",)
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == ["left out: empty: No frame of it could be read."]


def test_without_any_footage_the_error_names_all_problems():
    empty = [video(np.zeros((0, SIZE, SIZE), np.uint8), name) for name in ("a", "b")]
    with pytest.raises(AbnormalError, match=r"no footage to calibrate on\. a: No frame .* b: No f"):
        Calibrator(halved, LENGTH, FPS).calibrate(empty)


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((1, SIZE, SIZE), np.uint8),
        np.zeros((30, SIZE, SIZE), np.uint8),
        np.full((30, SIZE, SIZE), 255, np.uint8),
        walking(3, 0),
    ],
)
def test_footage_in_which_nothing_happens_is_a_calibration_too(frames):
    calibration = Calibrator(halved, LENGTH, FPS).calibrate([video(frames)])
    causal = scored(walking(30, 1), calibration).causal
    for name, values in causal.items():
        assert np.isfinite(values).all(), name
    assert not (scored(frames, calibration).causal[FUSED] > ALARM_SURPRISE).any()


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


def test_normal_footage_is_not_compared_across_a_gap():
    """The light is switched on in the gap, which is no change that ordinary life shows."""
    dark, bright = walking(100, 1) // 4, walking(100, 1)
    whole = dataclasses.replace(video(np.concatenate((dark, bright))), gaps=[Gap(100, 64.0)])
    split = Calibrator(halved, LENGTH, FPS).calibrate([whole, whole])
    parts = Calibrator(halved, LENGTH, FPS).calibrate([video(dark), video(bright)] * 2)
    assert split.threshold("difference") == pytest.approx(parts.threshold("difference"), rel=0.05)
    for name, level in split.cameras[""].levels.items():
        np.testing.assert_allclose(level, parts.cameras[""].levels[name], rtol=0.3)


def test_a_full_disk_is_no_fault_of_a_video(monkeypatch):
    def full(file, cells):
        raise CannotWriteError("There is no space left.")

    monkeypatch.setattr(CellFile, "append", full)
    with pytest.raises(CannotWriteError, match="no space left"):
        Calibrator(halved, LENGTH, FPS).calibrate([video(walking(60, n), str(n)) for n in range(4)])


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


def test_the_background_of_many_videos_is_learnt_from_some_of_them():
    opened_names = []

    def opening(number):
        @contextlib.contextmanager
        def open_frames():
            opened_names.append(number)
            yield iter(np.full((30, 4, 4), number, np.uint8))

        return NormalVideo(f"{number:03d}", "", open_frames, 30, held_out=True)

    background = learn_backgrounds([opening(number) for number in range(201)])[""]
    assert len(opened_names) <= 2 * 100
    assert abs(int(background[0, 0]) - 100) <= 2


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
