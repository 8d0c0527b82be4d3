"""One run at a time writes into a folder of checkpoints."""

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.files import make_folder

LOCK = "lock"


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds a folder for this process. The system lets go of it when the process dies.

    Raises:
        AbnormalError: Another process holds it; the message names its host and process id.
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
            raise _held(folder, file.name) from None
        except OSError:  # a mounted folder without locks: the name inside has to do
            _refuse_if_alive(folder)
        file.truncate(0)
        file.write(f"{socket.gethostname()} {os.getpid()}\n")
        file.flush()
        yield
        file.truncate(0)


def _held(folder: Path, name: str) -> AbnormalError:
    host, process = _owner(Path(name)) or ("an unknown host", "unknown")
    return AbnormalError(
        f"Another training run writes to {folder}: host {host}, process {process}. Wait for it, "
        "stop it, or use another folder with --checkpoints."
    )


def _owner(path: Path) -> tuple[str, str] | None:
    words = path.read_text("utf-8").split()
    return (words[0], words[1]) if len(words) == 2 else None


def _refuse_if_alive(folder: Path) -> None:
    owner = _owner(folder / LOCK)
    if owner is None or owner[0] != socket.gethostname() or int(owner[1]) == os.getpid():
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(owner[1]), 0)
        raise _held(folder, str(folder / LOCK))
