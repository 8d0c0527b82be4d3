"""A lock that lets only one run at a time write into a folder."""

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from abnormal.errors import AbnormalError
from abnormal.files import make_folder


@contextlib.contextmanager
def locked(path: Path, writer: str, option: str) -> Iterator[None]:
    """Locks a folder for the duration of the block. The system unlocks it if this process dies.

    Args:
        path: The lock file in the folder, which is made, and removed when the block ends.
        writer: What writes into the folder, such as `training run`.
        option: The option that names the folder.

    Raises:
        AbnormalError: Another process has locked the folder, and the message names its host and
            process id; or the lock file cannot be written.
    """
    make_folder(path.parent)
    try:
        file = _open_locked(path)
    except BlockingIOError:
        host, process = _read_owner(path) or ("unknown", "unknown")
        raise AbnormalError(
            f"Another {writer} writes to {path.parent}: host {host}, process {process}. Wait for "
            f"it, stop it, or use another folder with {option}. If there is none, delete {path}."
        ) from None
    except OSError as error:
        raise AbnormalError(f"{path} cannot be written: {error.strerror}.") from None
    with file:
        _write_owner(file, f"{socket.gethostname()} {os.getpid()}\n")
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                path.unlink()


def _open_locked(path: Path) -> TextIO:
    """Opens and locks a file; raises `BlockingIOError` if another process has locked it."""
    while True:
        file = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise
        except OSError:  # a mounted folder without locks: the owner in the file has to do
            if _is_alive(_read_owner(path)):
                file.close()
                raise BlockingIOError from None
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()  # between the opening and the locking, another run has ended and removed it


def _write_owner(file: TextIO, owner: str) -> None:
    """Writes who has locked the folder. On a full disk the lock holds without it."""
    with contextlib.suppress(OSError):
        file.truncate(0)
        file.write(owner)
        file.flush()


def _read_owner(path: Path) -> tuple[str, str] | None:
    try:
        words = path.read_text("utf-8", "replace").split()
    except FileNotFoundError:  # the other run has just ended
        return None
    return (words[0], words[1]) if len(words) == 2 and words[1].isdecimal() else None


def _is_alive(owner: tuple[str, str] | None) -> bool:
    """Tells whether the owner in a lock file is another living process of this host."""
    if not owner or owner[0] != socket.gethostname() or int(owner[1]) == os.getpid():
        return False
    try:
        os.kill(int(owner[1]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # the process lives, and belongs to another user
        pass
    return True
