import contextlib
import dataclasses

import numpy as np
import pytest

from abnormal.datasets import folder
from abnormal.datasets.extract import extract
from abnormal.datasets.source import Annotation
from abnormal.errors import AbnormalError
from abnormal.frames.gaps import Gap, note_gaps
from abnormal.frames.manifest import write_manifest
from abnormal.inference import videos
from abnormal.inference.detector import open_detector, open_detectors
from abnormal.inference.runtimes import RUNTIMES
from abnormal.inference.score_video import Wanted, score_video
from abnormal.models.model_file import save_model
from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.false_alarms import COUNTED_SURPRISES, FalseAlarms
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.localisation import Localiser
from abnormal.scoring.normality import Normality
from abnormal.scoring.pools import Pool, combine
from abnormal.scoring.regularity import causal_mean
from abnormal.scoring.residual import SCORES
from abnormal.scoring.surprise import learn_surprise
from abnormal.video.stream import Frame

LABELS = np.array([0, 1] * 13, np.uint8)


@pytest.fixture(scope="module")
def img(street_file, tmp_path_factory):
    """The street's frames as jpg."""
    (source,) = folder.find(street_file, "testing")
    labelled = dataclasses.replace(source, situation="cart", annotate=lambda _: Annotation(LABELS))
    path = tmp_path_factory.mktemp("img")
    assert extract(labelled, path, 67, None).status == "written"
    write_manifest(path)
    return path


@pytest.fixture
def model_path(tmp_path, network, model_info):
    save_model(tmp_path / "model.h5", network, model_info)
    return tmp_path / "model.h5"


def test_the_jpg_step_does_not_matter(detector, img, street_file):
    (stored,) = videos.stored_videos(img)
    (direct,) = videos.source_videos(street_file)
    by_jpg, notes = score_video(detector, stored)
    by_file, more_notes = score_video(detector, direct)
    assert notes == more_notes == []
    # A jpg of quality 95 changes a pixel by one or two greys of 255: a little more noise in every
    # score, and the same course over time.
    for name, tolerance in {"gradient": 0.006, "difference": 0.006, "l2": 0.05}.items():
        np.testing.assert_allclose(by_jpg.raw[name], by_file.raw[name], atol=tolerance)
        # The first frame takes the change of the second: what counts is the course of the others.
        least = 0.96 if name == "difference" else 0.97
        assert np.corrcoef(by_jpg.raw[name], by_file.raw[name])[0, 1] > least


def test_a_scored_video_has_all_that_is_known_of_it(detector, img):
    (stored,) = videos.stored_videos(img)
    video, _ = score_video(detector, stored)
    assert (video.name, video.situation, video.fps) == ("cart", "cart", 10.0)
    assert video.labels.tolist() == LABELS.tolist()
    assert {values.shape for values in video.raw.values()} == {(26,)}
    for name, values in video.raw.items():
        np.testing.assert_allclose(video.causal[name], causal_mean(values, 10.0), atol=1e-12)


def test_progress_sees_every_frame(detector, street_file):
    seen = []
    (video,) = videos.source_videos(street_file)
    watch = lambda frames: (seen.append(1) or frame for frame in frames)  # noqa: E731
    score_video(detector, video, watch=watch)
    assert len(seen) == 26


def test_notes_are_complete_when_the_video_is_read(detector, greys):
    video = videos.InputVideo(
        "a", lambda size, fps: videos.open_resampled(greys([0.0, 0.1], 20.0), size, fps)
    )
    assert score_video(detector, video)[1] == [
        "20 frames a second are resampled to 10",
        "nearly flat: all its grey levels lie between 0 and 1 of 255",
    ]


@pytest.mark.parametrize("first", [1, 3, 13, 25])
def test_what_follows_a_gap_is_not_compared_with_what_precedes_it(detector, img, first):
    (stored,) = videos.stored_videos(img)
    with stored.open_frames(67, 10.0) as opened:
        frames = list(opened.frames)
    levels = dict.fromkeys(LOCAL_SCORES, np.ones((8, 8), np.float32))
    normality = Normality(levels, dict.fromkeys(LOCAL_SCORES, learn_surprise(np.arange(9.0))))
    calibration = dataclasses.replace(detector.calibration, cameras={"": normality})
    calibrated = dataclasses.replace(detector, calibration=calibration)

    def scored(frames, gaps=()):
        @contextlib.contextmanager
        def open_frames(size, fps):
            opened = videos.ModelFrames(iter(()), 10.0)
            source = (Frame(f, n / 10, n, after_gap=n in gaps) for n, f in enumerate(frames))
            opened.frames = (frame.image for frame in note_gaps(source, opened.gaps))
            yield opened

        return score_video(calibrated, videos.InputVideo("a", open_frames))[0]

    whole, parts = scored(frames, [first]), [scored(frames[:first]), scored(frames[first:])]
    assert whole.gaps == (Gap(first, first / 10),)
    for name, values in whole.causal.items():
        np.testing.assert_array_equal(values, np.concatenate([p.causal[name] for p in parts]))
    alarm = Alarm("l2", 0.0, 0.0)
    assert [(event.start, event.stop) for event in whole.events(alarm)] == [
        (0, first), (first, 26)
    ][first < 2 : 2 - (first > 24)]  # fmt: skip  # one frame is too short for an event


