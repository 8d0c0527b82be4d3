"""Appends all events to `events.jsonl` in the folder of results, one line each."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.live.event import LiveEvent, SendEvent

FILE_NAME = "events.jsonl"


@contextlib.contextmanager
def open_event_log(folder: Path) -> Iterator[SendEvent]:
    """Opens the event log of a folder for the length of a `with` block, and locks it.

    The lines of earlier runs are kept.

    Args:
        folder: The folder of results.

    Yields:
        A function that appends a state of an event. It raises `CannotWriteError` if the line
        cannot be written, for instance because the disk is full.

    Raises:
        AbnormalError: The file cannot be written to, or another process has locked it.
    """
    path = folder / FILE_NAME
    try:
        file = path.open("ab", buffering=0)  # a line that could not be written is not tried again
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

        def append(event: LiveEvent) -> None:
            try:
                file.write(f"{event.as_json()}\n".encode())
            except OSError as error:
                raise CannotWriteError(f"{path} cannot be written: {error.strerror}.") from error

        yield append
