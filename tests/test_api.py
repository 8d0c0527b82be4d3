import dataclasses

import numpy as np
import pytest

import abnormal
from abnormal.datasets.demo import find_demo
from abnormal.datasets.extract import extract
from abnormal.frames.manifest import write_manifest
from abnormal.models.backend import start_backend

start_backend()

from abnormal.cli.train import main  # noqa: E402
from abnormal.models.model_file import ModelInfo, save_model  # noqa: E402
from abnormal.models.networks import NETWORKS  # noqa: E402
from abnormal.scoring.calibration import ALARM_SURPRISE  # noqa: E402

SIZE, LENGTH, FRAMES = 35, 4, 40
INFO = ModelInfo("spatiotemporal", LENGTH, SIZE, 25.0)


@pytest.fixture(scope="module")
def model(tmp_path_factory, img):
    path = tmp_path_factory.mktemp("model") / "street.h5"
    save_model(path, NETWORKS["spatiotemporal"](LENGTH, SIZE), INFO)
    assert main(["--calibrate", str(img), "--output", str(path)]) == 0
    return abnormal.load(path)


@pytest.fixture(scope="module")
def img(tmp_path_factory):
    folder = tmp_path_factory.mktemp("street") / "img"
    for video in find_demo(training_clips=1, clip_frames=FRAMES):
        if video.name.startswith(("01", "cart", "normal")):
            assert not extract(video, folder, SIZE, None).problem
    write_manifest(folder)
    return folder


def test_a_video_becomes_a_table_with_a_row_per_frame(model, img):
    table = abnormal.score_video(model, img / "testing" / "cart" / "03")

    assert len(table) == FRAMES
    assert (table["model"] == "street").all()
    assert (table["alarm"] == (table["score"] > ALARM_SURPRISE)).all()
    assert np.isfinite(table["error"]).all()


def test_a_threshold_and_a_score_of_ones_own(model, img):
    table = abnormal.score_video(model, img / "testing" / "cart" / "03", "difference", 0.0)

    assert (table["alarm"] == (table["score"] > 0)).all()


def test_a_rate_and_a_threshold_make_the_alarm(model, img):
    source = img / "testing" / "cart" / "03"
    for rate in (1.0, 1e5):
        table = abnormal.score_video(model, source, false_alarms_per_hour=rate)
        limit = model.calibration.threshold("fused", rate)
        assert (table["alarm"] == (table["score"] > limit)).all()
    assert model.calibration.threshold("fused", 1.0) > limit
    with pytest.raises(abnormal.AbnormalError, match="Leave one of the two out"):
        abnormal.score_video(model, source, threshold=1.0, false_alarms_per_hour=1.0)


@pytest.mark.parametrize("score", ["fused", "l2"])
def test_events_have_a_row_each(model, img, score):
    source = img / "testing" / "cart" / "03"
    table = abnormal.score_video(model, source, score, 0.0)
    events = abnormal.find_events(model, source, score, 0.0)
    first = events.iloc[0]
    assert first["start_frame"] == table.index[table["alarm"] == 1][0]
    assert first["peak_score"] == table["score"][first["peak_frame"]]
    assert 0 <= first["left"] < first["left"] + first["width"] <= 1


@pytest.mark.parametrize("source", [0, None, ["a.mp4"]])
def test_what_is_no_path_is_said(model, source):
    with pytest.raises(abnormal.AbnormalError, match=r"is no path\. Expected: a video file"):
        abnormal.score_video(model, source)


def test_a_score_that_is_not_known_is_said(model, img):
    with pytest.raises(abnormal.AbnormalError, match=r"'fuzed'.*Expected one of: fused"):
        abnormal.score_video(model, img / "testing" / "cart" / "03", "fuzed", 1.0)


def test_of_several_cameras_one_has_to_be_named(model, img):
    normality = model.calibration.normality("")
    two = dataclasses.replace(model.calibration, cameras={"gate": normality, "door": normality})
    both, source = dataclasses.replace(model, calibration=two), img / "testing" / "cart" / "03"
    with pytest.raises(abnormal.AbnormalError, match="knows the cameras 'door', 'gate'"):
        abnormal.score_video(both, source)
    assert len(abnormal.score_video(both, source, camera="door")) == FRAMES


def test_a_broken_video_costs_the_others_nothing(model, img, tmp_path):
    (tmp_path / "broken.mp4").write_text("no video")
    with pytest.raises(abnormal.AbnormalError, match="broken"):
        abnormal.score_video(model, tmp_path)
    (tmp_path / "cart").symlink_to(img / "testing" / "cart" / "03")
    with pytest.warns(UserWarning, match="broken is left out"):
        table = abnormal.score_video(model, tmp_path)
    assert len(table) == FRAMES


def test_labels_become_figures(model, img):
    figures = abnormal.evaluate(model, img)

    assert figures["labelled_frames"] == 2 * FRAMES
    assert 0 <= figures["scores"]["gradient"]["micro_raw"]["auc"] <= 1
    assert figures["situations"]["normal"]["micro_raw"] is None
    assert figures["localisation"]["frames"] == 2 * FRAMES


def test_what_is_no_model_is_an_error_that_can_be_caught(tmp_path):
    with pytest.raises(abnormal.AbnormalError, match="no model file"):
        abnormal.load(tmp_path / "missing.h5")
