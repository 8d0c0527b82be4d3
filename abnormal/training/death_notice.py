"""An explanation for the user when JAX ends this process from C++, without Python's knowledge."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

WATCHER = "import sys; sys.stdin.read() or print(sys.argv[1], file=sys.stderr)"
"""A program that prints its argument if its input ends without a word, as a death ends it."""


@contextlib.contextmanager
def death_notice(text: str) -> Iterator[None]:
    """Lets another process write a text to stderr if this one dies within the block."""
    watcher = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", WATCHER, text],
        stdin=subprocess.PIPE,
        stderr=sys.stderr,
        start_new_session=True,  # or Ctrl-C would end it before this process
    )
    try:
        yield
    finally:
        watcher.communicate(b"alive")


@contextlib.contextmanager
def keep_native_output() -> Iterator[Path]:
    """Sends what C++ prints into a file, for good, and leaves the terminal to Python.

    Returns:
        The file, for the duration of the block. The caller removes it when it is of no use.
    """
    with tempfile.NamedTemporaryFile(prefix="abnormal-", suffix=".log", delete=False) as log:
        for name, number in (("stdout", 1), ("stderr", 2)):
            getattr(sys, name).flush()
            setattr(sys, name, os.fdopen(os.dup(number), "w", buffering=1, encoding="utf-8"))
            os.dup2(log.fileno(), number)
        yield Path(log.name)