def test_a_file_takes_the_regime_that_it_shows_and_is_silent_where_none_is_known(detector):
    draw = np.random.default_rng(1)
    day = draw.integers(40, 215, (17, 17), np.uint8).repeat(4, 0).repeat(4, 1)[:67, :67].copy()
    night, unknown = 255 - day, day[::-1].copy()
    levels = {name: np.full((8, 8), 1e-4, np.float32) for name in LOCAL_SCORES}
    surprises = dict.fromkeys(LOCAL_SCORES, learn_surprise(np.arange(9.0)))
    regimes = {
        "": Normality(levels, surprises, day),
        " (regime 2)": Normality(levels, surprises, night),
    }
    calibration = dataclasses.replace(detector.calibration, cameras=regimes)
    calibrated = dataclasses.replace(detector, calibration=calibration)

    def score(frames):
        @contextlib.contextmanager
        def open_frames(size, fps):
            yield videos.ModelFrames(iter(frames), 10.0)

        return score_video(calibrated, videos.InputVideo("a", open_frames))

    scored, notes = score([day] * 20 + [night] * 20 + [unknown] * 80)
    loud = scored.causal["appearance"] > 0
    assert loud[:20].all()
    assert (loud[20:30].any(), loud[30:40].all(), loud[40:].any()) == (False, True, False)
    assert [
        note.startswith("nothing can be said of 8 s, in which it shows a view") for note in notes
    ] == [True]
    _, (note,) = score([unknown] * 40)
    assert note.startswith("nothing can be said of 4 s")
    assert score([day] * 20 + [night] * 20)[1] == []


@pytest.mark.parametrize(
    ("only", "labelled", "all_scores"),
    [
        (None, False, True),
        ("fused", False, True),
        ("motion", False, True),
        ("l2", False, False),
        ("l2", True, True),
    ],
)
def test_what_no_asked_score_needs_is_not_computed(detector, img, only, labelled, all_scores):
    (video,) = videos.stored_videos(img)
    if not labelled:
        video = dataclasses.replace(video, read_labels=lambda: None)
    levels = dict.fromkeys(LOCAL_SCORES, np.ones((8, 8), np.float32))
    normality = Normality(levels, dict.fromkeys(LOCAL_SCORES, learn_surprise(np.arange(9.0))))
    calibration = dataclasses.replace(detector.calibration, cameras={video.camera: normality})
    alarm = None if only is None else Alarm(only, 1.0, 1.0)
    scored, _ = score_video(
        dataclasses.replace(detector, calibration=calibration), video, Wanted(alarm)
    )
    names = {*SCORES, *LOCAL_SCORES, FUSED} if all_scores else set(SCORES)
    assert set(scored.causal) == names


def test_the_threshold_is_the_calibrated_one(detector):
    assert detector.calibration.threshold("gradient") == 0.25
    with pytest.raises(AbnormalError, match=r"not calibrated for the score 'motion'.*--calibrate"):
        detector.calibration.threshold("motion")


@pytest.mark.parametrize("runtime", ["auto", *RUNTIMES])
def test_every_runtime_gives_what_the_network_gives(model_path, network, runtime):
    if runtime.startswith("openvino"):
        pytest.importorskip("openvino", reason="OpenVINO is not installed")
    detector = open_detector(model_path, "a", runtime)
    clips = np.random.default_rng(0).random((2, *network.input_shape[1:]), np.float32)
    outputs = detector.reconstruct(clips)
    tolerance = 1e-2 if runtime == "openvino-bfloat16" else 1e-5
    np.testing.assert_allclose(outputs, network.predict_on_batch(clips), atol=tolerance)
    assert (outputs.shape, outputs.dtype) == (clips.shape, np.float32)
    assert detector.runtime == ("keras" if runtime == "auto" else runtime)


def test_models_are_named_after_their_files(model_path, tmp_path):
    paths = [tmp_path / "a.h5", tmp_path / "b" / "c.h5", tmp_path / "d" / "c.h5"]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(model_path.read_bytes())
    detectors = open_detectors(paths, "auto")
    assert list(detectors) == ["a", str(paths[1]), str(paths[2])]
    assert [detector.name for detector in detectors.values()] == list(detectors)


@pytest.mark.parametrize("times", [1, 3, 10, 30])
def test_a_zone_covers_each_pixel_that_it_touches_and_no_other(detector, times):
    size = detector.info.size
    zone = np.zeros((times * size, times * size), bool)
    zone[: times + 1, -1] = True  # the last column of one row of pixels, and a little of the next
    covered = np.zeros((size, size), bool)
    covered[:2, -1] = True
    assert np.array_equal(detector.at_size(zone), covered)


