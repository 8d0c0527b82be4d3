import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from abnormal.cli import preprocess
from abnormal.cli.preprocess import main
from abnormal.datasets import download
from abnormal.datasets.layouts import DATASETS
from abnormal.files import sha256
from abnormal.frames.manifest import read_manifest

ROOT = Path(preprocess.__file__).parents[2]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    monkeypatch.delenv("ABNORMAL_DEBUG", raising=False)


@pytest.fixture
def run(tmp_path, capsys):
    """Runs the program and gives exit code, results and messages."""

    def run(videos, *options, img=tmp_path / "img"):
        code = main(["--videos", str(videos), "--img", str(img), "--workers", "1", *options])
        out, err = capsys.readouterr()
        return code, out, err.replace("\r", "\n").splitlines()

    return run


@pytest.fixture
def videos(tmp_path, make_video, picture_of):
    make_video(tmp_path / "videos" / "normal" / "1.mp4")
    others = [picture_of(number) for number in range(100, 115)]
    make_video(tmp_path / "videos" / "fight" / "2.mp4", pictures=others)
    return tmp_path / "videos"


def usage_error(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code, capsys.readouterr().err


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


def test_one_bad_video_among_good_ones_is_named(tmp_path, videos, run):
    (videos / "fight" / "bad.mp4").write_text("hello")
    code, out, err = run(videos)
    assert code == 0
    bad = out.splitlines()[2]
    assert bad.startswith(f"  left out: {videos / 'fight' / 'bad.mp4'}: ")
    assert "is not a video that can be read" in bad
    assert not any("Traceback" in line for line in err)
    assert len(read_manifest(tmp_path / "img", "testing")) == 1


def test_strict_takes_one_bad_video_for_a_failure(tmp_path, videos, run):
    assert run(videos, "--strict")[0] == 0
    (videos / "fight" / "bad.mp4").write_text("hello")
    assert run(videos, "--strict")[0] == 1
    assert len(read_manifest(tmp_path / "img", "training")) == 1


def test_a_full_disk_ends_the_run_and_the_next_one_goes_on(tmp_path, videos, run):
    """No video is left out for what is not its fault."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (900, before[1]))  # the workers inherit it
    try:
        code, _, messages = run(videos, "--size", "64")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert code == 1
    assert messages[-1].endswith("cannot be written: File too large.")
    assert not any("left out" in line for line in messages)
    code, out, _ = run(videos, "--size", "64")
    assert code == 0
    assert "training: 1 videos, 20 frames" in out


def test_no_usable_video(tmp_path, run):
    (tmp_path / "bad.mp4").write_text("hello")
    code, out, err = run(tmp_path / "bad.mp4")
    assert code == 1
    assert "left out" in out
    assert err[-1] == (
        f"preprocess.py: No usable frames came out of {tmp_path / 'bad.mp4'}: see above."
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "There is no folder"),
        (lambda path: path.mkdir(), "There is no video in"),
    ],
    ids=["missing", "empty"],
)
def test_a_folder_of_no_use_is_answered_in_one_line(tmp_path, run, make, message):
    make(tmp_path / "videos")
    code, out, err = run(tmp_path / "videos", "--dataset", "folder")
    assert (code, out, len(err)) == (1, "", 1)
    assert err[0].startswith(f"preprocess.py: {message} {tmp_path / 'videos'}")
    assert not (tmp_path / "img").exists()


def test_frames_that_cannot_be_put_where_they_shall_go(tmp_path, videos, run):
    (tmp_path / "file").write_text("")
    code, out, err = run(videos, "--dataset", "folder", img=tmp_path / "file" / "img")
    assert (code, out, len(err)) == (1, "", 1)
    assert "file/img cannot be made: a file is in its way. Choose another folder." in err[0]


def test_the_split_of_a_flat_folder(tmp_path, run, make_video):
    make_video(tmp_path / "flat" / "a.mp4")
    assert run(tmp_path / "flat", "--split", "testing")[0] == 0
    assert [r.video for r in read_manifest(tmp_path / "img", "testing")] == ["a"]


@pytest.mark.parametrize("value", ["0", "-1", "a", "1.5"])
def test_a_size_that_is_none(capsys, value):
    code, err = usage_error(capsys, "--size", value)
    assert code == 2
    assert "whole number of at least 1" in err


@pytest.mark.parametrize("value", ["0", "-1", "a", "nan", "inf"])
def test_a_rate_that_is_none(capsys, value):
    code, err = usage_error(capsys, "--fps", value)
    assert code == 2
    assert "number above 0" in err


def test_an_unknown_dataset_is_answered_with_the_known_ones(capsys):
    code, err = usage_error(capsys, "--dataset", "shanghai")
    assert code == 2
    assert all(name in err for name in DATASETS)


def fail_with(monkeypatch, error):
    def work(args):
        raise error

    monkeypatch.setattr(preprocess, "_work", work)


def test_a_bug_is_answered_with_the_path_of_a_log(tmp_path, monkeypatch, run):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fail_with(monkeypatch, ZeroDivisionError("division by zero"))
    code, out, err = run("x")
    assert (code, out, len(err)) == (3, "", 1)
    assert "this is a bug: ZeroDivisionError: division by zero" in err[0]
    log = Path(err[0].rsplit(" ", 1)[1])
    assert log.parent == tmp_path
    assert "Traceback" in log.read_text()


def test_where_no_log_can_be_written_its_details_are_shown(tmp_path, monkeypatch, run):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    fail_with(monkeypatch, ZeroDivisionError("division by zero"))
    code, _, err = run("x")
    assert code == 3
    assert "Traceback" in "".join(err)
    assert err[-1].endswith("Details are in /dev/stderr")


def test_ctrl_c(monkeypatch, run):
    fail_with(monkeypatch, KeyboardInterrupt())
    assert run("x") == (130, "", ["preprocess.py: interrupted"])


def test_on_windows_the_program_says_where_it_runs(monkeypatch, run, tmp_path):
    with monkeypatch.context() as patch:
        patch.setattr("abnormal.cli.program.os", SimpleNamespace(name="nt", environ={}))
        code, out, err = run(tmp_path)
    assert (code, out, len(err)) == (1, "", 1)
    assert "runs on Linux and macOS" in err[0]
    assert "Windows Subsystem for Linux" in err[0]


def test_debugging_shows_the_traceback(tmp_path, monkeypatch, run):
    monkeypatch.setenv("ABNORMAL_DEBUG", "1")
    code, _, err = run(tmp_path / "gone")
    assert code == 1
    assert err[0].startswith("Traceback")


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
    code, _, err = run(videos, "--labels", str(path))
    assert code == 0
    assert f"{path} names nobody: there is no such video" in err
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


@pytest.mark.parametrize("size", ["0", "-1", "64x64", "1e2", "9999", "227px"])
def test_a_size_that_is_none_gets_advice(capsys, size):
    code, err = usage_error(capsys, f"--size={size}")
    assert code == 2
    assert f"{size!r} is no size. Expected: one whole number of at least 1 and at most 4096" in err


def test_a_pattern_that_is_none(capsys):
    code, err = usage_error(capsys, "--camera-from", "(")
    assert code == 2
    assert "'(' is no regular expression" in err


def test_a_leak_is_named_and_strict_takes_it_for_a_failure(videos, run, make_video):
    make_video(videos / "fight" / "copy.mp4")
    code, out, _ = run(videos)
    assert code == 0
    leak = "  leak: the test video fight/copy is the training video normal/1"
    assert out.splitlines()[2:] == [leak]
    assert run(videos, "--strict")[0] == 1


def tree(folder):
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_check_reports_and_changes_nothing(tmp_path, videos, run, make_video, capsys):
    (videos / "labels.csv").write_text("video,start_frame,end_frame\n2,3,5\n")
    run(videos)
    img = tmp_path / "img"

    def check(*options):
        before = tree(tmp_path)
        code = main(["--check", "--img", str(img), *options])
        out, err = capsys.readouterr()
        assert tree(tmp_path) == before
        assert "Traceback" not in err
        return code, out.splitlines()

    totals = [
        "training: 1 videos, 20 frames",
        "testing: 1 videos, 15 frames, 1 of them labelled (2 abnormal frames)",
    ]
    assert check() == (0, totals)
    assert check("--strict") == (0, totals)
    (img / "training" / "normal" / "1" / "000003.jpg").write_text("broken")
    make_video(videos / "fight" / "2.mp4", frames=3)
    code, lines = check()
    assert (code, lines[:2]) == (1, totals)
    assert lines[2:] == [
        "  damaged: training/normal/1: 1 of 20 frames unreadable (000003.jpg)",
        f"  source: testing/fight/2: {videos / 'fight' / '2.mp4'} has changed",
    ]


def test_check_of_no_frames(tmp_path, capsys):
    assert main(["--check", "--img", str(tmp_path)]) == 1
    assert "There are no frames in" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


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


def test_frames_of_two_folders_in_one_place_are_said(tmp_path, videos, run, make_video):
    assert "from elsewhere" not in run(videos)[1]
    make_video(tmp_path / "others" / "gate.mp4", 30)
    code, out, _ = run(tmp_path / "others", "--strict")
    assert code == 0
    assert "also holds videos from elsewhere, " in out
    assert " for testing and " in out
    assert out.count("elsewhere") == 1


def test_a_source_that_is_gone_is_said_and_fails_strictly(tmp_path, videos, run, make_video):
    make_video(videos / "normal" / "robbery.mp4", 30)
    run(videos)
    (videos / "normal" / "robbery.mp4").unlink()
    (videos / "fight" / "2.mp4").rename(videos / "normal" / "2.mp4")
    code, out, _ = run(videos)
    gone, moved = [line for line in out.splitlines() if line.startswith("  source: ")]
    assert gone.startswith("  source: testing/fight/2: ")
    assert "fight/2.mp4 is no longer there, but its frames are still used" in gone
    assert moved.startswith("  source: training/normal/robbery: ")
    folder = tmp_path / "img" / "training" / "normal" / "robbery"
    assert f"Delete the folder {folder} and start again" in moved
    assert (code, run(videos, "--strict")[0]) == (0, 1)
    shutil.rmtree(folder)
    shutil.rmtree(tmp_path / "img" / "testing" / "fight" / "2")
    assert run(videos, "--strict")[0] == 0


def test_a_video_that_is_for_testing_now_is_not_trained_on_unsaid(tmp_path, videos, run):
    run(videos)
    (videos / "labels.csv").write_text("video,start_frame,end_frame\nnormal/1,3,5\n")
    _, out, _ = run(videos)
    (line,) = [line for line in out.splitlines() if line.startswith("  source: ")]
    assert line.startswith("  source: training/normal/1: ")
    assert "1.mp4 is extracted as testing/normal/1 now" in line


def test_other_videos_under_img_are_not_missed(tmp_path, videos, run, make_video):
    make_video(tmp_path / "other" / "a.mp4")
    run(tmp_path / "other")
    (tmp_path / "other" / "a.mp4").unlink()
    assert "  source: " not in run(videos)[1]


def test_what_is_passed_over_is_counted_named_and_fails_strictly(videos, run):
    (videos / "notes.txt").write_text("hello")
    assert "passed over: 1 .txt (--verbose names them)" in run(videos, "--strict")[2]
    (videos / "gate.xyz").write_text("hello")
    code, _, err = run(videos, "--verbose", "--strict")
    assert code == 1
    assert "passed over: 1 .xyz, 1 .txt (--verbose names them)" in err
    assert f"  passed over: {videos / 'gate.xyz'}: no video can be read from it" in err


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


def test_a_bug_with_one_video_costs_no_other_and_leaves_a_log(videos, run, monkeypatch):
    from abnormal.datasets import extract as module

    def extract(video, *others, plain=module.origin_of):
        if video.name == "fight/2":
            raise ZeroDivisionError("by accident")
        return plain(video, *others)

    def here(count):
        return lambda task, items: ((item, task(item)) for item in items)

    monkeypatch.setattr(module, "origin_of", extract)
    monkeypatch.setattr(module, "in_processes", here)
    code, out, _ = run(videos)
    assert code == 3
    assert "training: 1 videos, 20 frames" in out
    assert "2.mp4: ZeroDivisionError: by accident" in out
    log = Path(out.split("Details are in ")[1].split()[0])
    assert "Traceback" in log.read_text()
    log.unlink()


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
