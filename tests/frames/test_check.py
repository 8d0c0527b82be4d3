import dataclasses
import os
import shutil

import cv2
import numpy as np
import pytest

from abnormal.frames.check import check_manifest, check_video, read_all_records
from abnormal.frames.manifest import write_manifest, write_record
from abnormal.frames.writer import write_labels, write_masks


@pytest.fixture
def record(tmp_path, make_img):
    """A labelled video whose source is a file."""
    (record,) = make_img(tmp_path / "img", {"testing/v": 12})
    for name in ("source.mp4", "labels.npy", "masks.npy"):
        (tmp_path / name).write_text("hello")
    hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    source = {
        "path": str(tmp_path / "source.mp4"),
        "labels": str(tmp_path / "labels.npy"),
        "masks": str(tmp_path / "masks.npy"),
        "sha256": hello,
        "labels_sha256": hello,
        "masks_sha256": hello,
    }
    record = dataclasses.replace(record, labelled=True, masked=True, source=source)
    folder = record.folder(tmp_path / "img")
    write_labels(folder, np.arange(12) // 6)
    write_masks(folder, [np.ones((16, 16), np.uint8)] * 12, 12, 16)
    write_record(folder, record)
    write_manifest(tmp_path / "img")
    return record


def test_a_whole_video(tmp_path, record):
    checked = check_video(tmp_path / "img", record)
    assert (checked.abnormal, checked.damage, checked.changes) == (6, [], [])
    assert read_all_records(tmp_path / "img") == [record]
    assert check_manifest(tmp_path / "img", [record]) == []


def resized(path):
    cv2.imwrite(str(path), np.zeros((8, 8), np.uint8))


@pytest.mark.parametrize(
    ("spoil", "damage"),
    [
        (lambda f: (f / "000003.jpg").unlink(), "1 of 12 frames missing (000003.jpg)"),
        (lambda f: (f / "000003.jpg").write_text("x"), "1 of 12 frames unreadable (000003.jpg)"),
        (lambda f: resized(f / "000003.jpg"), "1 of 12 frames of another size (000003.jpg)"),
        (lambda f: resized(f / "000012.jpg"), "1 of 12 frames too many (000012.jpg)"),
        (
            lambda f: [(f / f"00000{k}.jpg").unlink() for k in range(5)],
            "5 of 12 frames missing (000000.jpg, 000001.jpg, 000002.jpg, ...)",
        ),
        (lambda f: (f / "labels.txt").write_text("0\n"), "it has 1 for 12 frames"),
        (lambda f: (f / "labels.txt").unlink(), "labels.txt cannot be read"),
        (lambda f: (f / "masks.npz").write_text("x"), "masks.npz cannot be read"),
        (shutil.rmtree, "12 of 12 frames missing"),
    ],
)
def test_damage(tmp_path, record, spoil, damage):
    spoil(record.folder(tmp_path / "img"))
    checked = check_video(tmp_path / "img", record)
    assert damage in checked.damage[0]
    assert (len(checked.damage), checked.changes) == (1 + (spoil is shutil.rmtree), [])


@pytest.mark.parametrize("name", ["source.mp4", "labels.npy", "masks.npy"])
def test_changes_at_the_source(tmp_path, record, name):
    (tmp_path / name).write_text("other")
    assert check_video(tmp_path / "img", record).changes == [f"{tmp_path / name} has changed"]
    (tmp_path / name).unlink()
    assert check_video(tmp_path / "img", record).changes == [
        f"{tmp_path / name} is no longer there"
    ]
    os.mkfifo(tmp_path / name)
    assert check_video(tmp_path / "img", record).changes == [
        f"{tmp_path / name} is a pipe, but a file was expected."
    ]


def test_drawn_footage_has_no_source(tmp_path, make_img):
    (record,) = make_img(tmp_path, {"training/v": 3})
    assert check_video(tmp_path, record).changes == []


def test_what_is_not_in_the_manifest(tmp_path, record):
    img = tmp_path / "img"
    folder = record.folder(img)
    other = img / "testing" / "other"
    begun = img / "testing" / ".partial-1@elsewhere-x"
    for copy in (other, begun):
        shutil.copytree(folder, copy)
    write_record(folder, dataclasses.replace(record, camera="gate"))
    assert check_manifest(img, [record]) == [
        f"{begun}: unfinished, of a run that was killed or still works",
        f"{other}: not in manifest.json",
        f"{folder}: manifest.json says otherwise",
    ]


def test_a_damaged_record_is_one_line_among_others(tmp_path, record):
    img = tmp_path / "img"
    shutil.copytree(record.folder(img), img / "testing" / "w")
    (record.folder(img) / "video.json").write_text("{")
    missing, damaged = check_manifest(img, [record])
    assert missing == f"{img / 'testing' / 'w'}: not in manifest.json"
    assert damaged.startswith(f"{record.folder(img) / 'video.json'} is damaged")
