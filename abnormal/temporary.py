"""Temporary files and folders, and what to do where none can be made, as on a full disk."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, TypeVar

from abnormal.errors import CannotWriteError

T = TypeVar("T")


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Makes a folder for the length of a `with` block.

    Raises:
        CannotWriteError: None can be made, for instance because the disk is full.
    """
    with _made(lambda: tempfile.TemporaryDirectory(prefix="abnormal-")) as folder:
        yield Path(folder)


@contextlib.contextmanager
def temporary_file() -> Iterator[IO[bytes]]:
    """Makes a file without a name, which vanishes with the program, whatever ends that.

    Raises:
        CannotWriteError: None can be made, for instance because the disk is full.
    """
    with _made(lambda: tempfile.TemporaryFile(prefix="abnormal-")) as file:
        yield file


@contextlib.contextmanager
def _made(make: Callable[[], AbstractContextManager[T]]) -> Iterator[T]:
    with contextlib.ExitStack() as opened:
        try:
            made = opened.enter_context(make())
        except OSError as error:
            raise CannotWriteError(
                f"No temporary file can be made: {error.strerror}. Name a folder with some space "
                "in the environment variable TMPDIR."
            ) from None
        yield made
