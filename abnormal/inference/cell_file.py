"""The cells of videos in a temporary file, so that a video is read and reconstructed only once."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

import numpy as np

from abnormal.errors import CannotWriteError
from abnormal.temporary import temporary_file

STORED_AS = np.dtype(np.float16)
"""Type of the stored cells. Its rounding error of 0.05 % is far below the noise of the cells."""


class CellFile:
    """The cells of many videos, one after the other.

    A frame takes 8 kB for five scores at 227x227 pixels.

    Args:
        names: Names of the scores, in the order in which their cells are stored.
        file: An empty file, open for reading and writing.
    """

    def __init__(self, names: Sequence[str], file: IO[bytes]) -> None:
        self._names = tuple(names)
        self._file = file
        self._grid = (0, 0)  # rows and columns of the cells, the same for all videos

    def append(self, cells: Mapping[str, np.ndarray]) -> None:
        """Appends the cells of the next frames.

        Args:
            cells: For each score `(n, rows, columns)` of any float type, at most 65,504.

        Raises:
            CannotWriteError: The disk is full.
        """
        stacked = np.stack([cells[name] for name in self._names], axis=1).astype(STORED_AS)
        self._grid = stacked.shape[2:]
        try:
            self._file.write(stacked.tobytes())
            self._file.flush()
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise CannotWriteError(
                f"There is no space left in {tempfile.gettempdir()} for what was measured in the "
                "footage, some 8 kB a frame. Name a folder with more space in the environment "
                "variable TMPDIR."
            ) from None

    @property
    def frames(self) -> int:
        """Number of frames so far."""
        return self._file.tell() // self._frame_bytes if any(self._grid) else 0

    def read(self, first: int, stop: int, step: int) -> Iterator[dict[str, np.ndarray]]:
        """Reads some consecutive frames, a few at a time.

        Args:
            first: 0-based number of the first of them, over all videos.
            stop: Number of the frame after the last.
            step: Number of frames at a time, at least 1.

        Yields:
            For each score `(n, rows, columns)` float64, with n = `step` but at the end.
        """
        for number in range(first, stop, step):
            count = min(step, stop - number)
            data = os.pread(
                self._file.fileno(), count * self._frame_bytes, number * self._frame_bytes
            )
            shape = (count, len(self._names), *self._grid)
            values = np.frombuffer(data, STORED_AS).reshape(shape).astype(np.float64)
            yield {name: values[:, place] for place, name in enumerate(self._names)}

    @property
    def _frame_bytes(self) -> int:
        rows, columns = self._grid
        return len(self._names) * rows * columns * STORED_AS.itemsize


@contextlib.contextmanager
def open_cell_file(names: Sequence[str]) -> Iterator[CellFile]:
    """Opens an empty file for the cells of some scores.

    Args:
        names: Names of the scores.

    Raises:
        CannotWriteError: No temporary file can be made.
    """
    with temporary_file() as file:
        yield CellFile(names, file)
