"""Reads NumPy's `.npz` files without trust: what a file says about its size is checked first."""

import contextlib
import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Literal, NamedTuple

import numpy as np

from abnormal.reading import require_regular

Shape = tuple[int, ...]

Ranks = Mapping[str, int]
"""The number of axes of each array that a file has, by name."""

NPY_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    tokenize.TokenError,
)
"""What NumPy and `zipfile` raise on damaged and unusual files."""

_BLOCK = 1 << 20

MOST_COMPRESSED = 1100
"""No array is larger than so many times its file: zlib compresses by at most 1032."""


class _Array(NamedTuple):
    """An array that is about to be read."""

    file: IO[bytes]
    shape: Shape
    dtype: np.dtype
    order: Literal["C", "F"]

    @property
    def size(self) -> int:
        """The number of bytes that the array takes in memory."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_npz(path: Path, ranks: Ranks | None = None) -> dict[str, np.ndarray]:
    """Reads all arrays of an `.npz` file, which are numbers. Its checksums are verified.

    Args:
        path: The file.
        ranks: The arrays that the file has. None stands for any arrays that are not compressed, so
            that they are no larger than the file.

    Returns:
        The arrays by name.

    Raises:
        OSError: The file is missing or cannot be read.
        ValueError: The file is damaged, or it has other arrays.
        AbnormalError: It is a pipe, a device or a socket.
    """
    with _zip_errors():
        return {name: _read(array) for name, array in _arrays(path, ranks)}


def verify_npz(path: Path, ranks: Ranks) -> dict[str, Shape]:
    """Checks an `.npz` file like `read_npz`, without keeping its arrays in memory.

    Returns:
        The shapes of the arrays by name.
    """
    shapes = {}
    with _zip_errors():
        for name, array in _arrays(path, ranks):
            shapes[name], left = array.shape, array.size
            while left and (block := array.file.read(min(left, _BLOCK))):
                left -= len(block)
    return shapes


@contextlib.contextmanager
def _zip_errors() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError):
        raise
    except NPY_ERRORS as error:
        raise ValueError(str(error) or type(error).__name__) from error


def _arrays(path: Path, ranks: Ranks | None) -> Iterator[tuple[str, _Array]]:
    """Yields each array by name; it has to be read completely before the next one."""
    require_regular(path)
    most = path.stat().st_size * (MOST_COMPRESSED if ranks else 1)
    with zipfile.ZipFile(path) as stored:
        names = [entry.filename.removesuffix(".npy") for entry in stored.infolist()]
        if len({*names}) < len(names) or (ranks is not None and {*names} != {*ranks}):
            raise ValueError(f"it has the arrays {', '.join(names[:5])}")
        for name, entry in zip(names, stored.infolist(), strict=True):
            if ranks is None and entry.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"the array {name} is compressed")
            with stored.open(entry) as file:
                array = _open_array(file)
                if ranks is not None and len(array.shape) != ranks[name]:
                    raise ValueError(f"the array {name} has the shape {array.shape}")
                if array.size > most:
                    raise ValueError(f"the array {name} of {array.shape} is larger than its file")
                yield name, array
                if file.tell() + len(file.read(1)) != entry.file_size:
                    raise ValueError(f"the array {name} has another length than it says")


def _open_array(file: IO[bytes]) -> _Array:
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise ValueError(f"it has version {version} of NumPy's format, not (1, 0)")
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.kind not in "biuf" or any(length < 0 for length in shape):
        raise ValueError(f"an array of {dtype} {shape} is not expected")
    return _Array(file, shape, dtype, "F" if fortran_order else "C")


def _read(array: _Array) -> np.ndarray:
    content = array.file.read(array.size)
    if len(content) < array.size:
        raise ValueError("it ends too early")
    values = np.frombuffer(bytearray(content), array.dtype)  # a bytearray can be written to
    return values.reshape(array.shape, order=array.order)
