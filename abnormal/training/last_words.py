"""What is said when JAX ends this process from within, which Python does not get to know."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

WATCHER = "import sys; sys.stdin.read() or print(sys.argv[1], file=sys.stderr)"


@contextlib.contextmanager
def last_words(text: str) -> Iterator[None]:
    """Has another process say a text on stderr if this one dies within the block."""
    watcher = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", WATCHER, text],
        stdin=subprocess.PIPE,
        stderr=sys.stderr,
        start_new_session=True,  # Ctrl-C is not meant for it
    )
    try:
        yield
    finally:
        watcher.communicate(b"alive")


@contextlib.contextmanager
def keep_native_output() -> Iterator[Path]:
    """Sends what C++ prints into a file, and leaves the terminal to Python until the end.

    Returns:
        The file. Whoever needs it no longer removes it.
    """
    with tempfile.NamedTemporaryFile(prefix="abnormal-", suffix=".log", delete=False) as log:
        for name, number in (("stdout", 1), ("stderr", 2)):
            getattr(sys, name).flush()
            setattr(sys, name, os.fdopen(os.dup(number), "w", buffering=1, encoding="utf-8"))
            os.dup2(log.fileno(), number)
        yield Path(log.name)
