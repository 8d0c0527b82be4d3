"""From a video to its frames under `img/`."""

import os
import weakref
from contextlib import contextmanager

import numpy as np
import pytest

from abnormal.datasets.extract import LEFT_OUT, UNCHANGED, WRITTEN, extract
from abnormal.datasets.folder import find
from abnormal.datasets.source import TESTING, TRAINING
from abnormal.frames.check import check_video
from abnormal.frames.gaps import Gap
from abnormal.frames.manifest import read_record
from abnormal.frames.reader import read_frames
from abnormal.video.stream import Frame, FrameStream
from tests.datasets.extract.extracting import SIZE, drawn, entries, numbers_under, outcome


def test_frames_under_img_are_those_of_the_video(img, video, number_of):
    assert outcome(video, img) == (WRITTEN, 20, "")
    assert numbers_under(img, video, number_of) == list(range(20))
    record = read_record(img / "training" / "gate")
    assert (record.split, record.video, record.frames) == ("training", "gate", 20)
    assert (record.fps, record.height, record.width) == (25.0, SIZE, SIZE)
    assert (record.labelled, record.masked, record.notes) == (False, False, ())
    assert record.source["path"] == str(video.path)
    assert record.source["shape"] == [32, 48]
    assert len(record.source["sha256"]) == 64
    assert entries(img) == ["gate"]


@pytest.mark.parametrize(
    ("fps", "expected"),
    [(5, [0, 5, 10, 15]), (12.5, range(0, 20, 2)), (50, [k // 2 for k in range(39)])],
)
def test_another_rate_takes_the_frames_by_their_times(img, video, number_of, fps, expected):
    extract(video, img, SIZE, fps)
    assert numbers_under(img, video, number_of) == list(expected)
    assert read_record(img / "training" / "gate").fps == fps


def test_pictures_without_a_clock(tmp_path, img, make_pictures, number_of):
    (video,) = find(make_pictures(tmp_path / "gate"))
    said = "no frame rate is known: 25 is taken; set it with --fps"
    assert outcome(video, img) == (WRITTEN, 12, said)
    assert outcome(video, img, fps=10) == (WRITTEN, 12, "")
    assert read_record(img / "training" / "gate").fps == 10
    assert numbers_under(img, video, number_of) == list(range(12))


def test_a_second_run_finds_everything_done(img, video):
    extract(video, img, SIZE, None)
    before = (img / "training" / "gate" / "000000.jpg").stat()
    assert outcome(video, img) == (UNCHANGED, 20, "")
    assert (img / "training" / "gate" / "000000.jpg").stat() == before


def test_a_changed_video_is_extracted_again(img, video, make_video, number_of):
    extract(video, img, SIZE, None)
    make_video(video.path, frames=15)
    assert outcome(video, img) == (WRITTEN, 15, "")
    assert numbers_under(img, video, number_of) == list(range(15))
    assert len(list((img / "training" / "gate").glob("*.jpg"))) == 15


@pytest.mark.parametrize("change", [{"fps": 5}, {"size": 16}])
def test_another_rate_or_size_means_extracting_again(img, video, change):
    extract(video, img, SIZE, None)
    assert outcome(video, img, **change)[0] == WRITTEN
    assert outcome(video, img, **change)[0] == UNCHANGED


def test_a_moved_video_is_not_extracted_again(tmp_path, img, video):
    extract(video, img, SIZE, None)
    video.path.parent.rename(tmp_path / "moved")
    (moved,) = find(tmp_path / "moved")
    assert outcome(moved, img)[0] == UNCHANGED


def test_a_moved_video_is_known_where_it_is_now(tmp_path, img, video, make_video):
    extract(video, img, SIZE, None)
    shape = read_record(img / "training" / "gate").source["shape"]
    video.path.parent.rename(tmp_path / "moved")
    (moved,) = find(tmp_path / "moved")
    extract(moved, img, SIZE, None)
    record = read_record(img / "training" / "gate")
    assert (check_video(img, record).changes, record.source["shape"]) == ([], shape)
    make_video(moved.path, frames=15)
    assert outcome(moved, img) == (WRITTEN, 15, "")


def test_another_video_of_the_same_name_is_refused(tmp_path, img, video, make_video, number_of):
    extract(video, img, SIZE, None)
    (other,) = find(make_video(tmp_path / "other" / "gate.mp4", frames=11))
    status, frames, problem = outcome(other, img)
    assert (status, frames) == (LEFT_OUT, 0)
    assert f"holds frames of {video.path}: choose another --img" in problem
    assert numbers_under(img, video, number_of) == list(range(20))


def test_videos_below_the_folder_of_another_one_are_kept(tmp_path, img, video, make_video):
    inner = find(make_video(tmp_path / "other" / "gate" / "inner.mp4").parents[1], TRAINING)[0]
    assert outcome(inner, img)[0] == WRITTEN
    assert inner.name == "gate/inner"
    status, _, problem = outcome(video, img)
    assert status == LEFT_OUT
    assert "There are other videos in" in problem
    assert outcome(inner, img)[0] == UNCHANGED


def test_a_truncated_video_is_kept_and_said(tmp_path, img, make_video, number_of):
    path = make_video(tmp_path / "gate.avi", frames=60, codec="mjpeg")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 7 // 10])
    (video,) = find(path)
    status, frames, problem = outcome(video, img)
    assert status == WRITTEN
    assert f"truncated: {frames} of 60 frames could be read" in problem
    assert numbers_under(img, video, number_of) == list(range(frames))
    assert outcome(video, img) == (UNCHANGED, frames, problem)


def test_a_video_too_short_to_train_on_is_said(tmp_path, img, make_video):
    path = make_video(tmp_path / "gate.mp4", frames=9)
    said = "too short to train on: 9 frames, a clip has 10"
    assert outcome(find(path)[0], img) == (WRITTEN, 9, said)
    assert outcome(find(path, TESTING)[0], img) == (WRITTEN, 9, "")


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda path: path.write_text("hello"), "is not a video that can be read"),
        (lambda path: path.unlink(), "No such file"),
    ],
    ids=["text", "gone"],
)
def test_what_is_no_video_is_left_out(img, video, spoil, problem):
    spoil(video.path)
    status, frames, found = outcome(video, img)
    assert (status, frames) == (LEFT_OUT, 0)
    assert problem in found
    assert list((img / "training").glob("*")) == [] if img.exists() else True


