"""One camera of several is calibrated again."""

import contextlib
import dataclasses
import json
from pathlib import Path

import keras
import numpy as np
import pytest

from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.frames.manifest import write_manifest, write_record
from abnormal.inference.videos import InputVideo, ModelFrames
from abnormal.models.lazy_network import LazyNetwork
from abnormal.models.model import ModelInfo, TrainedModel
from abnormal.models.model_file import read_model, save_model
from abnormal.names import FUSED
from abnormal.scoring.calibration import Calibration, read_calibration
from abnormal.scoring.dismissal import Dismissal
from abnormal.scoring.false_alarms import COUNTED_SURPRISES, FalseAlarms
from abnormal.scoring.normality import Normality
from abnormal.scoring.surprise import learn_surprise
from abnormal.training import recalibrate as module
from abnormal.training.choose_camera import choose_videos
from abnormal.training.recalibrate import merged, recalibrate, with_known_rate

FOLDER = Path("day")


def of(*cameras, events, pools=(), frames=100):
    surprise = learn_surprise(np.arange(frames) * 1.0)
    normality = Normality({"motion": np.full((2, 2), events, np.float32)}, {"motion": surprise})
    return Calibration(
        surprises={"l2": surprise},
        false_alarms={FUSED: FalseAlarms(1.0, (events,) * len(COUNTED_SURPRISES))},
        cameras=dict.fromkeys(cameras, normality),
        frames=frames,
        videos=tuple(f"{camera}/1" for camera in cameras),
        held_out=True,
        exams={camera: {"large": (events, 9)} for camera in cameras},
        box_thresholds=dict.fromkeys(cameras, float(events)),
        pools=pools,
    )


def two_cameras():
    pools = (*of("gate", events=1).all_pools, *of("yard", events=2).all_pools)
    known = dataclasses.replace(of("gate", "yard", events=3), pools=pools)
    entry = {"event": "e", "camera": "gate"}
    others = Dismissal({**entry, "camera": "yard"}, {"motion": np.full((2, 2), 7, np.float32)})
    return known.with_dismissed([Dismissal(entry, others.levels), others])


def read_again(known):
    return read_calibration(json.loads(json.dumps(known.as_dict())), known.arrays)


def facts(known):
    """For each camera its level; and the events and hours of all."""
    levels = {name: float(camera.levels["motion"][0, 0]) for name, camera in known.cameras.items()}
    alarms = known.false_alarms[FUSED]
    return levels, alarms.counts[0], alarms.hours


def test_another_camera_keeps_what_is_normal_and_what_was_counted():
    known = read_again(merged(two_cameras(), of("gate", events=10)))
    assert facts(known) == ({"gate": 10, "yard": 7}, 10 + 2, 2.0)
    assert [event.camera for event in known.dismissed] == ["yard"]
    assert known.exams == {"gate": {"large": (10, 9)}, "yard": {"large": (3, 9)}}
    assert known.box_thresholds == {"gate": 10, "yard": 3}
    assert set(known.videos) == {"gate/1", "yard/1"}
    again = merged(known, of("yard", events=20))
    assert facts(again) == ({"gate": 10, "yard": 20}, 30, 2.0)
    new = read_again(merged(again, of("lawn", events=5)))
    assert facts(new) == ({"gate": 10, "yard": 20, "lawn": 5}, 35, 3.0)


def test_a_camera_is_calibrated_again_with_all_its_regimes():
    night = "gate (regime 2)"
    both = merged(two_cameras(), of("gate", night, events=10))
    entry = {"event": "n", "camera": night}
    both = both.with_dismissed([*both.dismissed, Dismissal(entry, {})])
    assert both.regimes("gate") == ["gate", night]
    again = read_again(merged(both, of("gate", events=20)))
    assert facts(again) == ({"gate": 20, "yard": 7}, 20 + 2, 2.0)
    assert [event.camera for event in again.dismissed] == ["yard"]
    assert set(again.exams) == {"gate", "yard"}


def test_older_models_keep_what_was_counted_until_all_their_cameras_are_calibrated_again():
    known = read_again(merged(of("gate", "yard", events=3), of("gate", events=10)))
    assert facts(known) == ({"gate": 10, "yard": 3}, 13, 2.0)
    known = read_again(merged(known, of("yard", events=20)))
    assert facts(known) == ({"gate": 10, "yard": 20}, 30, 2.0)


def test_the_only_camera_is_calibrated_from_nothing_but_the_footage(caplog):
    caplog.set_level("INFO", "abnormal")
    for name in ("", "gate"):
        known = merged(of("", events=3), of(name, events=10))
        assert facts(known) == ({name: 10}, 10, 1.0)
        assert known.pools == ()
        assert list(known.exams) == [name]
    assert caplog.messages == ["note: the camera of the model had no name; it is gate now"]


def test_a_model_that_was_not_calibrated_knows_the_cameras_of_the_footage():
    fresh = of("gate", "yard", events=3)
    assert facts(merged(read_calibration({}, {}), fresh)) == facts(fresh)


def videos(*cameras):
    return [InputVideo(f"{n}", lambda *_: None, camera=c) for n, c in enumerate(cameras)]


