"""Folders of frames: their rate, and their labels from files of intervals."""

import pytest

from abnormal.datasets.frame_folder import find as find_frame_folder
from tests.datasets.layout_trees import ABNORMAL, FRAMES


@pytest.mark.parametrize(("name", "fps"), [("ped2", 10), ("UCSD_Ped1", 10), ("Avenue", 25)])
def test_a_known_data_set_of_frames_has_its_rate(tmp_path, make_pictures, name, fps):
    make_pictures(tmp_path / name / "testing" / "frames" / "01", 1)
    (video,) = find_frame_folder(tmp_path / name)
    with video.open_frames() as stream:
        assert stream.fps == fps
    for other in ("other", "cropped2", "ped25"):
        (tmp_path / name).rename(tmp_path / other)
        with find_frame_folder(tmp_path / other)[0].open_frames() as stream:
            assert stream.fps is None
        name = other


@pytest.mark.parametrize("name", ["ped2.m", "ped2.mat"])
def test_frame_folders_with_intervals(tmp_path, make_pictures, save_cells, name):
    root = tmp_path / "ped2"
    make_pictures(root / "testing" / "frames" / "02", FRAMES)
    if name == "ped2.m":
        (root / name).write_text("gt_frame = [1:2];\ngt_frame = [4:6, 11:11];\n")
    else:
        save_cells(root / name, "gt", [[[1], [2]], [[4, 11], [6, 11]]])
    (root / "._ped2.m").write_text("junk")
    (video,) = find_frame_folder(root)
    assert video.annotate(FRAMES).labels.tolist() == ABNORMAL
    assert (video.annotate(FRAMES).masks, video.annotation_path) == (None, root / name)


def test_frame_folders_without_labels(tmp_path, make_pictures):
    make_pictures(tmp_path / "testing" / "frames" / "gate", FRAMES)
    (video,) = find_frame_folder(tmp_path)
    assert (video.annotate, video.annotation_path) == (None, None)
