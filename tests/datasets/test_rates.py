"""Which rate videos are brought to, and that frames which have it already are left alone."""

import pytest

from abnormal.datasets.extract import UNCHANGED, WRITTEN, extract
from abnormal.datasets.folder import find
from abnormal.datasets.rates import with_common_rate
from abnormal.frames.manifest import read_record

SIZE = 16


@pytest.fixture
def run(tmp_path):
    """Extracts all videos of a folder. It tells what became of each, and the rate of its frames."""
    img = tmp_path / "img"

    def run():
        told = {}
        for video in with_common_rate(find(tmp_path / "videos"), img):
            done = extract(video, img, SIZE, None)
            told[video.name] = done.status, read_record(img / "training" / video.name).fps
        return told

    return run


def test_a_video_that_is_added_or_taken_away_changes_the_frames_of_no_other(
    tmp_path, make_video, make_pictures, run
):
    videos = tmp_path / "videos"
    for number in range(3):
        make_video(videos / f"{number}.mp4", 12)
    make_pictures(videos / "snapshots")
    assert set(run().values()) == {(WRITTEN, 25)}
    make_video(videos / "phone.mp4", 12, fps=30)
    same = dict.fromkeys(("0", "1", "2", "snapshots"), (UNCHANGED, 25))
    assert run() == same | {"phone": (WRITTEN, 25)}
    make_video(videos / "new.mp4", 12)
    assert run() == same | {"phone": (UNCHANGED, 25), "new": (WRITTEN, 25)}
    (videos / "phone.mp4").unlink()
    assert run() == same | {"new": (UNCHANGED, 25)}


def test_a_rate_that_was_chosen_once_is_kept_while_it_will_do(tmp_path, make_video, run):
    def make(name, fps):
        times_ms = [round(number * 1000 / fps) for number in range(40)]
        make_video(tmp_path / "videos" / f"{name}.mkv", 40, codec="libx264", times_ms=times_ms)

    for name, fps in enumerate((14.6, 15.1, 15.4)):
        make(name, fps)
    first = run()
    rates = {fps for _, fps in first.values()}
    assert len(rates) == 1
    for name, fps in enumerate((15.2, 15.3, 15.3), 3):
        make(name, fps)
    again = run()
    assert {again[name] for name in first} == {(UNCHANGED, *rates)}
    assert {fps for _, fps in again.values()} == rates


def test_a_video_of_another_rate_in_the_place_of_one_is_brought_to_that_of_all(
    tmp_path, make_video, run
):
    for name in ("a", "b", "c"):
        make_video(tmp_path / "videos" / f"{name}.mp4", 12)
    run()
    make_video(tmp_path / "videos" / "a.mp4", 24, fps=50)
    assert run() == {"a": (WRITTEN, 25), "b": (UNCHANGED, 25), "c": (UNCHANGED, 25)}


def test_pictures_without_a_clock_are_said_also_where_videos_choose_the_rate(
    tmp_path, make_video, make_pictures
):
    for name, fps in (("a", 10), ("b", 30)):
        make_video(tmp_path / "videos" / f"{name}.mp4", 12, fps=fps)
    make_pictures(tmp_path / "videos" / "snapshots")
    *_, video = with_common_rate(find(tmp_path / "videos"), tmp_path / "img")
    done = extract(video, tmp_path / "img", SIZE, None)
    assert done.problem == "no frame rate is known: 10 is taken; set it with --fps"
    done = extract(video, tmp_path / "img", SIZE, 10.0)
    assert (done.status, done.problem) == (UNCHANGED, "")
