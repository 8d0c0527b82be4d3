import dataclasses
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest

import abnormal
from abnormal.datasets.demo import find_demo
from abnormal.datasets.extract import extract
from abnormal.frames.manifest import write_manifest
from abnormal.models.backend import start_backend

start_backend()

import keras  # noqa: E402

from abnormal.cli.train import main  # noqa: E402
from abnormal.frames.clips import epoch_clips, to_input  # noqa: E402
from abnormal.frames.manifest import read_manifest  # noqa: E402
from abnormal.frames.reader import read_frames, read_labels, read_masks  # noqa: E402
from abnormal.models.model import ModelInfo  # noqa: E402
from abnormal.models.model_file import save_model  # noqa: E402
from abnormal.models.networks import NETWORKS  # noqa: E402
from abnormal.scoring.calibration import ALARM_SURPRISE  # noqa: E402
from abnormal.training.choices import make_options  # noqa: E402

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


def test_a_path_in_place_of_a_model_is_said():
    with pytest.raises(abnormal.AbnormalError, match=r"Expected: abnormal\.load\('gate\.h5'\)"):
        abnormal.score_video("gate.h5", "gate.mp4")


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


def test_importing_the_package_imports_nothing_heavy():
    heavy = "('av', 'cv2', 'h5py', 'keras', 'matplotlib', 'numpy', 'pandas', 'tensorflow')"
    code = f"import abnormal, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_events_come_with_the_scores(model, img):
    table = abnormal.score_video(model, img / "testing" / "cart" / "03", "l2", 0.0)
    assert table.events.iloc[0]["end_frame"] <= FRAMES
    assert not hasattr(table.head(), "event")


def test_clips_are_those_that_training_draws(img):
    data = abnormal.clips(img, length=LENGTH, strides=(1, 2), seed=5, epoch=3, batch_size=3)
    again = abnormal.clips(img, length=LENGTH, strides=(1, 2), seed=5, epoch=3)
    records = read_manifest(img, "training")
    lengths = [record.frames for record in records]
    assert list(data.clips) == epoch_clips(lengths, LENGTH, (1, 2), 5, 3)
    inputs, targets = data.as_numpy()
    assert inputs.shape == (len(data.clips), LENGTH, SIZE, SIZE, 1)
    assert (inputs.dtype, inputs.min() >= 0, inputs.max() <= 1) == (np.float32, True, True)
    assert np.array_equal(inputs, targets)
    assert np.array_equal(inputs, again.as_numpy()[0])
    assert np.array_equal(inputs, np.concatenate([batch for batch, _ in data.as_tf_data()]))
    assert np.array_equal(inputs[-1], data[len(data) - 1][0][-1])
    video, first, stride = data.clips[0]
    frames = list(read_frames(img, records[video], None))[first::stride][:LENGTH]
    assert np.array_equal(inputs[0, ..., 0], to_input(np.stack(frames)))
    with pytest.raises(IndexError):
        data[len(data)]


def test_labels_and_masks_are_those_of_the_clips(img):
    said = {"split": "testing", "length": LENGTH, "strides": (1, 3), "seed": 2}
    labels, masks = (
        abnormal.clips(img, **said, targets=targets) for targets in ("labels", "masks")
    )
    assert labels.clips == masks.clips
    records = read_manifest(img, "testing")
    (_, of_labels), (_, of_masks) = labels.as_numpy(), masks.as_numpy()
    assert of_masks.shape == (len(masks.clips), LENGTH, SIZE, SIZE, 1)
    assert 0 < of_masks.sum() < of_masks.size
    for clip, label, mask in zip(labels.clips, of_labels, of_masks, strict=True):
        numbers = range(clip.start, clip.start + LENGTH * clip.stride, clip.stride)
        record = records[clip.video]
        assert label.tolist() == [read_labels(img, record)[number] for number in numbers]
        assert np.array_equal(mask[..., 0], read_masks(img, record)[list(numbers)])
    _, of_training = abnormal.clips(img, length=LENGTH, targets="labels")[0]
    assert not of_training.any()
    in_order = abnormal.clips(img, length=LENGTH, seed=None)
    assert [clip.start for clip in in_order.clips] == [*range(0, FRAMES, LENGTH)]


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"targets": "boxes"}, "no targets 'boxes'. Expected one of: clips, labels, masks"),
        ({"split": "test"}, "no split 'test'"),
        ({"length": 100}, "No training video .* has the 100 frames of a clip"),
    ],
)
def test_clips_that_cannot_be_had_are_said(img, choices, said):
    with pytest.raises(abnormal.AbnormalError, match=said):
        abnormal.clips(img, **choices)


