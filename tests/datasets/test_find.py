"""Which layout a folder has, also one folder deeper, and what is said if it has none."""

import pytest

from abnormal.datasets.find import find_videos
from abnormal.datasets.source import TESTING, TRAINING
from abnormal.errors import AbnormalError
from tests.datasets.layout_trees import files


def test_a_folder_that_has_another_layout(trees):
    with pytest.raises(AbnormalError, match=r"is not laid out as ucsd: docs/DATA\.md shows"):
        find_videos("ucsd", trees("avenue"))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda root: None, r"There is no folder .*--videos"),
        (lambda root: root.mkdir(), r"There is no video in .*Expected: .*\.mp4.*\.jpg"),
        (lambda root: files(root, "a.txt", "b/c.mat"), "There is no video in"),
        (lambda root: files(root, "training_videos/a.txt"), "There is no video in"),
    ],
    ids=["missing", "empty", "nothing usable", "empty avenue"],
)
def test_a_folder_without_videos(tmp_path, make, message):
    make(tmp_path / "videos")
    with pytest.raises(AbnormalError, match=message):
        find_videos("auto", tmp_path / "videos")


def test_no_folder_named():
    with pytest.raises(AbnormalError, match="--videos FOLDER, or --dataset demo"):
        find_videos("auto", None)


def test_the_demo_needs_no_folder():
    found = find_videos("demo", None)
    assert found.layout == "demo"
    assert len(found.videos) == 12


def test_split_is_refused_where_the_layout_says_it(tmp_path, make_video):
    make_video(tmp_path / "training_videos" / "01.avi")

    with pytest.raises(AbnormalError, match=r"read as avenue.*--dataset folder"):
        find_videos("auto", tmp_path, "testing")


def test_videos_in_train_and_test_are_not_ucsd(tmp_path, make_video):
    make_video(tmp_path / "Train" / "a.mp4")
    make_video(tmp_path / "Test" / "b.mp4")

    found = find_videos("auto", tmp_path)

    assert found.layout == "folder"
    assert {(video.name, video.split) for video in found.videos} == {
        ("Train/a", TRAINING),
        ("Test/b", TESTING),
    }


@pytest.mark.parametrize("name", ["avenue", "ucsd", "shanghaitech", "frame_folder"])
def test_a_data_set_is_found_one_folder_deeper(tmp_path, trees, name):
    (tmp_path / "outer").mkdir()
    trees(name).rename(tmp_path / "outer" / "Data Set")
    (tmp_path / "outer" / "__MACOSX" / "Data Set").mkdir(parents=True)
    found = find_videos("auto", tmp_path / "outer")
    assert (found.layout, len(found.videos)) == (name, 12)
    assert found.reason.startswith(f"{tmp_path / 'outer' / 'Data Set'} has ")
    assert all(video.annotate for video in found.videos if video.split == TESTING)


def test_other_videos_beside_a_data_set_are_not_passed_over(tmp_path, trees, make_video):
    (tmp_path / "outer").mkdir()
    trees("avenue").rename(tmp_path / "outer" / "avenue")
    make_video(tmp_path / "outer" / "own" / "gate.mp4", 2)
    found = find_videos("auto", tmp_path / "outer")
    assert found.layout == "folder"
    assert "own/gate" in {video.name for video in found.videos}
    assert find_videos("auto", tmp_path / "outer" / "avenue").layout == "avenue"
