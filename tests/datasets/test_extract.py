import dataclasses
import errno
import functools
import os
import subprocess
import sys
import weakref
from contextlib import contextmanager

import numpy as np
import PIL.Image
import pytest

from abnormal.datasets import extract as extraction
from abnormal.datasets.extract import LEFT_OUT, UNCHANGED, WRITTEN, extract, extract_all
from abnormal.datasets.find import find_videos
from abnormal.datasets.folder import find
from abnormal.datasets.source import TESTING, TRAINING, Annotation, SourceVideo
from abnormal.errors import CannotWriteError
from abnormal.files import replacing_folder
from abnormal.frames.gaps import Gap
from abnormal.frames.manifest import read_record, write_manifest
from abnormal.frames.reader import read_frames, read_labels, read_masks
from abnormal.video.pictures import open_pictures, read_picture
from abnormal.video.stream import Frame, FrameStream

SIZE = 32


@pytest.fixture
def img(tmp_path):
    return tmp_path / "img"


@pytest.fixture
def video(tmp_path, make_video):
    (video,) = find(make_video(tmp_path / "videos" / "gate.mp4"))
    return video


def labelled(path, labels, masks=None):
    return SourceVideo(
        name="gate",
        split=TESTING,
        open_frames=functools.partial(open_pictures, path, 10.0),
        path=path,
        annotate=lambda _: Annotation(np.array(labels, np.uint8), masks),
    )


def drawn(name, open_frames, split=TRAINING):
    return SourceVideo(name=name, split=split, open_frames=open_frames, recipe=name)


def outcome(video, img, fps=None, size=SIZE):
    found = extract(video, img, size, fps)
    return found.status, found.frames, found.problem


def numbers_under(img, video, number_of):
    record = read_record(img / video.split / video.name)
    return [number_of(picture) for picture in read_frames(img, record, SIZE)]


def entries(img):
    return sorted(path.name for path in (img / "training").iterdir())


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


def test_labels_stay_with_their_pictures_where_one_is_broken(
    tmp_path, img, make_pictures, number_of
):
    folder = make_pictures(tmp_path / "gate")
    (folder / "004.png").write_text("broken")
    labels = [0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1]
    masks = [np.full((32, 48), label, np.uint8) for label in labels]
    video = labelled(folder, labels, masks)
    assert outcome(video, img) == (WRITTEN, 11, "1 of 12 pictures cannot be read (004.png)")
    record = read_record(img / "testing" / "gate")
    kept = numbers_under(img, video, number_of)
    assert kept == [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11]
    assert read_labels(img, record).tolist() == [labels[number] for number in kept]
    assert read_masks(img, record).any(axis=(1, 2)).tolist() == [bool(labels[k]) for k in kept]


def test_labels_stay_with_their_pictures_at_another_rate(tmp_path, img, make_pictures, number_of):
    labels = [0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1]
    video = labelled(make_pictures(tmp_path / "gate"), labels)
    extract(video, img, SIZE, 5)
    kept = numbers_under(img, video, number_of)
    assert kept == [0, 2, 4, 6, 8, 10]
    record = read_record(img / "testing" / "gate")
    assert read_labels(img, record).tolist() == [labels[number] for number in kept]
    assert (record.labelled, record.masked) == (True, False)


def test_masks_keep_their_place(tmp_path, img, make_pictures):
    masks = np.zeros((12, 32, 48), np.uint8)
    masks[5, :16, 24:] = 1
    extract(labelled(make_pictures(tmp_path / "gate"), masks.any((1, 2)), masks), img, SIZE, None)
    found = read_masks(img, read_record(img / "testing" / "gate"))
    expected = np.zeros((12, SIZE, SIZE), bool)
    expected[5, :16, 16:] = True
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("count", [11, 13])
def test_labels_that_do_not_fit(tmp_path, img, make_pictures, count):
    video = labelled(make_pictures(tmp_path / "gate"), [0] * count)
    said = f"The labels do not fit: {count} labels for 12 frames."
    assert outcome(video, img) == (LEFT_OUT, 0, said)
    assert not (img / "testing" / "gate").exists()


def test_labels_that_are_gone_are_gone_from_img_too(tmp_path, img, make_pictures, save_cells):
    folder = make_pictures(tmp_path / "gate")
    path = save_cells(tmp_path / "labels.mat", "x", [[1]])
    with_labels = labelled(folder, [1] * 12)
    object.__setattr__(with_labels, "annotation_path", path)
    extract(with_labels, img, SIZE, None)
    assert outcome(with_labels, img)[0] == UNCHANGED
    (without,) = find(folder, TESTING)
    assert outcome(without, img)[0] == WRITTEN
    assert not read_record(img / "testing" / "gate").labelled


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


