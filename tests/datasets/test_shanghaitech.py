"""ShanghaiTech: thirteen cameras, and masks that are missing or contradict the labels."""

import dataclasses

import numpy as np
import pytest

from abnormal.datasets.extract import UNCHANGED, WRITTEN, extract
from abnormal.datasets.find import find_videos
from abnormal.errors import AbnormalError
from abnormal.frames.manifest import read_record, write_record
from abnormal.frames.reader import read_masks
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


def test_pixel_masks_that_come_later_or_change_are_read(trees, tmp_path):
    root, img = trees("shanghaitech"), tmp_path / "img"
    folder, elsewhere = root / "testing" / "test_pixel_mask", root / "elsewhere"
    folder.rename(elsewhere)

    def again():
        video = find_videos("auto", root).videos[-2]
        status = extract(video, img, 16, None).status
        record = read_record(img / "testing" / video.name)
        masks = read_masks(img, record)
        return status, None if masks is None else int(masks.any(axis=(1, 2)).sum()), record

    assert again()[:2] == (WRITTEN, None)
    elsewhere.rename(folder)
    assert again()[:2] == (WRITTEN, sum(ABNORMAL))
    np.save(folder / "01_0014.npy", np.ones((FRAMES, 32, 48), bool))
    status, masked, record = again()
    assert (status, masked) == (WRITTEN, FRAMES)
    earlier = {key: value for key, value in record.source.items() if not key.startswith("masks")}
    write_record(record.folder(img), dataclasses.replace(record, source=earlier))
    assert again() == (UNCHANGED, FRAMES, record)
    folder.rename(elsewhere)
    assert again()[:2] == (WRITTEN, None)


@pytest.mark.parametrize(
    ("name", "content"),
    [("labels.txt", "0 1 " * FRAMES), ("labels.csv", "video,start_frame,end_frame\n01_0014,3,5\n")],
)
def test_other_labels_take_the_place_of_the_masks_too(trees, name, content):
    root = trees("shanghaitech")
    assert find_videos("auto", root).videos[-2].mask_path.name == "01_0014.npy"
    path = root / name
    path.write_text(content)
    video = next(v for v in find_videos("auto", root).videos if v.name == "01_0014")
    assert (video.annotation_path, video.mask_path) == (path, None)
