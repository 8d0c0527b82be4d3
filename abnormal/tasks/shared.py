"""Whether another machine sees the files that this one sees."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.version import __version__

Look = Callable[[], str]
"""Says what a worker lacks; empty where it lacks nothing."""


@contextlib.contextmanager
def shared(sources: Sequence[Path], output: Path) -> Iterator[Look]:
    """Gives what is to be called on a worker before it does anything.

    Args:
        sources: Files and folders that tasks read.
        output: The folder that they write to. As long as the context lasts there is a small file
            in it, as there may be another folder of that name on the worker's own disk.
    """
    with _mark(output) as mark:
        places = [*sources, Path(mark.name)]
        yield _look(__version__, {str(path): seen(path) for path in places}, str(output))


def seen(path: Path) -> str:
    """A file or folder in words that are the same wherever it is the same."""
    if path.is_file():
        return f"a file of {path.stat().st_size} bytes"
    if path.is_dir():
        return f"a folder of {sum(1 for _ in path.iterdir())} entries"
    return "nothing"


def _mark(folder: Path) -> "tempfile._TemporaryFileWrapper[bytes]":
    try:
        return tempfile.NamedTemporaryFile(dir=folder, prefix=".shared-")
    except OSError as error:
        raise AbnormalError(f"{folder} cannot be written to: {error.strerror}.") from error


def _look(version: str, places: dict[str, str], output: str) -> Look:
    def look() -> str:
        # This function travels as code, not as a name: the worker may not have this module.
        import os
        from pathlib import Path

        try:
            from abnormal.version import __version__ as found
        except ImportError:
            return f"has no abnormal, and {version} was expected"
        if found != version:
            return f"has abnormal {found}, and {version} was expected"
        from abnormal.tasks.shared import seen

        for place, expected in places.items():
            if (there := seen(Path(place))) != expected:
                return f"sees {there} at {place}, and {expected} was expected"
        return "" if os.access(output, os.W_OK) else f"may not write into {output}"

    return look