def test_a_run_killed_in_the_middle_is_completed_by_the_next_one(img, video, number_of):
    script = """
import os, sys
from pathlib import Path
from abnormal.datasets import extract as extraction
from abnormal.datasets.folder import find
extraction.write_record = lambda *_: os._exit(9)
extraction.extract(find(Path(sys.argv[1]))[0], Path(sys.argv[2]), 32, None)
"""
    command = [sys.executable, "-c", script, video.path, img]
    assert subprocess.run(command, check=False).returncode == 9
    assert len(list(img.rglob("*.jpg"))) == 20
    assert write_manifest(img) == []
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
    assert [record.frames for record in write_manifest(img)] == [20, 20, 20]
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
    assert len(write_manifest(img)) < 30


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
    script = """
import os, sys
from pathlib import Path
from abnormal.datasets import extract as extraction
from abnormal.datasets.folder import find
extraction.write_record = lambda *_: os._exit(9)
extraction.extract(find(Path(sys.argv[1]))[0], Path(sys.argv[2]), 16, None)
"""
    command = [sys.executable, "-c", script, video.path, img]
    assert subprocess.run(command, check=False).returncode == 9
    assert [done.status for done in extract_all([video], img, SIZE, None, 1)] == [WRITTEN]
    for jpg in (img / "training" / "gate").glob("*.jpg"):
        assert read_picture(jpg).shape == (SIZE, SIZE)
    assert numbers_under(img, video, number_of) == list(range(20))
    assert entries(img) == ["gate"]


def relabelled(video, path, labels, masks=None):
    path.write_text(str(labels))  # stands for the file: its hash is what counts
    return dataclasses.replace(
        video,
        annotate=lambda _: Annotation(np.array(labels, np.uint8), masks),
        annotation_path=path,
    )


def test_new_labels_need_no_new_frames(tmp_path, img, make_pictures):
    (video,) = find(make_pictures(tmp_path / "gate"), TESTING)
    jpg = img / "testing" / "gate" / "000000.jpg"
    path = tmp_path / "labels"
    before = None
    masks = np.ones((12, 32, 48), np.uint8)
    for labels, some in (([1] * 12, masks), ([0, 1] * 6, None), ([1, 0] * 6, masks)):
        found = relabelled(video, path, labels, some)
        assert outcome(found, img)[:2] == (WRITTEN, 12)
        record = read_record(img / "testing" / "gate")
        assert read_labels(img, record).tolist() == labels
        assert (record.masked, read_masks(img, record) is None) == (some is not None, some is None)
        assert (record.source["labels"], record.source["length"]) == (str(path), 12)
        assert (jpg.parent / "masks.npz").exists() == record.masked
        before = before or jpg.stat()
        assert jpg.stat() == before
        assert outcome(found, img)[0] == UNCHANGED
    assert outcome(video, img)[0] == WRITTEN
    assert read_labels(img, read_record(jpg.parent)) is None
    assert not (jpg.parent / "labels.txt").exists()
    assert jpg.stat() == before


def test_new_labels_that_do_not_fit_leave_the_old_ones(tmp_path, img, make_pictures):
    (video,) = find(make_pictures(tmp_path / "gate"), TESTING)
    extract(relabelled(video, tmp_path / "labels", [1] * 12), img, SIZE, None)
    status, _, problem = outcome(relabelled(video, tmp_path / "labels", [1] * 11), img)
    assert (status, problem) == (LEFT_OUT, "The labels do not fit: 11 labels for 12 frames.")
    assert read_labels(img, read_record(img / "testing" / "gate")).tolist() == [1] * 12


def test_new_labels_of_resampled_frames_are_matched_by_number(tmp_path, img, make_video):
    (video,) = find(make_video(tmp_path / "gate.mp4"), TESTING)
    for labels in ([0, 1] * 10, [1, 0] * 10):
        extract(relabelled(video, tmp_path / "labels", labels), img, SIZE, 5)
        record = read_record(img / "testing" / "gate")
        assert read_labels(img, record).tolist() == [labels[k] for k in (0, 5, 10, 15)]


def test_new_labels_of_an_uneven_video_made_even(tmp_path, img, make_video):
    times_ms = [0, 40, 80, 120, 320, 520, 720, 760, 800, 840, 1000]
    path = make_video(tmp_path / "v.mkv", 11, codec="libx264", times_ms=times_ms)
    (video,) = find(path, TESTING)
    for labels in ([0] * 11, [0, 0, 0, 1] + [0] * 7):  # as many frames as before, but not the same
        extract(relabelled(video, tmp_path / "labels", labels), img, SIZE, 10)
    found = read_labels(img, read_record(img / "testing" / "v"))
    assert found.tolist() == [0, 0, 1, 1] + [0] * 7


def test_another_camera_or_situation_is_a_matter_of_the_record(img, video):
    extract(video, img, SIZE, None)
    named = dataclasses.replace(video, camera="gate", situation="fight")
    assert outcome(named, img)[0] == UNCHANGED
    record = read_record(img / "training" / "gate")
    assert (record.camera, record.situation) == ("gate", "fight")


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


