import io
import zipfile

import numpy as np
import pytest

from abnormal.datasets.labels import vectors
from abnormal.datasets.labels.vectors import (
    array_names,
    read_concatenated,
    read_member,
    read_vector,
)
from abnormal.errors import AbnormalError

LABELS = [0, 1, 1, 0, 1]


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.npy", lambda path: np.save(path, np.array(LABELS, np.int64))),
        ("a.npy", lambda path: np.save(path, np.array([LABELS], np.int8))),
        ("a.npy", lambda path: np.save(path, np.array(LABELS, bool))),
        ("a.npy", lambda path: np.save(path, np.array(LABELS, np.float64)[:, None])),
        ("a.txt", lambda path: path.write_text("0\n1\n1\n0\n1\n")),
        ("a.txt", lambda path: path.write_text("0, 1 1\n0.0,1")),
        ("a.csv", lambda path: path.write_text("0\n1\n1\n0\n1\n")),
        ("a.CSV", lambda path: path.write_text("frame,label\n0,0\n1,1\n2,1\n3,0\n4,1\n")),
    ],
)
def test_a_number_for_each_frame(tmp_path, name, write):
    write(tmp_path / name)
    labels = read_vector(tmp_path / name, 5).labels
    assert (labels.dtype, labels.tolist()) == (np.uint8, LABELS)


def test_a_mask_for_each_frame(tmp_path):
    masks = np.zeros((5, 4, 6), np.uint8)
    masks[[1, 2, 4], 0, 0] = 255
    np.save(tmp_path / "a.npy", masks)
    annotation = read_vector(tmp_path / "a.npy", 5)
    assert annotation.labels.tolist() == LABELS
    np.testing.assert_array_equal(list(annotation.masks), masks)


def test_arrays_by_name(tmp_path):
    np.savez(tmp_path / "a.npz", **{"01": LABELS, "02.npy": [1, 0]})
    assert array_names(tmp_path / "a.npz") == ["01", "02.npy"]
    assert read_member(tmp_path / "a.npz", "02.npy", 2).labels.tolist() == [1, 0]


def test_all_videos_one_after_the_other(tmp_path):
    np.save(tmp_path / "a.npy", LABELS)
    parts = [
        read_concatenated(tmp_path / "a.npy", [2, 3], index, 0).labels.tolist() for index in (0, 1)
    ]
    assert parts == [[0, 1], [1, 0, 1]]
    with pytest.raises(AbnormalError, match=r"5 labels in .*a\.npy for 6 frames in the 2 test"):
        read_concatenated(tmp_path / "a.npy", [2, 4], 0, 2)


class Trap:
    def __reduce__(self):
        return (open, ("sprung", "w"))  # what loading it would do


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "pickle.npy"])
def test_nothing_pickled_is_loaded(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    trap = np.array([Trap()], object)
    if name == "a.npz":
        np.savez(name, trap=trap)
    elif name == "a.npy":
        np.save(name, trap)
    else:
        (tmp_path / name).write_bytes(trap.dumps())
    with pytest.raises(AbnormalError, match=r"never loaded.*np\.savez"):
        read_member(tmp_path / name, "trap", 1) if "z" in name else read_vector(tmp_path / name, 1)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        ("a.npy", lambda path: np.save(path, [0, 2]), "has the label 2; expected 0 or 1"),
        ("a.npy", lambda path: np.save(path, np.array([0, np.nan])), "has the label nan"),
        ("a.npy", lambda path: np.save(path, np.zeros((4, 4))), r"has the shape \(4, 4\)"),
        ("a.npy", lambda path: path.write_text("0 1"), "cannot be read as labels"),
        ("a.npy", lambda path: path.write_bytes(b""), "cannot be read as labels"),
        ("a.txt", lambda path: path.write_text("0 1 x"), "cannot be read as labels"),
        ("a.csv", lambda path: path.write_text("label\n0\nx"), "cannot be read as labels"),
        ("a.txt", lambda path: path.write_bytes(b"\xff\xfe\x00"), "cannot be read as labels"),
    ],
)
def test_what_are_no_labels(tmp_path, name, write, message):
    write(tmp_path / name)
    with pytest.raises(AbnormalError, match=message):
        read_vector(tmp_path / name, 2)


@pytest.mark.parametrize(
    "array", [np.zeros(2, [("a", "i4"), ("b", "i4")]), np.zeros((2, 1, 1), "U1"), np.zeros(2, "V2")]
)
def test_arrays_of_something_else_than_numbers(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(AbnormalError, match="instead of numbers"):
        read_vector(tmp_path / "a.npy", 2)


@pytest.mark.parametrize(
    ("length", "zeros", "said"),
    [(10**15, 8, "Unable to allocate"), (1 << 16, 1 << 16, "more than 1000")],
)
def test_an_array_that_claims_more_than_memory_has(tmp_path, monkeypatch, length, zeros, said):
    monkeypatch.setattr(vectors, "MOST_BYTES", 1000)
    header = io.BytesIO()
    shape = {"descr": "|u1", "fortran_order": False, "shape": (length,)}
    np.lib.format.write_array_header_1_0(header, shape)
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as stored:
        stored.writestr("01.npy", header.getvalue() + bytes(zeros))
    with pytest.raises(AbnormalError, match=said):
        read_member(tmp_path / "a.npz", "01", 10)


def test_a_cell_that_never_ends(tmp_path):
    (tmp_path / "a.csv").write_text('label\n"0\n' + "1\n" * 140_000)
    with pytest.raises(AbnormalError, match=r"cannot be read as labels \(line .* field limit"):
        read_vector(tmp_path / "a.csv", 2)


def test_what_is_no_npz(tmp_path):
    for content in (b"PK\x03\x04 broken", b"hello"):
        (tmp_path / "a.npz").write_bytes(content)
        with pytest.raises(AbnormalError, match=r"a\.npz (cannot be read|holds)"):
            array_names(tmp_path / "a.npz")
