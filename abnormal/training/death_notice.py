"""Explains to the user what happened when JAX ends this process from C++, bypassing Python."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

WATCHER = "import sys; sys.stdin.read() or print(sys.argv[1], file=sys.stderr)"
"""A program that prints its argument if its input ends empty, as it does when this process dies."""


@contextlib.contextmanager
def death_notice(text: str) -> Iterator[None]:
    """Lets another process write a text to stderr if this process dies within the block."""
    watcher = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", WATCHER, text],
        stdin=subprocess.PIPE,
        stderr=sys.stderr,
        start_new_session=True,  # otherwise Ctrl-C would end it before this process
    )
    try:
        yield
    finally:
        watcher.communicate(b"alive")


@contextlib.contextmanager
def keep_native_output() -> Iterator[Path]:
    """Redirects the output of C++ code to a log file, so that only Python writes to the terminal.

    The redirection outlasts the block.

    Yields:
        Path of the log file. The caller removes it when it is no longer needed.
    """
    with tempfile.NamedTemporaryFile(prefix="abnormal-", suffix=".log", delete=False) as log:
        for name, number in (("stdout", 1), ("stderr", 2)):
            getattr(sys, name).flush()
            setattr(sys, name, os.fdopen(os.dup(number), "w", buffering=1, encoding="utf-8"))
            os.dup2(log.fileno(), number)
        yield Path(log.name)
