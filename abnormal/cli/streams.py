"""stdout and stderr of the programs: without secrets, and with an answer to a full disk."""

import contextlib
import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from abnormal.urls import without_secrets

log = logging.getLogger(__name__)


_JSON_START = '{"time": "'


def json_line(sec: float, level: str, logger: str, message: str, traceback: str = "") -> str:
    """Formats a log message as a JSON object in one line, without secrets.

    Args:
        sec: When it was logged, in seconds since 1970.
        level: Name of its level.
        logger: Name of its logger.
        message: The text.
        traceback: The traceback of its exception; empty if there is none.
    """
    when = datetime.fromtimestamp(sec, UTC).isoformat(timespec="milliseconds")
    fields = {"time": when.replace("+00:00", "Z"), "level": level, "logger": logger}
    fields["message"] = without_secrets(message)  # before quotes in it are escaped
    if traceback:
        fields["traceback"] = without_secrets(traceback)
    return json.dumps(fields)


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
        opened.enter_context(contextlib.redirect_stderr(SafeStderr(sys.stderr or null)))
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


class SafeStderr(_Stream):
    """stderr without secrets, which may stop to be written without anybody noticing.

    Attributes:
        as_json: Whether what is no JSON already, such as what other libraries write, becomes a JSON
            object for each line.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self.as_json = False
        self._line = ""  # of JSON, as far as it has come

    def write(self, text: str) -> int:
        """Writes a text without its secrets."""
        shown = self._as_json(text) if self.as_json else without_secrets(text)
        with contextlib.suppress(OSError):
            self._stream.write(shown)
        return len(text)

    def isatty(self) -> bool:
        """Whether bars of progress can be shown."""
        return not self.as_json and self._stream.isatty()

    def _as_json(self, text: str) -> str:
        """Returns the lines that a text completes, as JSON."""
        *lines, self._line = (self._line + text).split("\n")
        objects = [
            line
            if line.startswith(_JSON_START)
            else json_line(time.time(), "WARNING", "stderr", line)
            for line in lines
            if line.strip()
        ]
        return "".join(f"{one}\n" for one in objects)

    def flush(self) -> None:
        """Writes what waits in memory."""
        with contextlib.suppress(OSError):
            self._stream.flush()
