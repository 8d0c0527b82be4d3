"""A pseudo-terminal: programs show their progress bars on a terminal only."""

import os
import pty
import termios
from collections.abc import Iterator

ROWS_COLUMNS = (24, 120)


def open_terminal() -> tuple[int, int]:
    """Opens a terminal; returns the end to read from and the end to give to a program."""
    reading, writing = pty.openpty()
    termios.tcsetwinsize(writing, ROWS_COLUMNS)
    return reading, writing


def read_terminal(reading: int) -> Iterator[bytes]:
    """Yields all that has been shown so far, each time that more is shown, until the end."""
    shown = b""
    while True:
        try:
            shown += os.read(reading, 4096)
        except OSError:  # the programs that wrote to it have ended
            return
        yield shown
