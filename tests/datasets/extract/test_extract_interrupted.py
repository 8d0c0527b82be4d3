"""What is killed, interrupted or hindered loses nothing and is completed."""

import errno
import functools
import os
import subprocess
import sys

import pytest

from abnormal.datasets import extract as extraction
from abnormal.datasets.extract import LEFT_OUT, UNCHANGED, WRITTEN, extract, extract_all
from abnormal.datasets.folder import find
from abnormal.errors import CannotWriteError
from abnormal.frames.manifest import write_manifest
from abnormal.replacing import replacing_folder
from abnormal.video.pictures import read_picture
from tests.datasets.extract.extracting import SIZE, drawn, entries, numbers_under, outcome


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG])
@pytest.mark.parametrize("part", ["frames", "record"])
def test_a_disk_that_is_full_is_not_the_fault_of_a_video(img, video, monkeypatch, number, part):
    def full(*_):
        raise OSError(number, os.strerror(number))

    where = {"frames": "pathlib.Path.write_bytes", "record": "pathlib.Path.write_text"}[part]
    monkeypatch.setattr(where, full)
    with pytest.raises(CannotWriteError, match=rf"cannot be written: {os.strerror(number)}\."):
        extract(video, img, SIZE, None)


def test_an_unexpected_error_of_one_video_names_itself(img):
    status, _, problem = outcome(drawn("x", functools.partial(int, "a")), img)
    assert (status, problem[:11]) == (LEFT_OUT, "ValueError:")


def kill_before_the_record(video, img, size):
    """Extracts a video in a process that is killed when all frames, but no record, are written."""
    script = """
import os, sys
from pathlib import Path
from abnormal.datasets import extract as extraction
from abnormal.datasets.folder import find
extraction.write_record = lambda *_: os._exit(9)
extraction.extract(find(Path(sys.argv[1]))[0], Path(sys.argv[2]), int(sys.argv[3]), None)
"""
    command = [sys.executable, "-c", script, video.path, img, str(size)]
    assert subprocess.run(command, check=False).returncode == 9


def test_a_run_killed_in_the_middle_is_completed_by_the_next_one(img, video, number_of):
    kill_before_the_record(video, img, SIZE)
    assert len(list(img.rglob("*.jpg"))) == 20
    assert write_manifest(img) == ([], [])
    assert outcome(video, img) == (WRITTEN, 20, "")
    assert entries(img) == ["gate"]
    assert numbers_under(img, video, number_of) == list(range(20))


def test_an_interrupted_run_leaves_the_old_frames(img, video, make_video, monkeypatch, number_of):
    extract(video, img, SIZE, None)
    make_video(video.path, frames=15)

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(extraction, "write_record", interrupt)
    with pytest.raises(KeyboardInterrupt):
        extract(video, img, SIZE, None)
    assert entries(img) == ["gate"]
    assert numbers_under(img, video, number_of) == list(range(20))


def test_the_work_of_a_running_process_is_left_alone(img, video):
    with replacing_folder(img / "training" / "other") as partial:
        extract(video, img, SIZE, None)
        assert partial.is_dir()
    assert entries(img) == ["gate", "other"]


def test_a_video_that_kills_its_process_is_left_out_and_the_others_are_done(
    tmp_path, img, make_video
):
    for number in range(3):
        make_video(tmp_path / "videos" / f"{number}.mp4")
    good = find(tmp_path / "videos")
    videos = [drawn("killer", functools.partial(os._exit, 7)), *good]
    found = {done.video.name: done for done in extract_all(videos, img, SIZE, None, workers=2)}
    assert found["killer"].status == LEFT_OUT
    assert found["killer"].problem == "the process that read it was killed"
    assert {found[video.name].status for video in good} <= {WRITTEN, UNCHANGED}
    assert [record.frames for record in write_manifest(img)[0]] == [20, 20, 20]
    assert entries(img) == ["0", "1", "2"]


def test_no_worker_outlives_a_program_that_is_killed(tmp_path, make_video):
    make_video(tmp_path / "0.mp4")
    script = """
import functools, os, sys, time
from pathlib import Path
from abnormal.datasets.extract import extract_all
from abnormal.datasets.folder import find
from abnormal.datasets.source import SourceVideo
if __name__ == "__main__":
    slow = SourceVideo("slow", "training", functools.partial(time.sleep, 600), recipe="slow")
    videos = [*find(Path(sys.argv[1])), slow]
    for done in extract_all(videos, Path(sys.argv[2]), 32, None, 2):
        print(done.video.name, flush=True)
        os._exit(9)
"""
    path = tmp_path / "run.py"
    path.write_text(script)
    # The workers inherit the pipe: it ends when the last of them does.
    done = subprocess.run(
        [sys.executable, path, tmp_path / "0.mp4", tmp_path / "img"],
        check=False,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (9, b"0\n")


def test_no_further_video_is_begun_once_the_caller_has_stopped(tmp_path, img, make_video):
    for number in range(30):
        make_video(tmp_path / "videos" / f"{number}.mp4", frames=2)
    outcomes = extract_all(find(tmp_path / "videos"), img, SIZE, None, workers=1)
    next(outcomes)
    outcomes.close()
    assert len(write_manifest(img)[0]) < 30


@pytest.mark.parametrize("threads", [1, 3])
def test_a_killed_run_goes_on_within_a_video(img, video, number_of, threads):
    script = """
import os, sys
from pathlib import Path
from abnormal.datasets.extract import extract
from abnormal.datasets.folder import find
from abnormal.frames import writer
real = writer.resize
def resize(image, *size):
    done = len(list(Path(sys.argv[2]).rglob("*.jpg")))
    return real(image, *size) if done < 12 else os._exit(9)
writer.resize = resize
extract(find(Path(sys.argv[1]))[0], Path(sys.argv[2]), 32, None)
"""
    command = [sys.executable, "-c", script, video.path, img]
    assert subprocess.run(command, check=False).returncode == 9
    (begun,) = (img / "training").glob(".partial-*")
    kept = {path.name: path.stat().st_mtime_ns for path in begun.glob("*.jpg")}
    assert len(kept) == 12
    assert extract(video, img, SIZE, None, threads).status == WRITTEN
    folder = img / "training" / "gate"
    assert {name: (folder / name).stat().st_mtime_ns for name in kept} == kept
    assert numbers_under(img, video, number_of) == list(range(20))
    assert entries(img) == ["gate"]
    assert not (folder / "origin.json").exists()


def test_frames_of_a_killed_run_with_other_options_are_not_taken_over(img, video, number_of):
    kill_before_the_record(video, img, 16)
    assert [done.status for done in extract_all([video], img, SIZE, None, 1)] == [WRITTEN]
    for jpg in (img / "training" / "gate").glob("*.jpg"):
        assert read_picture(jpg).shape == (SIZE, SIZE)
    assert numbers_under(img, video, number_of) == list(range(20))
    assert entries(img) == ["gate"]
