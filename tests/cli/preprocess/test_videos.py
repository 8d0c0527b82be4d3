"""Videos, labels and whole data sets become frames, here or on the workers of a scheduler."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from abnormal.cli import preprocess
from abnormal.cli.preprocess import main
from abnormal.datasets import download
from abnormal.files import sha256
from abnormal.frames.manifest import read_manifest

ROOT = Path(preprocess.__file__).parents[2]


def test_videos_become_frames(tmp_path, videos, run):
    img = tmp_path / "img"
    code, out, _ = run(videos, "--size", "40")
    assert code == 0
    assert out.splitlines() == [
        f"training: 1 videos, 20 frames in {img / 'training'}",
        f"testing: 1 videos, 15 frames in {img / 'testing'}",
    ]
    (normal,) = read_manifest(img, "training")
    (fight,) = read_manifest(img, "testing")
    assert (normal.video, normal.frames, normal.height) == ("normal/1", 20, 40)
    assert (fight.video, fight.situation) == ("fight/2", "fight")
    assert len(list(fight.folder(img).glob("*.jpg"))) == 15


def test_a_second_run_changes_nothing(tmp_path, videos, run):
    first = run(videos)
    jpg = tmp_path / "img" / "training" / "normal" / "1" / "000000.jpg"
    before = jpg.stat()
    assert run(videos)[:2] == first[:2]
    assert jpg.stat() == before


def test_the_split_of_a_flat_folder(tmp_path, run, make_video):
    make_video(tmp_path / "flat" / "a.mp4")
    assert run(tmp_path / "flat", "--split", "testing")[0] == 0
    assert [r.video for r in read_manifest(tmp_path / "img", "testing")] == ["a"]


def test_folders_of_cameras_become_training_footage_as_the_note_says(tmp_path, run, make_video):
    for camera in ("gate", "yard"):
        make_video(tmp_path / "videos" / camera / "1.mp4")
    videos = tmp_path / "videos"
    note = "note: there is nothing to train on."
    assert note in run(videos)[1]
    code, out, _ = run(
        *(videos, "--split", "training", "--camera-from", "^([^/]+)/"), img=tmp_path / "other"
    )
    assert code == 0
    assert note not in out
    assert [r.camera for r in read_manifest(tmp_path / "other", "training")] == ["gate", "yard"]


@pytest.mark.skipif(not (ROOT / "preprocess.py").exists(), reason="installed without the scripts")
def test_the_script_itself(tmp_path, videos):
    command = [sys.executable, ROOT / "preprocess.py", "--videos", videos, "--workers", "2"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert f"{videos} is read as: folder" in done.stderr
    assert len(read_manifest(tmp_path / "img", "training")) == 1


def test_labels_of_ones_own(tmp_path, videos, run):
    path = tmp_path / "mine.csv"
    path.write_text("video,start_frame,end_frame,situation\n2,3,5,brawl\nnobody,1,2,\n")
    code, out, err = run(videos, "--labels", str(path))
    assert code == 0
    said = f"{path} names nobody: there is no such video"
    assert said in err
    assert out.splitlines()[-1] == f"  labels: {said}"
    (fight,) = read_manifest(tmp_path / "img", "testing")
    assert (fight.situation, fight.labelled) == ("brawl", True)
    assert fight.source["labels"] == str(path)
    labels = (fight.folder(tmp_path / "img") / "labels.txt").read_text().split()
    assert labels == [*"000110000000000"]


def test_cameras_are_named(tmp_path, videos, run):
    code, out, _ = run(videos, "--camera-from", "([0-9])$")
    assert code == 0
    assert "cameras: 1, 2 (each has what is normal there for itself)" in out
    assert [r.camera for r in read_manifest(tmp_path / "img", "testing")] == ["2"]


def test_a_data_set_is_fetched_and_extracted(tmp_path, run, monkeypatch, make_video, save_cells):
    masks = [np.full((32, 48), number % 2, np.uint8) for number in range(20)]
    make_video(tmp_path / "Avenue Dataset" / "training_videos" / "01.avi", codec="mjpeg")
    make_video(tmp_path / "Avenue Dataset" / "testing_videos" / "01.avi", 20, 48, codec="mjpeg")
    demo = tmp_path / "ground_truth_demo"
    save_cells(demo / "testing_label_mask" / "1_label.mat", "volLabel", masks)
    mirror = tmp_path / "mirror"
    for name, folder in (("Avenue_Dataset", "Avenue Dataset"), (demo.name, demo.name)):
        shutil.make_archive(str(mirror / name), "zip", tmp_path, folder)
        shutil.rmtree(tmp_path / folder)
    archives = tuple(download.Archive(path.name, sha256(path)) for path in sorted(mirror.iterdir()))
    source = download.DownloadSource("http://127.0.0.1:1/", archives)
    monkeypatch.setitem(download.DOWNLOADS, "avenue", source)
    data = tmp_path / "data"
    options = ("--download", "avenue", "--url", mirror.as_uri())
    for _ in range(2):
        code, out, err = run(data, *options)
        assert (code, "Traceback" in "".join(err)) == (0, False)
        assert "testing: 1 videos, 20 frames" in out
        assert any("is read as: avenue" in line for line in err)
    (tested,) = read_manifest(tmp_path / "img", "testing")
    assert (tested.labelled, tested.masked) == (True, True)
    assert not list(data.glob("**/*.part"))


def contents(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_workers_of_a_scheduler_make_the_same_frames(
    tmp_path, videos, run, dask_cluster, monkeypatch
):
    (videos / "fight" / "bad.mp4").write_text("hello")
    local = run(videos, img=tmp_path / "local")
    with dask_cluster(tmp_path, workers=2) as address:
        code, out, err = run(videos, "--scheduler", address)
        assert (code, out.replace("/img/", "/local/")) == local[:2]
        assert not any("Traceback" in line for line in err)
        assert contents(tmp_path / "img") == contents(tmp_path / "local")
        monkeypatch.chdir(tmp_path)  # which the workers do not
        code, out, _ = run(Path("videos"), "--scheduler", address, img=Path("img"))
        assert out.replace("/img/", "/local/") == local[1]
        log = (tmp_path / "scheduler.log").read_text()
    assert "Receive client connection" in log


def test_a_name_of_any_bytes_is_read_and_shown_harmlessly(tmp_path, run, make_video):
    made = make_video(tmp_path / "made.mp4")
    names = [b"caf\xe9.mp4", b"line\nbreak.mp4", b"\x1b[2Jclear.mp4", b"=cmd.mp4"]
    (tmp_path / "videos").mkdir()
    for name in names:
        shutil.copy(made, tmp_path / "videos" / os.fsdecode(name))
    (tmp_path / "videos" / "\x1b[2Jbad\nleft out.mp4").write_text("hello")
    for _ in range(2):
        code, out, err = run(tmp_path / "videos")
        assert (code, "\x1b" in out + "".join(err)) == (0, False)
        assert "%1B[2Jbad%0Aleft out.mp4" in out
        found = {record.video for record in read_manifest(tmp_path / "img", "training")}
        assert found == {"caf%E9", "line%0Abreak", "%1B[2Jclear", "=cmd"}
    assert main(["--check", "--img", str(tmp_path / "img")]) == 0


def test_cameras_of_different_rates_are_brought_to_one_and_it_is_said(tmp_path, make_video, run):
    for camera, fps in {"gate": 25, "yard": 10}.items():
        make_video(tmp_path / "videos" / camera / "1.mp4", fps=fps)
    cameras = ("--size", "40", "--camera-from", "^([^/]+)", "--split", "training")
    code, _, err = run(tmp_path / "videos", *cameras)
    assert code == 0
    said = [line for line in err if "frames a second" in line]
    assert said == [
        f"camera {camera}: {fps} frames a second, brought to 10 like all others; choose another "
        "rate with --fps"
        for camera, fps in (("gate", 25), ("yard", 10))
    ]
    records = read_manifest(tmp_path / "img", "training")
    assert [(r.camera, r.fps, r.frames) for r in records] == [("gate", 10, 8), ("yard", 10, 20)]

    _, _, err = run(tmp_path / "videos", *cameras, "--fps", "5")
    assert {r.fps for r in read_manifest(tmp_path / "img", "training")} == {5}
    assert not [line for line in err if "frames a second" in line]

    # A camera that is added later cannot change the rate of the others.
    make_video(tmp_path / "more" / "lawn" / "1.mp4", fps=20)
    _, _, err = run(tmp_path / "more", *cameras)
    (warning,) = [line for line in err if line.startswith("warning: ")]
    assert "camera gate: 5 frames a second; camera lawn: 20 frames a second" in warning
    assert "--videos FOLDER --fps 5`" in warning
