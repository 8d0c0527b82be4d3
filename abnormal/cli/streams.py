"""stdout and stderr of the programs: without secrets, and with an answer to a full disk."""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from abnormal.urls import without_secrets

log = logging.getLogger(__name__)


@contextlib.contextmanager
def safe_streams() -> Iterator["SafeStdout"]:
    """Replaces `sys.stdout` and `sys.stderr` for the length of a `with` block.

    Writing to stderr never raises in the block, as there would be nobody to tell, and hides all
    secrets.

    Yields:
        What has become of stdout.
    """
    with contextlib.ExitStack() as opened:
        null = opened.enter_context(Path(os.devnull).open("w"))
        stdout = SafeStdout(sys.stdout or null)  # there are none if the caller has closed them
        opened.enter_context(contextlib.redirect_stdout(stdout))
        opened.enter_context(contextlib.redirect_stderr(_Stderr(sys.stderr or null)))
        yield stdout


class StdoutClosedError(Exception):
    """Nobody reads stdout any more.

    Attributes:
        stdout: The stream.
    """

    def __init__(self, stdout: "SafeStdout") -> None:
        super().__init__("nobody reads stdout any more")
        self.stdout = stdout


class _Stream:
    """A stream that passes everything on to another one."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class SafeStdout(_Stream):
    """stdout that does not stop the work if the disk is full.

    Attributes:
        is_broken: Whether something could not be written. The first time, an error is logged.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self.is_broken = self._discards = False

    def write(self, text: str) -> int:
        """Writes a text, or drops it once stdout can no longer be written.

        Raises:
            StdoutClosedError: Nobody reads it any more.
        """
        if not self._discards:
            with self._telling_errors():
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Writes what waits in memory; see `write`."""
        if not self._discards:
            with self._telling_errors():
                self._stream.flush()

    def discard(self) -> None:
        """Discards what waits in memory, and all that is written from now on."""
        self._discards = True
        with contextlib.suppress(OSError):  # it is no file of the system, in a test or a notebook
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def finish(self) -> None:
        """Writes what waits in memory or else discards it, as Python would fail on it at exit."""
        try:
            self._stream.flush()
        except OSError:
            self.discard()

    @contextlib.contextmanager
    def _telling_errors(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise StdoutClosedError(self) from None
        except OSError as error:
            if not self.is_broken:
                log.error("stdout cannot be written (%s); the work goes on", error.strerror)
            self.is_broken = True


class _Stderr(_Stream):
    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(without_secrets(text))
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()
