"""What an operator does about alarms: calibrate, ask for a rate, dismiss, shut out a zone."""

import json
import shutil

import numpy as np
import pandas as pd
import PIL.Image
import pytest

from abnormal.cli import test, train
from abnormal.datasets.demo import find_demo
from abnormal.datasets.extract import extract
from abnormal.frames.manifest import write_manifest
from abnormal.models.backend import start_backend

start_backend()

import dataclasses  # noqa: E402

from abnormal.models.model import ModelInfo  # noqa: E402
from abnormal.models.model_file import load_model, save_model  # noqa: E402
from abnormal.models.networks import NETWORKS  # noqa: E402

SIZE, LENGTH, FRAMES = 99, 4, 100
INFO = ModelInfo("spatiotemporal", LENGTH, SIZE, 25.0)
LOW = ("--threshold", 1)  # twelve seconds of footage make nothing more of a surprise than that


def make_img(folder, cameras=("street",)):
    """The drawn street, as often as there are cameras."""
    for video in find_demo(training_clips=3, clip_frames=FRAMES):
        if not video.name.startswith(("0", "cart", "cyclist", "runner")):
            continue
        for camera in cameras:
            name = video.name if cameras == ("street",) else f"{camera}/{video.name}"
            copy = dataclasses.replace(video, name=name, camera=camera)
            assert not extract(copy, folder, SIZE, None).problem
    write_manifest(folder)
    return folder


@pytest.fixture(scope="module")
def img(tmp_path_factory):
    return make_img(tmp_path_factory.mktemp("street") / "img")


