"""Reads cell arrays of MATLAB files cell by cell: all masks of a long video would fill the memory.

Files of version 5 are read as described in "MAT-File Format" by The MathWorks, chapter 1; SciPy can
only read a variable as a whole. Files of version 7.3 are HDF5 files.
"""

import io
import math
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np

from abnormal.arrays import MOST_COMPRESSED
from abnormal.errors import AbnormalError
from abnormal.hdf5 import open_hdf5
from abnormal.reading import require_regular

_HEADER_BYTES = 128
_MATRIX, _COMPRESSED = 14, 15
_CELL = 1
_NUMERIC = range(6, 16)  # double, single, integers of 8 to 64 bits, as which logicals are stored
_TYPES = {
    **{1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4"},
    **{7: "f4", 9: "f8", 12: "i8", 13: "u8"},
}

Read = Callable[[int], bytes]
"""Reads at most the given number of bytes from a file."""


class MatlabCells:
    """The cells of a cell array. Each iteration reads them from the file again.

    Attributes:
        path: A file of version 5 (compressed or not) or 7.3.
        name: Name of the variable.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yields the cells column by column, as MATLAB orders them. Their shapes may differ.

        Raises:
            AbnormalError: The file is damaged, or has no cell array of that name.
        """
        try:
            require_regular(self.path)
            cells = _cells_of_hdf5 if h5py.is_hdf5(self.path) else _cells_of_version_5
            yield from cells(self.path, self.name)
        except AbnormalError:
            raise
        except Exception as error:  # damaged files cause all kinds of errors, also in HDF5
            raise AbnormalError(
                f"{self.path} cannot be read as a MATLAB file ({error or type(error).__name__})."
            ) from None


def variable_names(path: Path) -> list[str]:
    """Lists the names of the variables in a file.

    Raises:
        AbnormalError: The file is damaged.
    """
    try:
        require_regular(path)
        if h5py.is_hdf5(path):
            with _open_hdf5(path) as file:
                return [name for name in file if not name.startswith("#")]
        with path.open("rb") as file:
            return [name for name, _, _ in _variables_of_version_5(file)]
    except Exception as error:
        raise AbnormalError(
            f"{path} cannot be read as a MATLAB file ({error or type(error).__name__})."
        ) from None


def _no_cell_array(path: Path, name: str, found: list[str]) -> AbnormalError:
    return AbnormalError(
        f"{path} has no cell array {name!r} in it. Its variables: {', '.join(found) or 'none'}."
    )


def _open_hdf5(path: Path) -> AbstractContextManager[h5py.File]:
    return open_hdf5(path, MOST_COMPRESSED * path.stat().st_size)


def _cells_of_hdf5(path: Path, name: str) -> Iterator[np.ndarray]:
    with _open_hdf5(path) as file:
        if name not in file or file[name].dtype != h5py.ref_dtype:
            raise _no_cell_array(path, name, [key for key in file if not key.startswith("#")])
        for reference in file[name][()].ravel():
            cell = file[reference]
            # HDF5 lists the slowest axis first, MATLAB the fastest one.
            yield np.zeros(cell[()], np.uint8) if "MATLAB_empty" in cell.attrs else cell[()].T


def _cells_of_version_5(path: Path, name: str) -> Iterator[np.ndarray]:
    found = []
    with path.open("rb") as file:
        for variable, kind, matrix in _variables_of_version_5(file):
            found.append(variable)
            if variable == name and kind == _CELL:
                yield from matrix
                return
    raise _no_cell_array(path, name, found)


def _variables_of_version_5(file: BinaryIO) -> Iterator[tuple[str, int, Iterator[np.ndarray]]]:
    """Yields the name, class and cells of each variable in a file of version 5.

    The cells are read only when they are iterated over, before the next variable.
    """
    header = file.read(_HEADER_BYTES)
    order = {b"IM": "<", b"MI": ">"}.get(header[126:128])
    if order is None:
        raise ValueError("neither version 5 nor 7.3")
    while tag := file.read(8):
        element, size = struct.unpack(f"{order}II", tag)
        stop = file.tell() + size
        read: Read = file.read
        if element == _COMPRESSED:
            read = io.BufferedReader(_DecompressedStream(file, size)).read
            element, _ = _read_tag(read, order)
        if element == _MATRIX:
            kind, shape, name = _read_matrix_header(read, order)
            yield name, kind, _read_cells(read, order, shape)
        file.seek(stop)


def _read_cells(read: Read, order: str, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    for _ in range(math.prod(shape)):
        element, size = _read_tag(read, order)
        if element != _MATRIX:
            raise ValueError(f"element {element} in place of a cell")
        yield _read_numbers(read, order) if size else np.zeros((0, 0), np.uint8)


def _read_numbers(read: Read, order: str) -> np.ndarray:
    kind, shape, _ = _read_matrix_header(read, order)
    if kind not in _NUMERIC:
        raise ValueError(f"a cell of class {kind} in place of numbers")
    element, data = _read_element(read, order)
    return np.frombuffer(data, order + _TYPES[element]).reshape(shape, order="F")


def _read_matrix_header(read: Read, order: str) -> tuple[int, tuple[int, ...], str]:
    """Reads the class, shape and name of an array."""
    _, flags = _read_element(read, order)
    _, shape = _read_element(read, order)
    _, name = _read_element(read, order)
    kind = struct.unpack(f"{order}I", flags[:4])[0] & 0xFF
    return kind, tuple(np.frombuffer(shape, f"{order}i4").tolist()), name.decode()


def _read_element(read: Read, order: str) -> tuple[int, bytes]:
    element, size = struct.unpack(f"{order}II", _read_exactly(read, 8))
    if element >> 16:  # up to four bytes are stored in the tag itself
        packed = struct.pack(f"{order}I", size)
        return element & 0xFFFF, packed[: element >> 16]
    data = _read_exactly(read, size)
    _read_exactly(read, -size % 8)  # the next element starts at a multiple of eight bytes
    return element, data


def _read_tag(read: Read, order: str) -> tuple[int, int]:
    element, size = struct.unpack(f"{order}II", _read_exactly(read, 8))
    return element, size


def _read_exactly(read: Read, size: int) -> bytes:
    data = read(size)
    if len(data) != size:
        raise EOFError("it ends in the middle")
    return data


class _DecompressedStream(io.RawIOBase):
    """Decompresses the next `size` bytes of a file while they are read."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._remaining = size
        self._decompressor = zlib.decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = b""
        while not data and not self._decompressor.eof:
            packed = self._decompressor.unconsumed_tail
            if not packed:
                packed = self._file.read(min(self._remaining, io.DEFAULT_BUFFER_SIZE))
                self._remaining -= len(packed)
            if not packed:
                break
            data = self._decompressor.decompress(packed, len(buffer))
        buffer[: len(data)] = data
        return len(data)
