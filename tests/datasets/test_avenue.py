"""Avenue: without its masks, and its two archives side by side."""

from abnormal.datasets.avenue import find as find_avenue
from abnormal.datasets.find import find_videos
from abnormal.datasets.source import TESTING
from tests.datasets.layout_trees import ABNORMAL, FRAMES


def test_avenue_without_its_masks(trees):
    root = trees("avenue")
    (root / "ground_truth_demo").rename(root / "elsewhere")
    assert {video.annotate for video in find_avenue(root)} == {None}


def test_the_two_archives_of_avenue_unpacked_side_by_side(tmp_path, trees, make_video):
    (tmp_path / "outer").mkdir()
    inner = trees("avenue").rename(tmp_path / "outer" / "Avenue Dataset")
    (inner / "ground_truth_demo").rename(tmp_path / "outer" / "ground_truth_demo")
    make_video(tmp_path / "outer" / "ground_truth_demo" / "testing_videos" / "01.avi", 2)
    for place in (tmp_path / "outer", inner):
        found = find_videos("auto", place)
        assert (found.layout, len(found.videos)) == ("avenue", 12)
        tested = [video for video in found.videos if video.split == TESTING]
        assert all(video.annotate(FRAMES).labels.tolist() == ABNORMAL for video in tested)