@pytest.fixture(scope="module")
def calibrated(img, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "street.h5"
    save_model(
        path,
        NETWORKS["spatiotemporal"](LENGTH, SIZE),
        INFO,
    )
    assert train.main(["--calibrate", str(img), "--output", str(path)]) == 0
    return path


@pytest.fixture
def model(calibrated, tmp_path):
    return shutil.copy(calibrated, tmp_path / "street.h5")


@pytest.fixture
def score(img, tmp_path):
    """Scores the test videos and gives the events."""

    def run(model, *options, code=0):
        output = tmp_path / "results"
        arguments = ["--model", model, "--output", output, "--no-figures"]
        arguments += [] if "--source" in options else ["--img", img]
        assert test.main([*map(str, arguments), "--runtime", "keras", *map(str, options)]) == code
        return pd.read_csv(output / "events.csv", dtype={"video": str}) if not code else None

    return run


def test_an_event_that_was_dismissed_is_none_any_more(model, img, score, tmp_path, capsys):
    before = score(model, *LOW)
    first, others = before.iloc[0], before[before["video"] != before["video"].iloc[0]]
    assert len(others)
    old = load_model(model)

    dismissal = ("--dismiss", f"{first['video']}:{first['event']}", *LOW)
    score(model, *dismissal)

    assert "with 1 dismissed event" in capsys.readouterr().out
    score(model, *dismissal, code=1)
    assert "dismissed already" in capsys.readouterr().err
    after = score(model, *LOW)
    same = after[after["video"] == first["video"]]
    overlapping = same[same["start_frame"].between(first["start_frame"], first["end_frame"])]
    assert overlapping.empty
    kept = after[after["video"] != first["video"]]
    assert kept["start_frame"].tolist() == others["start_frame"].tolist()
    new = load_model(model)
    (entry,) = new.info.calibration["dismissed"]
    assert (entry["video"], entry["first_frame"]) == (first["video"], first["start_frame"])
    for ours, theirs in zip(new.network.get_weights(), old.network.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)

    score(model, *dismissal, "--undo")
    capsys.readouterr()
    undone = load_model(model)
    assert undone.info.calibration == old.info.calibration
    (camera,) = old.arrays
    for name, array in old.arrays[camera].items():
        assert np.array_equal(undone.arrays[camera][name], array)
    score(model, *dismissal, "--undo", code=1)
    assert "is not dismissed" in capsys.readouterr().err


@pytest.mark.parametrize("wanted", ["cyclist/02:99", "cyclist/02", "nowhere:1", ""])
def test_an_event_that_is_not_there_changes_nothing(model, score, capsys, wanted):
    score(model)
    before = model.read_bytes()
    code = (
        test.main(
            ["--model", str(model), "--output", str(model.parent / "results"), "--dismiss", wanted]
        )
        if wanted
        else 1
    )
    assert code == 1
    assert model.read_bytes() == before
    if wanted:
        assert "Expected one, as VIDEO:EVENT" in capsys.readouterr().err


def test_what_is_in_an_ignored_zone_raises_no_alarm(model, score, tmp_path, capsys):
    everywhere = score(model, *LOW)
    zone = np.zeros((40, 60), np.uint8)
    zone[:, 1:] = 255  # all but a stripe at the left
    PIL.Image.fromarray(zone).save(tmp_path / "zone.png")
    stripe = score(model, *LOW, "--ignore-zone", tmp_path / "zone.png")
    assert len(stripe) < len(everywhere)
    assert (stripe["left"] < 0.1).all()

    PIL.Image.new("L", (8, 8), 255).save(tmp_path / "white.png")
    (tmp_path / "text.png").write_text("no picture")
    for name, says in {"white": "white everywhere", "text": "cannot be read"}.items():
        score(model, "--ignore-zone", tmp_path / f"{name}.png", code=1)
        assert says in capsys.readouterr().err


def test_more_is_promised_than_the_footage_can_vouch_for(model, score, tmp_path, capsys):
    score(model, "--false-alarms-per-hour", 2)
    told = capsys.readouterr().err
    # 3 videos of 100 frames at 25 a second are 12 seconds: three by that time is 900 an hour.
    assert "0.2 minutes of normal footage" in told
    assert "cannot promise fewer than 900 false alarms an hour; the threshold for 2 is" in told
    metrics = json.loads((tmp_path / "results" / "metrics.json").read_text())["street"]
    assert metrics["alarm"]["asked_false_alarms_per_hour"] == 2
    assert metrics["alarm"]["threshold"] > 2
    assert metrics["events"]["false_alarms_per_hour"] is not None

    score(model, "--false-alarms-per-hour", 5000)
    assert "warning" not in capsys.readouterr().err


def test_a_name_that_the_only_camera_is_taken_for_is_said(model, img, score, capsys):
    source = ["--source", next((img / "testing").glob("*/*"))]
    said = []
    for camera in ("nobody", "street"):
        score(model, *source, "--camera", camera)
        said.append(capsys.readouterr().err)
    assert "knows the camera 'street' alone, which 'nobody' is taken for" in said[0]
    assert "taken for" not in said[1]


def test_a_model_of_several_cameras_wants_to_know_which(tmp_path, capsys):
    img = make_img(tmp_path / "img", ("gate/1", "door"))
    model = tmp_path / "two.h5"
    save_model(model, NETWORKS["spatiotemporal"](LENGTH, SIZE), INFO)
    assert train.main(["--calibrate", str(img), "--output", str(model)]) == 0
    assert set(load_model(model).arrays) == {"gate/1", "door"}
    source = img / "testing" / "door" / "cyclist" / "02"
    arguments = ["--model", str(model), "--source", str(source), "--runtime", "keras"]
    arguments += ["--no-figures", "--output", str(tmp_path / "results")]
    assert test.main(arguments) == 1
    assert "knows the cameras 'door', 'gate/1', but not ''" in capsys.readouterr().err
    assert test.main([*arguments, "--camera", "door"]) == 0
    assert test.main([*arguments, "--score", "gradient"]) == 0

    # Each has a threshold of its own for a rate, and the same one, as the footage is the same.
    capsys.readouterr()
    assert test.main([*arguments, "--camera", "door", "--false-alarms-per-hour", "2000"]) == 0
    alarm = json.loads((tmp_path / "results" / "metrics.json").read_text())["two"]["alarm"]
    assert set(alarm["thresholds"]) == {"door", "gate/1"}
    assert len({*alarm["thresholds"].values(), alarm["threshold"]}) == 1
    threshold = f"{alarm['threshold']:.4g}"
    assert f"fused > {threshold} (door), {threshold} (gate/1)" in capsys.readouterr().out

    # Other footage of one camera leaves the other as it is.
    before = load_model(model)
    one = make_img(tmp_path / "one", ("door",))
    calibrate = ["--calibrate", str(one), "--output", str(model), "--camera"]
    assert train.main([*calibrate, "gate/1"]) == 1
    assert "has no footage of the camera 'gate/1', only of 'door'" in capsys.readouterr().err
    assert train.main([*calibrate, "door"]) == 0
    assert "calibrated on 300 frames of 3 videos of door" in capsys.readouterr().out
    after = load_model(model)
    assert set(after.arrays) == {"gate/1", "door"}
    for name, level in after.arrays["gate/1"].items():
        assert np.array_equal(level, before.arrays["gate/1"][name])
    for shared in ("false_alarms", "frames", "positions"):  # the footage of the door is the same
        assert after.info.calibration[shared] == before.info.calibration[shared]
    assert train.main(["--camera", "door"]) == 2
    assert "--camera is for --calibrate" in capsys.readouterr().err


def test_a_calibration_that_fails_leaves_the_model_as_it_was(model, tmp_path, capsys):
    before = model.read_bytes()
    broken = tmp_path / "day"
    broken.mkdir()
    assert train.main(["--calibrate", str(broken), "--output", str(model)]) == 1
    (broken / "a.mp4").write_text("no video")
    assert train.main(["--calibrate", str(broken), "--output", str(model)]) == 1
    assert "no training video in" in capsys.readouterr().err
    assert model.read_bytes() == before


def test_a_model_from_before_there_were_calibrations_says_what_to_do(tmp_path, score, capsys):
    path = tmp_path / "older.h5"
    info = ModelInfo(
        *("spatiotemporal", LENGTH, SIZE, 25.0), calibration={"thresholds": {"gradient": 0.1}}
    )
    save_model(path, NETWORKS["spatiotemporal"](LENGTH, SIZE), info)
    score(path, code=1)
    assert "--calibrate FOLDER" in capsys.readouterr().err
    assert set(score(path, "--score", "gradient", "--threshold", 0.1)["model"]) <= {"older"}


@pytest.fixture
def of_another_version(calibrated, tmp_path):
    """The model as a program with other scores would have made it."""

    def make(change):
        model = load_model(calibrated)
        calibration = json.loads(json.dumps(model.info.calibration))
        levels = {name: dict(of_camera) for name, of_camera in model.arrays.items()}
        change(calibration["false_alarms"], calibration["surprises"])
        for name in levels:
            change(calibration["cameras"][name], levels[name])
        path = tmp_path / "other.h5"
        info = dataclasses.replace(model.info, calibration=calibration)
        save_model(path, model.network, info, None, levels)
        return path

    return make


def without(*names):
    def change(*tables):
        for table in tables:
            for name in names:
                table.pop(name, None)

    return change


def with_unknown(*tables):
    for table in tables:
        table["from_tomorrow"] = next(iter(table.values()))


@pytest.mark.parametrize("missing", ["change", "motion", "stay", "l1_local"])
def test_a_model_without_a_score_works_with_those_that_it_has(
    of_another_version, score, capsys, missing
):
    path = of_another_version(without(missing))
    assert set(score(path, *LOW)["model"]) <= {"other"}
    capsys.readouterr()
    score(path, "--score", missing, code=1)
    told = capsys.readouterr().err
    assert f"not calibrated for the score '{missing}'" in told
    assert "--calibrate FOLDER" in told
    if missing != "l1_local":  # which needs no calibration where a threshold is given
        score(path, "--score", missing, *LOW, code=1)
        assert f"not calibrated for the score '{missing}'" in capsys.readouterr().err


def test_a_model_without_any_score_that_knows_the_place_says_what_to_do(
    of_another_version, score, capsys
):
    def change(*tables):
        with_unknown(*tables)
        without("motion", "place", "stay", "change", "appearance")(*tables)

    path = of_another_version(change)
    score(path, code=1)
    assert (
        f"Calibrate it: `python train_model.py --calibrate FOLDER --output {path}`"
        in capsys.readouterr().err
    )
    score(path, "--score", "gradient")


def test_a_model_with_a_score_that_is_not_known_here_works_without_it(
    of_another_version, calibrated, score
):
    expected = score(calibrated, *LOW)
    found = score(of_another_version(with_unknown), *LOW)
    pd.testing.assert_frame_equal(found.drop(columns="model"), expected.drop(columns="model"))


@pytest.mark.parametrize("missing", ["change", "motion"])
def test_an_event_is_dismissed_in_a_model_without_a_score(
    of_another_version, score, capsys, missing
):
    path = of_another_version(without(missing))
    first = score(path, *LOW).iloc[0]
    score(path, "--dismiss", f"{first['video']}:{first['event']}", *LOW)
    assert "with 1 dismissed event" in capsys.readouterr().out
    assert missing not in load_model(path).arrays["street"]
    after = score(path, *LOW)
    same = after[after["video"] == first["video"]]
    assert same[same["start_frame"].between(first["start_frame"], first["end_frame"])].empty


def test_a_model_without_a_background_does_without_what_needs_one(
    of_another_version, score, capsys
):
    path = of_another_version(without("background"))
    assert set(score(path, *LOW)["model"]) <= {"other"}
    score(path, "--score", "stay", *LOW, code=1)
    assert "not calibrated for the score 'stay'" in capsys.readouterr().err
