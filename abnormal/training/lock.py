"""A lock that lets only one run at a time write into a folder of checkpoints."""

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from abnormal.errors import AbnormalError
from abnormal.files import make_folder

LOCK = "lock"
"""Name of the lock file in a folder of checkpoints."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Locks a folder for the duration of the block. The system unlocks it if this process dies.

    Raises:
        AbnormalError: Another process has locked the folder, and the message names its host and
            process id; or the lock file cannot be written.
    """
    make_folder(folder)
    try:
        file = (folder / LOCK).open("a+", encoding="utf-8")
    except OSError as error:
        raise AbnormalError(f"{folder / LOCK} cannot be written: {error.strerror}.") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _locked_error(folder) from None
        except OSError:  # a mounted folder without locks: the owner in the file has to do
            _refuse_if_alive(folder)
        _write_owner(file, f"{socket.gethostname()} {os.getpid()}\n")
        yield
        _write_owner(file, "")


def _write_owner(file: TextIO, owner: str) -> None:
    """Writes who has locked the folder. On a full disk the lock holds without it."""
    with contextlib.suppress(OSError):
        file.truncate(0)
        file.write(owner)
        file.flush()


def _locked_error(folder: Path) -> AbnormalError:
    host, process = _read_owner(folder) or ("unknown", "unknown")
    return AbnormalError(
        f"Another training run writes to {folder}: host {host}, process {process}. Wait for it, "
        f"stop it, or use another folder with --checkpoints. If there is none, delete "
        f"{folder / LOCK}."
    )


def _read_owner(folder: Path) -> tuple[str, str] | None:
    words = (folder / LOCK).read_text("utf-8", "replace").split()
    return (words[0], words[1]) if len(words) == 2 and words[1].isdecimal() else None


def _refuse_if_alive(folder: Path) -> None:
    """Raises `AbnormalError` if the owner in the lock file is a living process of this host."""
    owner = _read_owner(folder)
    if owner and owner[0] == socket.gethostname() and int(owner[1]) != os.getpid():
        try:
            os.kill(int(owner[1]), 0)
        except ProcessLookupError:
            return
        except PermissionError:  # the process lives, and belongs to another user
            pass
        raise _locked_error(folder)
