import dataclasses

import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.frames.reader import read_frames, read_labels, read_masks, verify_masks
from abnormal.frames.writer import write_labels, write_masks


@pytest.fixture
def record(tmp_path, make_img):
    (record,) = make_img(tmp_path, {"testing/v": 12}, size=32)
    return dataclasses.replace(record, labelled=True, masked=True)


@pytest.mark.parametrize("size", [32, 24, 64])
def test_frames_come_in_order_at_the_size_wanted(tmp_path, record, number_of, size):
    pictures = list(read_frames(tmp_path, record, size))
    assert [number_of(picture) for picture in pictures] == list(range(12))
    assert {(picture.shape, picture.dtype.name) for picture in pictures} == {
        ((size, size), "uint8")
    }


def test_frames_are_read_when_they_are_asked_for(tmp_path, record):
    frames = read_frames(tmp_path, record, 32)
    next(frames)
    (record.folder(tmp_path) / "000001.jpg").unlink()
    with pytest.raises(AbnormalError, match=r"000001\.jpg"):
        next(frames)


@pytest.mark.parametrize("spoil", ["missing", "broken"])
def test_a_frame_that_cannot_be_read(tmp_path, record, spoil):
    path = record.folder(tmp_path) / "000007.jpg"
    path.unlink() if spoil == "missing" else path.write_text("broken")
    with pytest.raises(AbnormalError, match=r"000007\.jpg.* Delete the folder .*testing/v"):
        list(read_frames(tmp_path, record, 32))


def test_no_labels_and_no_masks(tmp_path, record):
    plain = dataclasses.replace(record, labelled=False, masked=False)
    assert read_labels(tmp_path, plain) is None
    assert read_masks(tmp_path, plain) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0\n" * 11, "does not fit its video: it has 11 for 12 frames"),
        ("", "does not fit its video: it has 0 for 12 frames"),
        ("0\n" * 11 + "2\n", "cannot be read"),
        ("0\n" * 11 + "x\n", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_labels_that_are_none(tmp_path, record, text, message):
    if text is not None:
        (record.folder(tmp_path) / "labels.txt").write_text(text)
    with pytest.raises(AbnormalError, match=rf"labels\.txt {message}.*Delete the folder"):
        read_labels(tmp_path, record)


def test_labels_by_hand(tmp_path, record):
    write_labels(record.folder(tmp_path), np.arange(12) // 6)
    assert (record.folder(tmp_path) / "labels.txt").read_text() == "0\n" * 6 + "1\n" * 6
    labels = read_labels(tmp_path, record)
    assert (labels.dtype, labels.tolist()) == (np.uint8, [0] * 6 + [1] * 6)


def too_few(path):
    write_masks(path.parent, [np.ones((8, 8), np.uint8)] * 11, 11, 8)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (too_few, "does not fit its video: it has 11 for 12 frames"),
        (lambda path: path.write_bytes(b"PK broken"), "cannot be read"),
        (lambda path: path.write_bytes(b""), "cannot be read"),
        (lambda path: np.savez(path, other=np.zeros(3)), "cannot be read"),
        (lambda path: None, "cannot be read"),
    ],
    ids=["too few", "broken", "empty", "something else", "missing"],
)
def test_masks_that_are_none(tmp_path, record, spoil, message):
    spoil(record.folder(tmp_path) / "masks.npz")
    for read in (read_masks, verify_masks):
        with pytest.raises(AbnormalError, match=rf"masks\.npz {message}.*Delete the folder"):
            read(tmp_path, record)


def test_masks_are_verified_byte_by_byte(tmp_path, record):
    path = record.folder(tmp_path) / "masks.npz"
    write_masks(path.parent, np.random.default_rng(0).integers(0, 2, (12, 32, 32)), 12, 32)
    verify_masks(tmp_path, record)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(AbnormalError, match=r"masks\.npz cannot be read"):
        verify_masks(tmp_path, record)


def test_a_video_without_masks_has_none_to_verify(tmp_path, record):
    verify_masks(tmp_path, dataclasses.replace(record, masked=False))
