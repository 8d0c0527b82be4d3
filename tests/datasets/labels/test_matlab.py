import os

import h5py
import numpy as np
import pytest
import scipy.io

from abnormal.datasets.labels.matlab import MatlabCells, variable_names
from abnormal.errors import AbnormalError

CELLS = [
    np.arange(6, dtype=np.uint8).reshape(2, 3),
    np.array([[1.5, -2.0]]),
    np.zeros((0, 0)),
    np.array([[True, False], [False, True]]),
    np.arange(1000, dtype=np.int32).reshape(10, 100),
    np.array([[7]], np.uint16),
]


def save_5(path, name, cells, **options):
    array = np.empty((1, len(cells)), object)
    array[0] = cells
    scipy.io.savemat(path, {"before": np.eye(3), name: array, "after": "x"}, **options)


def save_7_3(path, name, cells, **_):
    """As MATLAB lays cell arrays out in HDF5: references into `#refs#`, axes reversed."""
    with h5py.File(path, "w", userblock_size=512) as file:
        refs = file.create_group("#refs#")
        table = file.create_dataset(name, (len(cells), 1), h5py.ref_dtype)
        for number, cell in enumerate(cells):
            data = np.array(cell.shape, np.uint64) if cell.size == 0 else cell.T
            stored = refs.create_dataset(str(number), data=data)
            if cell.size == 0:
                stored.attrs["MATLAB_empty"] = 1
            table[number, 0] = stored.ref
        file["before"] = np.eye(3)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(512, b" "))


SAVES = pytest.mark.parametrize(
    ("save", "options"),
    [(save_5, {}), (save_5, {"do_compression": True}), (save_7_3, {})],
    ids=["5", "5 compressed", "7.3"],
)


@SAVES
def test_cells_are_those_that_were_saved(tmp_path, save, options):
    save(tmp_path / "a.mat", "gt", CELLS, **options)
    cells = MatlabCells(tmp_path / "a.mat", "gt")
    for _ in range(2):
        found = list(cells)
        assert [cell.shape for cell in found] == [cell.shape for cell in CELLS]
        for cell, expected in zip(found, CELLS, strict=True):
            np.testing.assert_array_equal(cell, expected)


@SAVES
def test_the_names_of_variables(tmp_path, save, options):
    save(tmp_path / "a.mat", "gt", CELLS, **options)
    assert set(variable_names(tmp_path / "a.mat")) - {"after"} == {"before", "gt"}


@SAVES
@pytest.mark.parametrize("name", ["other", "before"])
def test_no_such_cell_array(tmp_path, save, options, name):
    save(tmp_path / "a.mat", "gt", CELLS, **options)
    message = rf"no cell array '{name}' in it\. Its variables: .*gt"
    with pytest.raises(AbnormalError, match=message):
        list(MatlabCells(tmp_path / "a.mat", name))


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders(tmp_path, order):
    """SciPy writes its machine's order only: a file of one cell, put together by hand."""

    def element(kind, data):
        tag = np.array([kind, len(data)], f"{order}u4").tobytes()
        return tag + data + bytes(-len(data) % 8)

    def matrix(kind, shape, name, content):
        flags = element(6, np.array([kind, 0], f"{order}u4").tobytes())
        shaped = element(5, np.array(shape, f"{order}i4").tobytes())
        return element(14, flags + shaped + element(1, name) + content)

    numbers = matrix(10, (1, 3), b"", element(3, np.array([1, -2, 300], f"{order}i2").tobytes()))
    header = b"MATLAB 5.0 MAT-file".ljust(124) + (b"\x00\x01IM" if order == "<" else b"\x01\x00MI")
    (tmp_path / "a.mat").write_bytes(header + matrix(1, (1, 1), b"gt", numbers))
    assert [cell.tolist() for cell in MatlabCells(tmp_path / "a.mat", "gt")] == [[[1, -2, 300]]]


@SAVES
@pytest.mark.parametrize("share", [0, 0.05, 0.3, 0.6, 0.9])
def test_a_file_that_ends_too_early(tmp_path, save, options, share):
    path = tmp_path / "a.mat"
    noise = np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8)
    save(path, "gt", [noise] * 20, **options)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(AbnormalError, match=r"a\.mat (cannot be read as|has no cell array)"):
        list(MatlabCells(path, "gt"))


@pytest.mark.parametrize("content", [b"", b"hello\n" * 100, b"\x89HDF\r\n\x1a\n" + bytes(500)])
def test_what_is_no_matlab_file(tmp_path, content):
    (tmp_path / "a.mat").write_bytes(content)
    with pytest.raises(AbnormalError, match=r"a\.mat cannot be read as a MATLAB file"):
        list(MatlabCells(tmp_path / "a.mat", "gt"))
    with pytest.raises(AbnormalError, match=r"a\.mat cannot be read as a MATLAB file"):
        variable_names(tmp_path / "a.mat")


def test_cells_are_read_one_at_a_time(tmp_path):
    """The damage behind the first cells is not seen before it is reached."""
    path = tmp_path / "a.mat"
    noise = np.random.default_rng(0).integers(0, 256, (20, 99, 99), np.uint8)
    save_5(path, "gt", list(noise), do_compression=True)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    cells = iter(MatlabCells(path, "gt"))
    for number in range(5):
        np.testing.assert_array_equal(next(cells), noise[number])
    with pytest.raises(AbnormalError, match="it ends in the middle"):
        list(cells)


def test_a_cell_of_something_else_than_numbers(tmp_path):
    save_5(tmp_path / "a.mat", "gt", ["text"])
    with pytest.raises(AbnormalError, match="a cell of class 4 in place of numbers"):
        list(MatlabCells(tmp_path / "a.mat", "gt"))


def test_content_from_another_file_is_refused(tmp_path):
    path = tmp_path / "labels.mat"
    save_7_3(path, "gt", CELLS)
    with h5py.File(path, "a") as file:
        file["elsewhere"] = h5py.ExternalLink("/dev/zero", "/")
    for read in (lambda: list(MatlabCells(path, "gt")), lambda: variable_names(path)):
        with pytest.raises(AbnormalError, match=r"\(elsewhere is a link, perhaps to another file"):
            read()


def test_a_pipe_is_not_waited_on(tmp_path):
    path = tmp_path / "labels.mat"
    os.mkfifo(path)
    for read in (lambda: list(MatlabCells(path, "gt")), lambda: variable_names(path)):
        with pytest.raises(AbnormalError, match="is a pipe"):
            read()
