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


@pytest.mark.parametrize(
    ("places", "layout"),
    [
        (["Train/cam1/1.jpg", "Test/walk/1.jpg"], "folder"),
        (["Train/Train001/1.jpg", "Test/Test001/1.jpg"], "folder"),  # as Street Scene has them
        (["Train/cam1/1.tif"], "folder"),
        (["Train/Train001/1.tif"], "ucsd"),
        (["UCSDped1/Train/Train001/1.jpg", "UCSDped1/Test/Test001/1.jpg"], "ucsd"),
        (["training_videos/cam1/a.mp4", "testing_videos/theft/b.mp4"], "folder"),
        (["training_videos/01.avi"], "avenue"),
        (["training/videos/01_20230101120000.mp4", "testing/videos/02_1.mp4"], "folder"),
        (["training/videos/01_001.avi"], "shanghaitech"),
    ],
)
def test_footage_in_folders_like_those_of_a_data_set_is_not_taken_for_it(tmp_path, places, layout):
    assert find_videos("auto", files(tmp_path / "own", *places)).layout == layout


def test_a_layout_that_is_asked_for_is_read_whatever_is_in_its_folders(tmp_path):
    root = files(tmp_path / "own", "Train/cam1/1.jpg")
    (video,) = find_videos("ucsd", root).videos
    assert (video.name, video.split) == ("own/cam1", TRAINING)


def test_videos_without_a_place_in_a_layout_are_said(tmp_path, trees, make_video, caplog):
    root = trees("shanghaitech")
    make_video(root / "testing" / "videos" / "02_0001.mp4", 1)
    files(root, "more/gate/1.jpg", "more/gate_gt/1.jpg")
    found = find_videos("auto", root)
    assert len(found.videos) == 12
    assert {path.name for path in found.passed_over.unread} == {"gate", "02_0001.mp4"}
    (text,) = [text for text in caplog.messages if "have no place" in text]
    assert text == (
        "2 videos have no place in the layout shanghaitech and are passed over, such as "
        f"{root / 'more' / 'gate'}. To read all as a plain folder, say --dataset folder."
    )


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("shanghaitech", "training/frames/01_001/000.jpg"),
        ("avenue", "training_videos/01.mp4"),
    ],
)
def test_a_video_that_is_there_twice_is_taken_once(trees, caplog, name, again):
    caplog.set_level("INFO", "abnormal")
    root = files(trees(name), again)
    found = find_videos("auto", root)
    assert len({(video.split, video.name) for video in found.videos}) == len(found.videos) == 12
    path = (root / again).parent if again.endswith("jpg") else root / again
    assert not found.passed_over.unread
    assert any(
        f"1 videos are there twice, and the first is taken: {path.parents[1]}" in text
        and f", not {path}, " in text
        for text in caplog.messages
    )


def test_labels_beside_a_data_set_in_a_folder_are_its_own(tmp_path, trees):
    outer = tmp_path / "outer"
    outer.mkdir()
    inner = trees("avenue").rename(outer / "Data Set")
    table = "video,start_frame,end_frame\n01,1,2\n"
    (outer / "labels.csv").write_text(table)
    found = find_videos("auto", outer)
    assert outer / "labels.csv" in {video.annotation_path for video in found.videos}
    assert found.notes == []
    (inner / "labels.csv").write_text(table)
    with pytest.raises(AbnormalError, match=r"There are labels at .* and .*--labels"):
        find_videos("auto", outer)
