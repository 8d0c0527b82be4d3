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
from abnormal.scoring.calibration import ALARM  # noqa: E402

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
    assert (table["alarm"] == (table["score"] > ALARM)).all()
    assert np.isfinite(table["error"]).all()


def test_a_threshold_and_a_score_of_ones_own(model, img):
    table = abnormal.score_video(model, img / "testing" / "cart" / "03", "difference", 0.0)

    assert (table["alarm"] == (table["score"] > 0)).all()


def test_labels_become_figures(model, img):
    figures = abnormal.evaluate(model, img)

    assert figures["labelled_frames"] == 2 * FRAMES
    assert 0 <= figures["scores"]["gradient"]["micro_raw"]["auc"] <= 1
    assert figures["situations"]["normal"]["micro_raw"] is None
    assert figures["localisation"]["frames"] == 2 * FRAMES


def test_what_is_no_model_is_an_error_that_can_be_caught(tmp_path):
    with pytest.raises(abnormal.AbnormalError, match="no model file"):
        abnormal.load(tmp_path / "missing.h5")