def test_pictures_none_of_which_can_be_read(tmp_path, img, make_pictures):
    folder = make_pictures(tmp_path / "gate", 3)
    for path in folder.iterdir():
        path.write_text("broken")
    status, _, problem = outcome(find(folder)[0], img, fps=10)
    assert status == LEFT_OUT
    assert problem.startswith("no frame in it could be read; 3 of 3 pictures cannot be read")


@pytest.mark.parametrize("name", ["pipe.mp4", "device.mp4"])
def test_what_is_no_file_is_left_out_and_not_waited_on(tmp_path, img, name):
    path = tmp_path / name
    path.touch()
    (found,) = find(path)  # and then somebody puts something else there
    path.unlink()
    os.mkfifo(path) if name == "pipe.mp4" else path.symlink_to("/dev/zero")
    done = extract(found, img, SIZE, None)
    assert done.status == LEFT_OUT
    assert f"{name} is a {name.removesuffix('.mp4')}, but a file was expected" in done.problem


def test_memory_does_not_depend_on_the_length_of_a_video(img):
    """Few frames are anywhere but on the disk at any time."""
    drawn_so_far = []

    class Picture(np.ndarray):
        pass

    @contextmanager
    def endless():
        def frames():
            for number in range(100):
                image = np.full((SIZE, SIZE), 2 * number, np.uint8).view(Picture)
                drawn_so_far.append(weakref.ref(image))
                assert sum(ref() is not None for ref in drawn_so_far) <= 5
                yield Frame(image, number / 25, number)

        yield FrameStream(frames(), 25.0, 100)

    video = drawn("long", endless)
    assert outcome(video, img) == (WRITTEN, 100, "")
    pictures = read_frames(img, read_record(img / "training" / "long"), SIZE)
    assert [round(picture.mean() / 2) for picture in pictures] == list(range(100))


def test_a_rate_that_varies_is_said_and_made_even(tmp_path, img, make_video, number_of):
    times_ms = [0, 40, 80, 120, 320, 520, 720, 760, 800, 840, 1000]
    path = make_video(tmp_path / "v.mkv", 11, codec="libx264", times_ms=times_ms)
    (video,) = find(path)
    status, frames, problem = outcome(video, img)
    assert (status, frames, problem) == (
        WRITTEN, 11, "its frame rate varies around 10: --fps 10 makes it even"
    )  # fmt: skip
    assert read_record(img / "training" / "v").fps == pytest.approx(10)
    assert numbers_under(img, video, number_of) == list(range(11))
    assert outcome(video, img, fps=10) == (WRITTEN, 11, "")
    assert numbers_under(img, video, number_of) == [0, 2, 3, 3, 4, 4, 5, 5, 8, 9, 10]


@pytest.mark.parametrize("fps", [None, 5])
def test_a_pause_is_a_gap_and_takes_no_frames(tmp_path, img, make_video, number_of, fps):
    times_ms = [40 * number + 60_000 * (number >= 12) for number in range(24)]
    path = make_video(tmp_path / "v.mkv", 24, codec="libx264", times_ms=times_ms)
    (video,) = find(path)
    step = 5 if fps else 1
    numbers = [*range(0, 12, step), *range(12, 24, step)]
    status, frames, problem = outcome(video, img, fps=fps)
    assert (status, frames) == (WRITTEN, len(numbers))
    assert problem.startswith("it has a gap of 60 s which no clip spans")
    assert numbers_under(img, video, number_of) == numbers
    record = read_record(img / "training" / "v")
    assert record.gaps == (Gap(len(numbers) // 2, pytest.approx(60.48)),)
    assert record.fps == (fps or 25)


def test_what_is_too_short_between_gaps_is_said(tmp_path, img, make_video):
    times_ms = [40 * number + 60_000 * (number // 9) for number in range(18)]
    path = make_video(tmp_path / "v.mkv", 18, codec="libx264", times_ms=times_ms)
    assert outcome(find(path)[0], img)[2].endswith("too short to train on: 9 frames, a clip has 10")