@pytest.mark.parametrize(
    ("cameras", "camera", "known", "chosen"),
    [
        (("", ""), "", (), ("", "")),
        (("", ""), "", ("",), ("", "")),
        (("", ""), "", ("gate",), ("gate", "gate")),
        (("", ""), "yard", ("gate", "yard"), ("yard", "yard")),
        (("",), "lawn", ("gate", "yard"), ("lawn",)),
        (("gate", "yard"), "", ("gate", "yard"), ("gate", "yard")),
        (("gate", "yard"), "yard", ("gate", "yard"), ("yard",)),
        (("gate", ""), "gate", ("gate", "yard"), ("gate",)),
        (("lawn",), "", ("gate",), ("lawn",)),
        (("lawn",), "", ("",), ("lawn",)),
    ],
)
def test_each_video_gets_the_camera_that_is_meant(cameras, camera, known, chosen):
    found = choose_videos(videos(*cameras), camera, known, FOLDER)
    assert tuple(video.camera for video in found) == chosen


@pytest.mark.parametrize(
    ("cameras", "camera", "known", "says"),
    [
        (
            ("",),
            "",
            ("gate", "yard"),
            "cameras 'gate', 'yard', .* Name one with --camera",
        ),
        (("",), "", ("", "gate"), "knows the cameras '', 'gate'"),
        (("gate",), "yard", ("yard",), "day has no footage of the camera 'yard', only of 'gate'"),
        (("gate", ""), "", ("gate",), "but 1 is of a camera without a name"),
        (
            ("gate", "yard"),
            "",
            ("",),
            "which has no name, and day has footage of 'gate', 'yard'",
        ),
    ],
)
def test_what_is_not_clear_is_asked_for(cameras, camera, known, says):
    with pytest.raises(AbnormalError, match=says):
        choose_videos(videos(*cameras), camera, known, FOLDER)


def ten_a_second(size, fps):
    return contextlib.nullcontext(ModelFrames(iter([]), 10.0))


def test_a_network_that_keras_alone_has_written_gets_the_rate_of_the_footage(tmp_path):
    network = LazyNetwork("digest", [], keras.Sequential)
    for versions, fps in (({}, 10.0), ({"keras": "3.10"}, 25.0)):
        info = ModelInfo("own", 4, 16, 25.0, versions=versions)
        model = TrainedModel(network, info, tmp_path / "model.h5")
        known = with_known_rate(model, InputVideo("01", ten_a_second))
        assert known.info.fps == fps
        assert known.info.versions


def test_a_network_that_came_meanwhile_gets_no_levels_of_the_old_one(
    tmp_path, make_img, monkeypatch
):
    make_img(tmp_path / "img", {"training/01": 12})
    path, info = tmp_path / "model.h5", ModelInfo("cae", 2, 16, 25.0, versions={"keras": "3"})

    def train(*_):
        network = keras.Sequential([keras.Input((2, 16, 16, 1)), keras.layers.Conv3D(1, 1)])
        save_model(path, network, info)
        return of("", events=1)

    train()
    monkeypatch.setattr(module, "_calibrate", train)
    with pytest.raises(AbnormalError, match="has another network now"):
        recalibrate(path, tmp_path / "img")
    assert not read_model(path).info.calibration


@pytest.fixture
def saved(tmp_path):
    """The path of a model for 25 frames a second."""
    network = keras.Sequential([keras.Input((2, 16, 16, 1)), keras.layers.Conv3D(1, 1)])
    save_model(tmp_path / "m.h5", network, ModelInfo("cae", 2, 16, 25.0, versions={"keras": "3"}))
    return tmp_path / "m.h5"


@pytest.mark.parametrize(("fps", "is_refused"), [(5.0, True), (50.0, True), (25.4, False)])
def test_frames_of_another_rate_are_refused_before_anything_is_measured(
    saved, tmp_path, make_img, monkeypatch, caplog, fps, is_refused
):
    caplog.set_level("INFO", "abnormal")
    img, before = tmp_path / "img", saved.read_bytes()
    _, slow = make_img(img, {"training/01": 12, "training/02": 12})
    write_record(slow.folder(img), dataclasses.replace(slow, fps=fps))
    write_manifest(img)
    measured = []

    def calibrate(model, videos, old):
        for video in videos:
            with video.open_frames() as frames:
                measured.append(len(list(frames)))
        return of("", events=1)

    monkeypatch.setattr(module, "split_regimes", lambda videos, fps: videos)
    monkeypatch.setattr(module, "_calibrate", calibrate)
    if not is_refused:
        recalibrate(saved, img)
        assert measured == [12, 12]
        assert not [line for line in caplog.messages if "--source" in line]
        return
    says = rf"02 in .*img has {fps:g} frames a second.* from 25\. .*--calibrate VIDEOS.* --fps 25`"
    with pytest.raises(AbnormalError, match=says):
        recalibrate(saved, img)
    assert not measured
    assert saved.read_bytes() == before


def test_a_model_file_that_cannot_be_written_is_noticed_before_anything_is_measured(
    saved, tmp_path, make_img, monkeypatch
):
    make_img(tmp_path / "img", {"training/01": 12})
    monkeypatch.setattr(module, "_calibrate", lambda *_: pytest.fail("it calibrates"))
    (tmp_path / "disk").mkdir()
    (tmp_path / "link.h5").symlink_to(saved.rename(tmp_path / "disk" / "m.h5"))
    here = [tmp_path]
    monkeypatch.setattr("abnormal.replacing.os.access", lambda folder, _: folder in here)
    with pytest.raises(CannotWriteError, match=r"link\.h5 cannot be written"):
        recalibrate(tmp_path / "link.h5", tmp_path / "img")
