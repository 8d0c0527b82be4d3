"""Reads files of which nobody knows what they are: never a pipe or a device, never without end.

A pipe would be waited on for ever, and a device such as `/dev/zero` never ends.
"""

import json
import os
import re
import stat
from pathlib import Path
from typing import Any

from abnormal.errors import AbnormalError

MOST_BYTES = 1 << 28
"""Largest size of a text file that is read into memory, in bytes."""

_MOST_SHOWN = 300
"""At most this many characters of another program's message are shown."""

_KINDS = {
    stat.S_IFIFO: "pipe",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
    stat.S_IFSOCK: "socket",
}


def require_regular(path: Path) -> None:
    """Makes sure that a path, if there is anything, is a file or a folder.

    Raises:
        AbnormalError: It is a pipe, a device or a socket.
    """
    try:
        _refuse_special(path, path.stat().st_mode)
    except (OSError, ValueError):
        return  # whoever opens it says why that does not work


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """Reads a file as a whole.

    Args:
        path: The file.
        most: Largest size in bytes.

    Raises:
        OSError: The file is missing or cannot be read.
        AbnormalError: It is a pipe, a device or a socket, or it is larger.
    """
    with open(path, "rb", opener=_open_without_waiting) as file:
        _refuse_special(path, os.fstat(file.fileno()).st_mode)
        content = file.read(most + 1)
    if len(content) > most:
        raise AbnormalError(f"{path} is larger than {most} bytes, the most that was expected.")
    return content


def parse_json(content: bytes | str) -> Any:
    """Parses a JSON text.

    Raises:
        ValueError: It is no JSON, or it is nested too deeply, or a number in it is too long.
    """
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def first_line(error: object) -> str:
    """Returns the first line of an error's message, cut off. HDF5's have many, and Keras's long.

    Of an error in a layer Keras first says which layer it is, and then, in bold, what happened.
    """
    text = re.sub(r"\x1b\[\d*m", "", str(error))
    text = re.sub(r"^(Exception encountered when calling [^\n]*)\.\n+", r"\1: ", text.strip())
    line = next(iter(text.splitlines()), "") or type(error).__name__
    return line if len(line) <= _MOST_SHOWN else f"{line[:_MOST_SHOWN]}..."


def reason(error: OSError) -> str:
    """Returns why the system refused something, in one line.

    HDF5 hides the system's reason in a message of many lines. Numbers below 0 are those of names of
    hosts (`socket.gaierror`), which have texts of their own.
    """
    if error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or first_line(error)


def _open_without_waiting(path: str, flags: int) -> int:
    """Opens a file; of a pipe, it does not wait for the other end."""
    return os.open(path, flags | os.O_NONBLOCK)


def _refuse_special(path: Path, mode: int) -> None:
    if kind := _KINDS.get(stat.S_IFMT(mode)):
        raise AbnormalError(f"{path} is a {kind}, but a file was expected.")
