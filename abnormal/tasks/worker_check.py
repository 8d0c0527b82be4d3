"""Checks whether a worker on another machine has this program and sees the same files."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.version import __version__

WorkerCheck = Callable[[], str]
"""Is called on a worker, and returns what is wrong there, or an empty string."""


@contextlib.contextmanager
def open_worker_check(sources: Sequence[Path], output: Path) -> Iterator[WorkerCheck]:
    """Makes the function that is called on each worker before its first task.

    Args:
        sources: Files and folders that tasks read, as absolute paths.
        output: The folder that tasks write to, as an absolute path. While the `with` block lasts
            there is a small marker file in it, because a worker may have another folder of the
            same name on its own disk.

    Yields:
        The check. It compares the version of the program and the sizes of the files, looks whether
        the folders are there, and makes sure that the worker may write to `output`.

    Raises:
        AbnormalError: The folder `output` cannot be written to.
    """
    with _marker_file(output) as marker:
        paths = [*sources, Path(marker.name)]
        yield _make_check(__version__, {str(path): describe(path) for path in paths}, str(output))


def describe(path: Path) -> str:
    """Describes a file or folder in words that are equal wherever the same one is seen.

    How much is in a folder does not count, because recorders add files while the run goes on. But a
    file system that is not mounted shows an empty folder.
    """
    if path.is_file():
        return f"a file of {path.stat().st_size} bytes"
    if path.is_dir():
        return "a folder with files in it" if any(path.iterdir()) else "an empty folder"
    return "nothing"


def _marker_file(folder: Path) -> "tempfile._TemporaryFileWrapper[bytes]":
    try:
        return tempfile.NamedTemporaryFile(dir=folder, prefix=".shared-")
    except OSError as error:
        raise AbnormalError(f"{folder} cannot be written to: {error.strerror}.") from error


def _make_check(version: str, expected_at: dict[str, str], output: str) -> WorkerCheck:
    def check() -> str:
        # This function is pickled as code, not by name, because the worker may lack this module.
        import os
        from pathlib import Path

        try:
            from abnormal.version import __version__ as found
        except ImportError:
            return f"has no abnormal, and {version} was expected"
        if found != version:
            return f"has abnormal {found}, and {version} was expected"
        from abnormal.tasks.worker_check import describe

        for path, expected in expected_at.items():
            if (seen := describe(Path(path))) != expected:
                return f"sees {seen} at {path}, and {expected} was expected"
        return "" if os.access(output, os.W_OK) else f"may not write into {output}"

    return check
