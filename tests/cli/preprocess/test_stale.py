"""Leaks, and frames of videos that are elsewhere, gone or now for testing, are said."""

import shutil


def test_a_leak_is_named_and_strict_takes_it_for_a_failure(videos, run, make_video):
    make_video(videos / "fight" / "copy.mp4")
    code, out, _ = run(videos)
    assert code == 0
    leak = "  leak: the test video fight/copy is the training video normal/1"
    assert out.splitlines()[2:] == [leak]
    assert run(videos, "--strict")[0] == 1


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