def test_a_threshold_of_boxes_is_the_one_of_the_camera(detector):
    auto = Localiser(box_threshold=None)
    assert detector.localiser(Localiser(), "gate") == Localiser()
    with pytest.raises(AbnormalError, match="small has no --box-threshold auto for boxes of 4"):
        detector.localiser(auto, "gate")
    calibration = dataclasses.replace(
        detector.calibration, box_thresholds={"gate": 700.0, "yard": 800.0}
    )
    known = dataclasses.replace(detector, calibration=calibration)
    assert known.localiser(auto, "yard").box_threshold == 800
    for asked, camera in ((auto, "hall"), (auto._replace(box_size=2), "yard")):
        with pytest.raises(AbnormalError, match="or give a number, such as 1020"):
            known.localiser(asked, camera)


def calibrated(detector, counts, hours=1 / 3, **frames):
    """A model with these false alarms, and cameras with so many frames of normal footage."""
    surprise = learn_surprise(np.arange(9.0))
    levels = dict.fromkeys(LOCAL_SCORES, np.ones((8, 8), np.float32))
    cameras = {
        name: Normality(
            levels, dict.fromkeys(LOCAL_SCORES, dataclasses.replace(surprise, frames=count))
        )
        for name, count in frames.items()
    }
    alarms = FalseAlarms(hours, (*counts, *[0] * (len(COUNTED_SURPRISES) - len(counts))))
    calibration = dataclasses.replace(
        detector.calibration, cameras=cameras, false_alarms={FUSED: alarms}
    )
    return dataclasses.replace(detector, calibration=calibration)


def test_a_camera_that_is_too_short_for_the_rate_is_named(detector, caplog):
    counts = (*range(19, 0, -1),)
    pools = [
        Pool((name,), {}, {FUSED: FalseAlarms(hours, counts)}, 9, (name,), held_out=False)
        for name, hours in (("gate", 2.0), ("lobby", 0.5))
    ]
    known = calibrated(detector, (), gate=10**9, lobby=10**9).calibration
    known = dataclasses.replace(known, false_alarms=combine(pools).false_alarms, pools=tuple(pools))
    detector = dataclasses.replace(detector, calibration=known)
    detector.alarm(FUSED, per_hour=2.0)
    (said,) = caplog.messages
    assert "small (camera lobby) has less than 1.5 hours of normal footage" in said
    assert "cannot promise 2 false alarms an hour of a camera" in said
    caplog.clear()
    detector.alarm(FUSED, per_hour=6.0)
    assert caplog.messages == []


TWENTY_MINUTES = (40, 30, 22, 15, 10, 6, 4, 2, 1)


@pytest.mark.parametrize(
    ("asked", "silent"),
    [
        ({}, ""),
        ({"per_hour": 1000}, ""),
        ({"per_hour": 9}, "appearance"),
        ({"per_hour": 1}, "place, change, appearance"),
        ({"per_hour": 0.1}, "place, stay, change, appearance"),
        ({"threshold": 3.98}, "place, stay, change, appearance"),
    ],
)
def test_scores_that_cannot_raise_an_alarm_are_named(detector, caplog, asked, silent):
    """Twenty minutes at five frames a second: the logarithm of the frames is 3.78."""
    alarm = calibrated(detector, TWENTY_MINUTES, gate=6000).alarm(FUSED, **asked)
    said = [m for m in caplog.messages if "cannot raise an alarm" in m]
    if silent:
        (message,) = said
        assert f"At a threshold of {alarm.threshold:.4g}, " in message
        assert f"too little normal footage for them: {silent}. Calibrate on more" in message
    else:
        assert said == []


def test_cameras_with_too_little_footage_for_a_score_are_named(detector, caplog):
    several = calibrated(detector, TWENTY_MINUTES, gate=600, yard=10**6, hall=6000, door=600)
    several.alarm(FUSED, 2.5)
    (message,) = caplog.messages
    assert (
        "place, stay, change, appearance (camera gate, door); appearance (camera hall)" in message
    )


@pytest.mark.parametrize(("strong", "says"), [(3, False), (9, True)])
def test_a_threshold_beyond_all_counted_ones_is_called_an_extrapolation(
    detector, caplog, strong, says
):
    """Three hours with some strong events, asked for two an hour."""
    counts = [max(strong, round(3000 * 10**-t)) for t in COUNTED_SURPRISES]
    alarm = calibrated(detector, counts, 3.0, gate=10**9).alarm(FUSED, per_hour=2)
    assert (alarm.threshold > COUNTED_SURPRISES[-1]) == says
    assert len(caplog.messages) == says
    for message in caplog.messages:
        assert "threshold for 2 false alarms an hour is an extrapolation" in message
        assert "up to a surprise of 5." in message
