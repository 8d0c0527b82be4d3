"""All events of a folder of results, a line each; those of earlier runs stay."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.live.event import LiveEvent, Tell

NAME = "events.jsonl"


@contextlib.contextmanager
def open_log(folder: Path) -> Iterator[Tell]:
    """Opens the log of a folder, which is this process's alone until it is closed.

    Yields:
        What appends the state of an event; it raises `CannotWriteError` where that cannot be.

    Raises:
        AbnormalError: It cannot be written to, or another process does.
    """
    path = folder / NAME
    try:
        file = path.open("ab", buffering=0)  # what does not fit is not tried again at the end
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
            pass  # a mounted folder without locks

        def log(event: LiveEvent) -> None:
            try:
                file.write(f"{event.as_json()}\n".encode())
            except OSError as error:
                raise CannotWriteError(f"{path} cannot be written: {error.strerror}.") from error

        yield log