def test_clips_of_a_split_without_videos_are_said(img, tmp_path):
    shutil.copytree(img / "training", tmp_path / "training")
    write_manifest(tmp_path)
    with pytest.raises(abnormal.AbnormalError, match="There is no testing video"):
        abnormal.clips(tmp_path, "testing")


def flat(*shape):
    return keras.Sequential([keras.Input(shape), keras.layers.Flatten()])


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"network": "unet"}, "no network 'unet'. Expected one of: spatiotemporal, cae"),
        ({"loss": "mean"}, "no loss 'mean'. Expected one of: mse"),
        ({"epochs": 0}, "epochs is 0, but a whole number from 1"),
        ({"validation": 1.0}, "validation is 1.0"),
        ({"precision": "half"}, "no precision 'half'"),
        ({"network": flat(4)}, "takes .None, 4.. Expected: clips"),
        ({"network": flat(4, 35, 35, 1), "size": 40}, "made for size=35, but 40 is asked for"),
    ],
)
def test_what_cannot_be_trained_is_said_before_anything_is_read(tmp_path, choices, said):
    with pytest.raises(abnormal.AbnormalError, match=said):
        abnormal.train(tmp_path, tmp_path / "model.h5", **choices)


def test_a_run_takes_the_sizes_of_the_model_that_it_starts_from(model, img, tmp_path):
    path = tmp_path / "street.keras"
    save_model(path, NETWORKS["spatiotemporal"](LENGTH, SIZE), INFO)
    options = make_options(img, tmp_path / "m.h5", None, "mse", {"init": path})
    assert (options.arch, options.clip_length, options.size) == ("spatiotemporal", LENGTH, SIZE)
    with pytest.raises(abnormal.AbnormalError, match=r"size 35, but --size 40 is asked for"):
        make_options(img, tmp_path / "m.h5", None, "mse", {"init": path, "size": 40})


def test_frames_that_cannot_be_made_are_said(tmp_path, make_pictures):
    with pytest.raises(abnormal.AbnormalError, match="no dataset 'avenu'"):
        abnormal.preprocess(tmp_path, tmp_path / "img", "avenu")
    with pytest.raises(abnormal.AbnormalError, match="size is 0"):
        abnormal.preprocess(tmp_path, tmp_path / "img", size=0)
    make_pictures(tmp_path / "videos" / "good")
    (tmp_path / "videos" / "bad.mp4").write_text("no video")
    (tmp_path / "videos" / "labels.csv").write_text("video,start_frame,end_frame\ngoof,1,2\n")
    with (
        pytest.warns(UserWarning, match="bad"),
        pytest.warns(UserWarning, match="names goof: there is no such video"),
    ):
        table = abnormal.preprocess(tmp_path / "videos", tmp_path / "img", size=16, fps=25)
    assert table.set_index("video")["status"].to_dict() == {"bad": "left out", "good": "written"}


def test_a_watch_that_is_left_ends(model, make_video, tmp_path):
    events = abnormal.watch(
        model, make_video(tmp_path / "gate.mp4", 12), output=tmp_path / "results", threshold=-99.0
    )
    assert next(events).state == "opened"
    events.close()
    assert "watch" not in [thread.name for thread in threading.enumerate()]
    assert (tmp_path / "results" / "events.jsonl").is_file()
    with pytest.raises(abnormal.AbnormalError, match="no score 'fuzed'"):
        abnormal.watch(model, 0, score="fuzed")
