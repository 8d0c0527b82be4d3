import pytest

from abnormal.frames.leaks import find_leaks
from abnormal.frames.manifest import VideoRecord
from abnormal.frames.writer import write_frames
from abnormal.video.stream import Frame


def found(img, picture_of, **videos):
    """Leaks among videos whose frames tell these numbers."""
    records = []
    for place, numbers in videos.items():
        split, video = place.split("_")
        record = VideoRecord(split, video, len(numbers), 25.0, 16, 16)
        record.folder(img).mkdir(parents=True)
        write_frames(
            record.folder(img), (Frame(picture_of(n, 16, 16), 0, k) for k, n in enumerate(numbers)),
            16,
        )  # fmt: skip
        records.append(record)
    return [(leak.tested.video, leak.trained.video, leak.frames, str(leak))
            for leak in find_leaks(img, records)]  # fmt: skip


@pytest.mark.parametrize(
    ("tested", "frames", "words"),
    [
        (range(30), 30, "b is the training video a"),
        (range(20), 20, "b has its first 20 frames from the training video a"),
        (range(50), 30, "b has its first 30 frames from the training video a"),
        ([*range(12), *range(100, 120)], 12, "b has its first 12 frames from"),
        ([0, 1, 2], 3, "b has its first 3 frames from"),  # all of it
    ],
)
def test_a_test_video_that_begins_as_a_training_video(tmp_path, picture_of, tested, frames, words):
    (leak,) = found(tmp_path, picture_of, training_a=range(30), testing_b=tested)
    assert leak[:3] == ("b", "a", frames)
    assert f"the test video {words}" in leak[3]


@pytest.mark.parametrize(
    "tested",
    [
        range(100, 130),
        [*range(9), *range(100, 120)],  # less than a clip in common
        [*range(1, 30)],
        [],
    ],
)
def test_no_leak(tmp_path, picture_of, tested):
    assert found(tmp_path, picture_of, training_a=range(30), testing_b=tested) == []


def test_a_camera_that_shows_nothing_at_first_is_no_leak(tmp_path, picture_of):
    dark = [0] * 40
    videos = {"training_a": [*dark, 1, 2], "testing_b": [*dark, 3, 4]}
    assert found(tmp_path, picture_of, **videos) == []


def test_two_videos_of_one_split_may_be_the_same(tmp_path, picture_of):
    videos = {f"{split}_{name}": range(20) for split in ("training",) for name in "ab"}
    assert found(tmp_path, picture_of, **videos, testing_c=range(50, 70)) == []


def test_each_pair_is_named(tmp_path, picture_of):
    same = range(20)
    leaks = found(tmp_path, picture_of, training_a=same, training_b=same, testing_c=same)
    assert [leak[:2] for leak in leaks] == [("c", "a"), ("c", "b")]
