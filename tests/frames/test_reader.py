import dataclasses
import os
import zipfile

import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.frames.manifest import write_record
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


AGAIN = [{"fps": 5.0}, {"frames": 24}, {"source": {"sha256": "of another file"}}]


@pytest.mark.parametrize("again", AGAIN)
@pytest.mark.parametrize("read_before", [0, 1])
def test_frames_that_the_manifest_does_not_know_are_refused(tmp_path, record, again, read_before):
    """`preprocess.py` was killed before it wrote the manifest, or makes them again meanwhile."""
    frames = read_frames(tmp_path, record, 32)
    for _ in range(read_before):
        next(frames)
    write_record(record.folder(tmp_path), dataclasses.replace(record, **again))
    with pytest.raises(AbnormalError, match=r"testing/v does not have the frames that manifest"):
        list(frames)


def test_what_frames_do_not_depend_on_may_be_newer_than_the_manifest(tmp_path, record):
    newer = dataclasses.replace(record, camera="gate", notes=("too dark",), labelled=False)
    write_record(record.folder(tmp_path), newer)
    assert len(list(read_frames(tmp_path, record, 32))) == 12


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


def test_a_bit_that_flips_anywhere_in_masks_is_seen(tmp_path, record):
    """Some of it is answered by zlib, some by zipfile, some by NumPy."""
    path = record.folder(tmp_path) / "masks.npz"
    masks = np.random.default_rng(0).integers(0, 2, (12, 32, 32))
    write_masks(path.parent, masks, 12, 32)
    whole = path.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 150)):
        content = bytearray(whole)
        content[place] ^= 4
        path.write_bytes(content)
        try:
            found = read_masks(tmp_path, record)
        except AbnormalError as error:
            assert "\n" not in str(error)  # noqa: PT017
        else:  # in a part of the file that does not matter, such as a date
            np.testing.assert_array_equal(found, masks == 1)


def test_masks_that_claim_more_than_their_file_holds_take_no_memory(tmp_path, record):
    path = record.folder(tmp_path) / "masks.npz"
    header = {"descr": "|u1", "fortran_order": False, "shape": (12, 2**20, 2**20)}
    with zipfile.ZipFile(path, "w") as stored, stored.open("packed.npy", "w") as file:
        np.lib.format.write_array_header_1_0(file, header)
    with zipfile.ZipFile(path, "a") as stored, stored.open("width.npy", "w") as file:
        np.lib.format.write_array(file, np.array(2**23))
    with pytest.raises(AbnormalError, match="is larger than its file"):
        read_masks(tmp_path, record)


@pytest.mark.parametrize("name", ["labels.txt", "masks.npz", "000003.jpg"])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_on(tmp_path, record, name):
    path = record.folder(tmp_path) / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    read = {"labels.txt": read_labels, "masks.npz": read_masks}.get(name, read_all)
    with pytest.raises(AbnormalError, match=f"{name} is a pipe, but a file was expected"):
        read(tmp_path, record)


def read_all(img, record):
    return list(read_frames(img, record, 16))


def test_a_video_without_masks_has_none_to_verify(tmp_path, record):
    verify_masks(tmp_path, dataclasses.replace(record, masked=False))
