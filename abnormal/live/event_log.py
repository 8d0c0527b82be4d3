"""Appends all events to `events.jsonl` in the folder of results, one line each."""

import collections
import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.live.event import LiveEvent, SendEvent

FILE_NAME = "events.jsonl"

MOST_LINES = 10_000
"""So many lines are kept in memory while the disk is full; after that the oldest are lost."""


@contextlib.contextmanager
def open_event_log(folder: Path) -> Iterator[SendEvent]:
    """Opens the event log of a folder for the length of a `with` block, and locks it.

    The lines of earlier runs are kept. Lines that cannot be written, for instance because the disk
    is full, are kept in memory and written before the next one.

    Args:
        folder: The folder of results.

    Yields:
        A function that appends a state of an event. It raises `CannotWriteError` if the line
        cannot be written now.

    Raises:
        AbnormalError: The file cannot be written to, or another process has locked it.
    """
    path = folder / FILE_NAME
    try:
        file = FileIO(path, "ab")
    except OSError as error:
        raise AbnormalError(f"{path} cannot be written: {error.strerror}.") from None
    with contextlib.closing(file):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AbnormalError(
                f"Another process watches cameras into {folder}. Stop it, or use another --output."
            ) from None
        except OSError:
            pass  # the file system has no locks

        lines = collections.deque[bytes](maxlen=MOST_LINES)

        def append(event: LiveEvent) -> None:
            lines.append(f"{event.as_json()}\n".encode())
            _write_lines(file, path, lines)

        try:
            yield append
        finally:
            with contextlib.suppress(CannotWriteError):  # it has been reported before
                _write_lines(file, path, lines)


def _write_lines(file: FileIO, path: Path, lines: collections.deque[bytes]) -> None:
    """Writes lines and removes them from the queue. Half a line never stays in the file."""
    while lines:
        length = os.fstat(file.fileno()).st_size
        try:
            count = file.write(lines[0])
            if count != len(lines[0]):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            with contextlib.suppress(OSError):
                file.truncate(length)
            raise CannotWriteError(f"{path} cannot be written: {error.strerror}.") from error
        lines.popleft()
