"""A folder of one's own: which videos are in it, what they are called, and which are normal."""

import pytest

from abnormal.datasets.folder import find as find_folder
from abnormal.datasets.source import TESTING, TRAINING
from tests.datasets.layout_trees import files


def test_folder_names_splits_and_situations(trees):
    facts = [(v.split, v.name, v.situation) for v in find_folder(trees("folder"))]
    assert facts == [
        (TESTING, "loitering/deep/gate", "loitering"),
        *[(TRAINING, f"normal/day{number}", "") for number in range(1, 11)],
        (TESTING, "running/gate", "running"),
    ]


@pytest.mark.parametrize(
    ("place", "split"),
    [
        ("a.mp4", TRAINING),
        ("normal/a.mp4", TRAINING),
        ("Normal_week1/a.mp4", TRAINING),
        ("training/a.mp4", TRAINING),
        ("Train/deep/a.mp4", TRAINING),
        ("abnormal/a.mp4", TESTING),
        ("testing/a.mp4", TESTING),
        ("fight/normal/a.mp4", TESTING),
    ],
)
def test_which_videos_of_a_folder_are_normal(tmp_path, place, split):
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert [video.split for video in find_folder(tmp_path)] == [split]
    assert [video.split for video in find_folder(tmp_path, TESTING)] == [TESTING]


@pytest.mark.parametrize(
    ("places", "names"),
    [
        (["gate.avi", "gate.mp4", "yard.mp4"], ["gate_avi", "gate_mp4", "yard"]),
        (["gate.mp4", "gate/1.png", "gate/2.png"], ["gate_frames", "gate_mp4"]),
        (["normal.mp4", "normal/a.mp4"], ["normal/a", "normal_mp4"]),
        (["normal/poster.jpg", "normal/b.jpg", "normal/a.mp4"], ["normal/a"]),
        (["cover.png", "a/1.png", "a/2.png", "b/1.png", "b/2.png"], ["a", "b"]),
        (["a/1.png", "a/2.png", "a/masks/1.png", "a/masks/2.png"], ["a"]),
        (["a.b.mp4", ".hidden.mp4", ".trash/c.mp4", "notes.txt"], ["a.b"]),
    ],
)
def test_names_of_videos_in_a_folder_are_distinct_and_none_lies_in_another(tmp_path, places, names):
    assert sorted(video.name for video in find_folder(files(tmp_path, *places))) == names


def test_a_folder_of_pictures_is_one_video(tmp_path, make_pictures):
    (video,) = find_folder(make_pictures(tmp_path / "gate"))
    assert (video.name, video.split, video.path) == ("gate", TRAINING, tmp_path / "gate")


def test_one_video_file(tmp_path, make_video):
    (video,) = find_folder(make_video(tmp_path / "gate.mp4"), TESTING)
    assert (video.name, video.split) == ("gate", TESTING)


def test_a_link_to_a_folder_above_is_not_followed(tmp_path, make_video):
    make_video(tmp_path / "normal" / "a.mp4", 1)
    (tmp_path / "normal" / "loop").symlink_to(tmp_path)
    (tmp_path / "fight").symlink_to(tmp_path / "normal")
    assert [video.name for video in find_folder(tmp_path)] == ["fight/a", "normal/a"]


def test_a_folder_passes_over_the_frames_that_were_made_in_it(tmp_path, make_video, make_img):
    make_video(tmp_path / "gate.mp4")
    make_img(tmp_path / "img", {"training/01": 3, "testing/cart/02": 3})

    assert [video.name for video in find_folder(tmp_path)] == ["gate"]


def test_sub_folders_with_normal_folders_of_their_own_are_cameras(tmp_path):
    places = ["gate/normal/a.mp4", "gate/fight/b.mp4", "yard/train_2/a.mp4", "yard/c.mp4"]
    facts = {
        video.name: (video.split, video.situation, video.camera)
        for video in find_folder(files(tmp_path, *places))
    }
    assert facts == {
        "gate/normal/a": (TRAINING, "", "gate"),
        "gate/fight/b": (TESTING, "fight", "gate"),
        "yard/train_2/a": (TRAINING, "", "yard"),
        "yard/c": (TRAINING, "", "yard"),
    }