def test_long_masks_are_never_all_in_memory(tmp_path, img, make_pictures):
    drawn_so_far = []

    class Masks:
        def __iter__(self):
            for number in range(12):
                mask = np.full((32, 48), number % 2, np.uint8).view(Mask)
                drawn_so_far.append(weakref.ref(mask))
                assert sum(ref() is not None for ref in drawn_so_far) <= 2
                yield mask

    class Mask(np.ndarray):
        pass

    video = labelled(make_pictures(tmp_path / "gate"), [0, 1] * 6, Masks())
    assert outcome(video, img, fps=10)[0] == WRITTEN
    masks = read_masks(img, read_record(img / "testing" / "gate"))
    assert masks.any((1, 2)).tolist() == [False, True] * 6


def labels_under(img, name):
    return read_labels(img, read_record(img / "testing" / name)).tolist()


def test_labels_in_seconds_follow_the_times_of_the_frames(tmp_path, img, make_video):
    times_ms = [0, 40, 80, 500, 540, 1000, 1040, 1080, 1120, 1160]
    root = tmp_path / "own"
    make_video(root / "fight" / "gate.mkv", 10, codec="ffv1", times_ms=times_ms)
    (root / "labels.csv").write_text("video,start_sec,end_sec\ngate,0.5,1.04\n")
    (video,) = find_videos("folder", root).videos
    extract(video, img, SIZE, None)
    assert labels_under(img, "fight/gate") == [0, 0, 0, 1, 1, 1, 0, 0, 0, 0]
    (root / "labels.csv").write_text("video,start_sec,end_sec\ngate,0,0.08\n")
    (video,) = find_videos("folder", root).videos
    extract(video, img, SIZE, None)
    assert labels_under(img, "fight/gate") == [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    extract(video, img, SIZE, 10)
    assert labels_under(img, "fight/gate") == [1, *[0] * 11]


def test_labels_in_seconds_of_a_folder_of_pictures_take_its_rate(tmp_path, img, make_pictures):
    root = tmp_path / "own"
    make_pictures(root / "fight" / "gate")
    (root / "labels.csv").write_text("video,start_sec,end_sec\ngate,0.5,0.8\n")
    (video,) = find_videos("folder", root).videos
    extract(video, img, SIZE, 10)
    assert labels_under(img, "fight/gate") == [0] * 5 + [1] * 3 + [0] * 4


MASK = np.zeros((32, 48), np.uint8)
MASK[:9, :9] = 1
IDS = {
    "255.png": MASK * 255,
    "id16.png": MASK.astype(np.uint16),
    "blue.png": np.dstack([MASK * 0, MASK * 0, MASK]),
    "id32.tif": MASK.astype(np.int32),
}


@pytest.mark.parametrize("kind", IDS)
def test_masks_with_ids_mark_what_is_not_0(tmp_path, img, make_pictures, kind):
    root = tmp_path / "own"
    make_pictures(root / "cart" / "a")
    (root / "labels" / "a").mkdir(parents=True)
    for number in range(12):
        mask = IDS[kind] * (5 <= number < 10)
        PIL.Image.fromarray(mask).save(root / "labels" / "a" / f"{number:03d}{kind[-4:]}")
    (video,) = find_videos("folder", root).videos
    extract(video, img, SIZE, None)
    assert labels_under(img, "cart/a") == [0] * 5 + [1] * 5 + [0] * 2
    masks = read_masks(img, read_record(img / "testing" / "cart" / "a"))
    assert masks.any(axis=(1, 2)).tolist() == [False] * 5 + [True] * 5 + [False] * 2


def test_labels_that_say_nothing_are_noted_until_they_say_something(tmp_path, img, make_pictures):
    root = tmp_path / "own"
    make_pictures(root / "cart" / "a")
    path = root / "labels.txt"

    def problem(content):
        path.write_text(content)
        (video,) = find_videos("folder", root).videos
        return extract(video, img, SIZE, 25).problem, extract(video, img, SIZE, None).problem

    unknown_rate = "no frame rate is known: 25 is taken; set it with --fps"
    said = f"labels: none of its frames is abnormal in {path}"
    assert problem("0 " * 12) == (said, f"{unknown_rate}; {said}")
    assert problem("0 1 " * 6) == ("", unknown_rate)
    path.unlink()
    path = root / "labels.csv"
    assert problem("video,start_frame,end_frame\na,,\n") == ("", unknown_rate)


@pytest.mark.parametrize("flat", [0, 255])
def test_flat_masks_are_noted(tmp_path, img, make_pictures, flat):
    root = tmp_path / "own"
    make_pictures(root / "cart" / "a", names="{}.png")
    (root / "labels" / "a").mkdir(parents=True)
    for number in range(12):
        picture = PIL.Image.new("L", (48, 32), flat)
        picture.save(root / "labels" / "a" / f"{number}.png")
    (video,) = find_videos("folder", root).videos
    told = extract(video, img, SIZE, 25).problem
    expected = "each of its masks marks every pixel or none" if flat else "none of its frames is"
    assert told.startswith(f"labels: {expected}")
