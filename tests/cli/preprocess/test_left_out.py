"""What cannot be read or written is named, and costs the other videos nothing."""

import resource
from pathlib import Path

import pytest

from abnormal.cli.preprocess import main
from abnormal.frames.manifest import read_manifest


def test_one_bad_video_among_good_ones_is_named(tmp_path, videos, run):
    (videos / "fight" / "bad.mp4").write_text("hello")
    code, out, err = run(videos)
    assert code == 0
    bad = out.splitlines()[2]
    assert bad.startswith(f"  left out: {videos / 'fight' / 'bad.mp4'}: ")
    assert "is not a video that can be read" in bad
    assert not any("Traceback" in line for line in err)
    assert len(read_manifest(tmp_path / "img", "testing")) == 1


def test_a_damaged_record_costs_its_own_video_and_is_told_once(tmp_path, videos, run, make_video):
    run(videos)
    record = tmp_path / "img" / "training" / "normal" / "1" / "video.json"
    record.write_text("{")
    make_video(videos / "normal" / "3.mp4")
    code, out, _ = run(videos)
    assert (code, out.count(f"{record} is damaged")) == (0, 1)
    assert [r.video for r in read_manifest(tmp_path / "img", "training")] == ["normal/3"]
    code, out, _ = run(videos / "fight", "--strict", "--split", "testing")
    assert (code, out.count(f"  left out: {record} is damaged")) == (1, 1)


def test_frames_of_earlier_labels_are_not_used_and_come_back_as_they_were(
    tmp_path, videos, run, make_video
):
    img, labels = tmp_path / "img", videos / "labels.csv"
    rows = "video,start_frame,end_frame\n2,3,{}\n".format
    labels.write_text(rows(5))
    run(videos)
    jpg = img / "testing" / "fight" / "2" / "000000.jpg"
    before = jpg.stat()
    labels.write_text(rows(50))
    code, out, _ = run(videos)
    assert code == 0
    assert out.splitlines()[1].startswith("testing: 0 videos, 0 frames")
    assert out.count("frames 3 to 49 are called abnormal") == 1
    assert read_manifest(img, "testing") == []
    assert main(["--check", "--img", str(img)]) == 1
    make_video(tmp_path / "other" / "a.mp4", 30)
    code, out, _ = run(tmp_path / "other", "--strict")
    assert code == 1
    assert "  left out: testing/fight/2: The labels do not fit: frames 3 to 49 " in out
    labels.write_text(rows(6))
    run(videos)
    assert [record.video for record in read_manifest(img, "testing")] == ["fight/2"]
    assert jpg.stat() == before


def test_frames_of_a_video_that_was_replaced_by_a_damaged_one_are_not_trained_on(
    tmp_path, videos, run
):
    run(videos)
    path = videos / "normal" / "1.mp4"
    whole = path.read_bytes()
    path.write_text("hello")
    code, out, _ = run(videos)
    assert (code, read_manifest(tmp_path / "img", "training")) == (0, [])
    assert "note: there is nothing to train on." in out
    path.write_bytes(whole)
    run(videos)
    assert len(read_manifest(tmp_path / "img", "training")) == 1


def test_a_video_of_the_same_name_from_elsewhere_does_not_push_the_first_one_out(
    tmp_path, videos, run, make_video
):
    run(videos)
    make_video(tmp_path / "other" / "normal" / "1.mp4", 30)
    _, out, _ = run(tmp_path / "other")
    assert "holds frames of" in out
    assert len(read_manifest(tmp_path / "img", "training")) == 1


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


def test_what_is_passed_over_is_counted_named_and_fails_strictly(videos, run):
    (videos / "notes.txt").write_text("hello")
    assert "passed over: 1 .txt (--verbose names them)" in run(videos, "--strict")[2]
    (videos / "gate.xyz").write_text("hello")
    code, _, err = run(videos, "--verbose", "--strict")
    assert code == 1
    assert "passed over: 1 .xyz, 1 .txt (--verbose names them)" in err
    assert f"  passed over: {videos / 'gate.xyz'}: no video can be read from it" in err


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
