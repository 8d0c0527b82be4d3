"""ShanghaiTech: thirteen cameras, and masks that are missing or contradict the labels."""

import numpy as np
import pytest

from abnormal.datasets.find import find_videos
from abnormal.errors import AbnormalError
from tests.datasets.layout_trees import ABNORMAL, FRAMES


def test_thirteen_cameras_by_the_names_of_their_videos(trees):
    found = find_videos("auto", trees("shanghaitech"))
    assert found.reason.endswith("has training/videos/01_001.avi")
    cameras = {video.name: video.camera for video in found.videos}
    assert cameras["12_0142"] == "12"
    assert {name[:2] for name in cameras} == set(cameras.values())
    with found.videos[-1].open_frames() as stream:
        assert stream.fps == 24


def test_shanghaitech_without_pixel_masks_has_those_of_frames(trees):
    root = trees("shanghaitech")
    (root / "testing" / "test_pixel_mask").rename(root / "elsewhere")
    for video in find_videos("auto", root).videos[-2:]:
        annotation = video.annotate(FRAMES)
        assert (annotation.labels.tolist(), annotation.masks) == (ABNORMAL, None)


def test_masks_and_labels_that_contradict_each_other(trees):
    root = trees("shanghaitech")
    path = root / "testing" / "test_pixel_mask" / "01_0014.npy"
    np.save(path, np.zeros((FRAMES - 1, 32, 48), bool))
    with pytest.raises(AbnormalError, match="11 masks for 12 labels"):
        find_videos("auto", root).videos[-2].annotate(FRAMES)
