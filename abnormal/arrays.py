"""Reads NumPy's `.npz` files without trust: what a file says about its size is checked first."""

import math
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import numpy as np

from abnormal.reading import require_regular

Shape = tuple[int, ...]

Ranks = Mapping[str, int]
"""The number of axes of each array that a file has, by name."""

_ZIP_ERRORS = (
    EOFError,
    IndexError,
    KeyError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What `zipfile` raises on damaged and unusual files, apart from ValueError and OSError."""

_BLOCK = 1 << 20

_MOST_COMPRESSED = 1100
"""No array is larger than so many times its file: zlib compresses by at most 1032."""


def read_npz(path: Path, ranks: Ranks | None = None) -> dict[str, np.ndarray]:
    """Reads all arrays of an `.npz` file. Its checksums are verified.

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
    return {name: _read(file, shape, dtype) for name, file, shape, dtype in _members(path, ranks)}


def verify_npz(path: Path, ranks: Ranks) -> dict[str, Shape]:
    """Checks an `.npz` file like `read_npz`, without keeping its arrays in memory.

    Returns:
        The shapes of the arrays by name.
    """
    shapes = {}
    for name, file, shape, dtype in _members(path, ranks):
        shapes[name] = shape
        size = math.prod(shape) * dtype.itemsize
        while size and (block := file.read(min(size, _BLOCK))):
            size -= len(block)
        if size:
            raise ValueError(f"{size} bytes are missing")
    return shapes


def _members(path: Path, ranks: Ranks | None) -> Iterator[tuple[str, IO[bytes], Shape, np.dtype]]:
    """Yields each array's name, the file that it is read from, its shape and its dtype."""
    require_regular(path)
    try:
        with zipfile.ZipFile(path) as stored:
            names = [entry.filename.removesuffix(".npy") for entry in stored.infolist()]
            if len({*names}) < len(names) or (ranks is not None and {*names} != {*ranks}):
                raise ValueError(f"it has the arrays {', '.join(names[:5])}")
            for name, entry in zip(names, stored.infolist(), strict=True):
                if ranks is None and entry.compress_type != zipfile.ZIP_STORED:
                    raise ValueError(f"the array {name} is compressed")
                with stored.open(entry) as file:
                    shape, dtype = _read_header(file)
                    if ranks is not None and len(shape) != ranks[name]:
                        raise ValueError(f"the array {name} has the shape {shape}")
                    most = _MOST_COMPRESSED * path.stat().st_size if ranks else entry.file_size
                    if math.prod(shape) * dtype.itemsize > most:
                        raise ValueError(f"the array {name} of {shape} is larger than its file")
                    yield name, file, shape, dtype
                    if file.read(1):
                        raise ValueError(f"the array {name} is too long")
    except _ZIP_ERRORS as error:
        raise ValueError(f"{error}") from None


def _read_header(file: IO[bytes]) -> tuple[Shape, np.dtype]:
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise ValueError(f"it has version {version} of NumPy's format, not (1, 0)")
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
    if fortran_order or dtype.hasobject or any(length < 0 for length in shape):
        raise ValueError(f"an array of {dtype} in this order is not expected")
    return shape, dtype


def _read(file: IO[bytes], shape: Shape, dtype: np.dtype) -> np.ndarray:
    content = bytearray(math.prod(shape) * dtype.itemsize)
    view, done = memoryview(content), 0
    while done < len(content) and (count := file.readinto(view[done : done + _BLOCK])):  # type: ignore[attr-defined]
        done += count
    if done < len(content):
        raise ValueError("it ends too early")
    return np.frombuffer(content, dtype).reshape(shape)
