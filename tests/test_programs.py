"""The three programs as a user runs them: real processes, in the layout of CUHK Avenue."""

import json
import re
import subprocess
import sys
from pathlib import Path

import av
import h5py
import numpy as np
import pandas as pd
import PIL.Image
import pytest
import scipy.io

from abnormal.cli import test, train
from abnormal.datasets.demo import find_demo
from abnormal.errors import CannotWriteError
from abnormal.names import FUSED
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.residual import SCORES

MAINS = {"train_model.py": train.main, "test_model.py": test.main}
ROOT = Path(__file__).parent.parent
FRAMES = 40
COLUMNS = ["model", "video", "frame", "time_sec", "error", "regularity", "score", "alarm", "label"]
SMALL = ["--size", "75", "--epochs", "1", "--strides", "1"]


def run(program, *options, cwd):
    return subprocess.run(
        [sys.executable, str(ROOT / program), *map(str, options)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def encode(path, video):
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container, video.open_frames() as stream:
        track = container.add_stream("mpeg4", rate=25)
        track.width, track.height, track.pix_fmt, track.bit_rate = 360, 240, "yuv420p", 4_000_000
        for frame in stream.frames:
            container.mux(track.encode(av.VideoFrame.from_ndarray(frame.image, format="gray")))
        container.mux(track.encode())


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with `avenue/`: two videos to learn from, one with a cart to test."""
    folder = tmp_path_factory.mktemp("work")
    videos = {video.name: video for video in find_demo(training_clips=2, clip_frames=FRAMES)}
    for name in ("01", "02"):
        encode(folder / "avenue" / "training_videos" / f"{name}.avi", videos[name])
    cart = next(video for name, video in videos.items() if name.startswith("cart"))
    encode(folder / "avenue" / "testing_videos" / "01.avi", cart)
    cells = np.empty((1, FRAMES), object)
    cells[0] = list(cart.annotate(FRAMES).masks)
    masks = folder / "avenue" / "ground_truth_demo" / "testing_label_mask"
    masks.mkdir(parents=True)
    scipy.io.savemat(masks / "1_label.mat", {"volLabel": cells})
    return folder


@pytest.fixture(scope="module")
def done(work):
    """The three commands of the README, one after the other."""
    return [
        run("preprocess.py", "--videos", "avenue/", cwd=work),
        run("train_model.py", *SMALL, cwd=work),
        run("test_model.py", "--model", "model.h5", cwd=work),
    ]


def test_the_three_commands_of_the_readme_end_well_and_say_nothing_foreign(done):
    assert [program.returncode for program in done] == [0, 0, 0], [p.stderr for p in done]
    for program in done:
        for foreign in ("tensorflow", "cuda", "oneDNN", "absl", "Warning", "WARNING", "E0000"):
            assert foreign not in program.stderr


def test_results_go_to_stdout_and_progress_to_stderr(done):
    preprocess, train, test = done
    assert "training: 2 videos, 80 frames" in preprocess.stdout
    assert "testing: 1 videos, 40 frames" in preprocess.stdout
    assert "epoch 1/1" in train.stderr
    assert "model: model.h5" in train.stdout
    assert "frame AUC" in test.stdout
    assert not any("%|" in program.stdout for program in done)


def test_every_frame_has_its_row(work, done):
    scores = pd.read_csv(work / "results" / "scores.csv", dtype={"video": str})

    assert list(scores.columns) == COLUMNS
    assert scores["frame"].tolist() == list(range(FRAMES))
    assert scores["time_sec"].tolist() == pytest.approx(np.arange(FRAMES) / 25)
    assert set(scores["video"]) == {"01"}
    assert scores["regularity"].between(0, 1).all()
    assert set(scores["label"]) == {0, 1}


def test_metrics_losses_and_pictures_are_there(work, done):
    metrics = json.loads((work / "results" / "metrics.json").read_text())["model"]
    assert metrics["labelled_frames"] == FRAMES
    assert set(metrics["scores"]) == {
        *(FUSED, *LOCAL_SCORES, *SCORES),
        *("regularity", "regularity_l1", "psnr"),
    }
    assert list(pd.read_csv(work / "model.losses.csv").columns) == ["epoch", "loss", "val_loss"]
    for picture in ("model.losses.png", "results/regularity/01.png", "results/histogram.png"):
        with PIL.Image.open(work / picture) as opened:
            assert opened.width > 600


def test_a_video_without_any_img_is_scored_alike(work, done, tmp_path):
    source = work / "avenue" / "testing_videos" / "01.avi"
    tables = {}
    for name, options in {"stored": [], "direct": ["--source", source]}.items():
        program = run(
            *("test_model.py", "--score", "gradient", "--no-figures"),
            *("--output", tmp_path / name, *options),
            cwd=work,
        )
        assert program.returncode == 0, program.stderr
        tables[name] = pd.read_csv(tmp_path / name / "scores.csv")

    stored, direct = tables["stored"], tables["direct"]
    assert direct["label"].isna().all()
    np.testing.assert_allclose(direct["error"], stored["error"], rtol=0.02)
    np.testing.assert_allclose(direct["score"], stored["score"], rtol=0.1, atol=0.003)
    written = sorted(path.name for path in (tmp_path / "direct").iterdir())
    assert written == [
        *("events.csv", "events.json", "localisation.csv", "metrics.json"),
        *("regularity_events.csv", "scores.csv"),
    ]


@pytest.mark.parametrize(
    ("program", "options", "says"),
    [
        ("train_model.py", ["--img", "nowhere"], r"no frames in nowhere.*preprocess\.py"),
        ("train_model.py", ["--img", "untrained"], "no training video"),
        ("train_model.py", ["--output", "avenue/training_videos/01.avi/model.h5"], "in its way"),
        ("train_model.py", ["--size", "100"], "100x100 cannot be reproduced.*99, 107"),
        ("test_model.py", ["--model", "missing.h5"], r"no model file missing\.h5.*train_model"),
        ("test_model.py", ["--model", "text.h5"], r"text\.h5 is not a model file"),
        ("test_model.py", ["--source", "missing.mp4"], r"no file or folder missing\.mp4"),
        ("test_model.py", ["--source", "empty"], "no video in empty"),
        ("test_model.py", ["--img", "untested"], "no testing video"),
        ("test_model.py", ["--output", "text.h5/results"], "in its way"),
    ],
)
def test_what_a_user_can_mend_is_one_line(work, done, monkeypatch, capsys, program, options, says):
    (work / "empty").mkdir(exist_ok=True)
    (work / "text.h5").write_text("no model")
    for name in ("untrained", "untested"):
        (work / name).mkdir(exist_ok=True)
        (work / name / "manifest.json").write_text('{"videos": []}')

    monkeypatch.chdir(work)

    code = MAINS[program](options)

    told = capsys.readouterr()
    assert code == 1
    assert re.search(says, told.err), told.err
    assert len(told.err.splitlines()) == 1
    assert told.out == ""


@pytest.fixture(scope="module")
def compared(work, done):
    """A network of single frames beside the default one, on the same video."""
    small = ["--arch", "cae", "--size", "32", "--bottleneck", "8", "--epochs", "1"]
    programs = [
        run("train_model.py", *small, "--output", "cae.h5", cwd=work),
        run(
            "test_model.py",
            *("--model", "cae.h5", "model.h5", "--output", "compared", "--score", "l1", "--panels"),
            *("--figures", "svg", "--threshold", "0.1"),  # each has an event, whatever it learnt
            cwd=work,
        ),
    ]
    assert [program.returncode for program in programs] == [0, 0], [p.stderr for p in programs]
    return work / "compared"


def test_models_of_one_and_of_ten_frames_line_up(compared):
    scores = pd.read_csv(compared / "scores.csv", dtype={"video": str})
    assert list(scores.columns) == COLUMNS
    cae, default = (scores[scores["model"] == name] for name in ("cae", "model"))
    for same in ("video", "frame", "time_sec", "label"):
        assert cae[same].tolist() == default[same].tolist()
    pixels = pd.read_csv(compared / "localisation.csv", dtype={"video": str})
    assert pixels["frame"].tolist() == [*range(FRAMES), *range(FRAMES)]
    assert pixels["true_pixels"].notna().all()


def test_the_figures_of_a_comparison(compared):
    metrics = json.loads((compared / "metrics.json").read_text())
    assert {name: tree["arch"] for name, tree in metrics.items()} == {
        "cae": "cae",
        "model": "spatiotemporal",
    }
    table = pd.read_csv(compared / "comparison.csv", index_col="figure")
    for name, tree in metrics.items():
        figures = tree["localisation"]
        assert 0.3 < figures["mask_sigmoid_cross_entropy"] < 1.4
        assert table.loc["localisation.auc", name] == pytest.approx(figures["auc"])
        auc = tree["scores"]["l1"]["micro_raw"]["auc"]
        assert table.loc["scores.l1.micro_raw.auc", name] == pytest.approx(auc)


def test_the_pictures_and_videos_of_a_comparison(compared, decoded):
    found = {str(path.relative_to(compared)) for path in compared.rglob("*.*")}
    pictures = {
        f"anomalies/{name}/01/{frame:06d}.png"
        for name in ("cae", "model")
        for frame in range(FRAMES)
    }
    assert found == pictures | {
        "anomalies/cae/01.mp4",
        "anomalies/model/01.mp4",
        "comparison.csv",
        "events.csv",
        "events.json",
        "histogram.svg",
        "localisation.csv",
        "losses.svg",
        "metrics.json",
        "regularity/01.svg",
        "report.html",
        "roc.svg",
        "regularity_events.csv",
        "scores.csv",
        "thumbnails/cae/01-1.jpg",
        "thumbnails/model/01-1.jpg",
        "videos/cae/01.mp4",
        "videos/model/01.mp4",
    }
    for kind in ("anomalies", "videos"):
        for name in ("cae", "model"):
            stream, frames, _ = decoded(compared / kind / name / "01.mp4")
            assert (len(frames), stream.average_rate) == (FRAMES, 25)
            assert np.std(frames[20]) > 20


def test_results_of_another_run_are_named_and_left_alone(work, compared):
    program = run("test_model.py", "--output", "compared", "--no-figures", cwd=work)
    assert program.returncode == 0
    assert "also has results of another run: compared/comparison.csv and " in program.stderr
    assert (compared / "videos" / "cae" / "01.mp4").exists()


def test_models_of_different_rates_are_not_compared_on_a_source(work, done):
    (work / "slow.h5").write_bytes((work / "model.h5").read_bytes())
    with h5py.File(work / "slow.h5", "a") as file:
        info = json.loads(file["abnormal/info"][()]) | {"fps": 10.0}
        del file["abnormal/info"]
        file["abnormal"]["info"] = json.dumps(info)
        del file["abnormal"].attrs["sha256"]  # by which the change would be noticed
    options = ["--model", "model.h5", "slow.h5", "--source", "avenue/testing_videos/01.avi"]
    program = run("test_model.py", *options, cwd=work)
    assert program.returncode == 1
    assert "model 25, slow 10" in program.stderr


def test_a_model_is_named_once(work, done, capsys, monkeypatch):
    monkeypatch.chdir(work)
    assert test.main(["--model", "model.h5", "model.h5"]) == 1
    assert "model.h5 is given twice" in capsys.readouterr().err


def test_what_cannot_be_written_ends_the_run(work, done, capsys, monkeypatch):
    """It is no reason to leave a video out of the scores."""
    monkeypatch.chdir(work)

    def full(*_):
        raise CannotWriteError("no space left")

    monkeypatch.setattr("abnormal.video.encode._check", full)
    # OpenVINO twice in a process that trains with TensorFlow afterwards ends in a crash, as the
    # process of these tests does; the programs never do both.
    assert test.main(["--output", "full", "--runtime", "keras"]) == 1
    assert "no space left" in capsys.readouterr().err
    assert not (work / "full" / "scores.csv").exists()


def test_a_single_model_has_no_folder_of_its_own(work, done):
    for kind in ("anomalies", "videos"):
        assert [path.name for path in (work / "results" / kind).iterdir()] == ["01.mp4"]
    assert not (work / "results" / "comparison.csv").exists()
