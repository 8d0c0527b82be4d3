"""Appends all events to `events.jsonl` in the folder of results, one line each."""

import collections
import contextlib
import errno
import fcntl
import logging
import os
import re
import shutil
import stat
import threading
from collections.abc import Callable, Collection, Generator, Iterator
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from abnormal.errors import CannotWriteError
from abnormal.live.event import AMENDED, LiveEvent
from abnormal.live.tracker import CLOSED
from abnormal.replacing import replacing

FILE_NAME = "events.jsonl"

MOST_LINES = 10_000
"""So many lines are kept in memory while the disk is full; after that the oldest are lost."""

_LINE = re.compile(
    rb'\{"id": "([^"]*-([0-9]{8}T[0-9]{6}\.[0-9]{3}Z)-[a-z]+)"'
    rb'(?:(?:, "[a-z]+": "[^"]*")*, "start_utc": "([-0-9]{10}T[0-9:]{8}\.[0-9]{3}Z)")?'
)
"""The beginning of a line. The time in the identifier is another one if the clock was set back."""

log = logging.getLogger(__name__)


class EventLog:
    """The event log of a folder, which no other process can open as long as this one does.

    The lines of earlier runs are kept. Lines that cannot be written, for instance because the disk
    is full, are kept in memory and written before the next one. If somebody moves or deletes the
    file, a new one is begun.

    Attributes:
        ongoing: Identifiers of the events that go on.
        after_cut: Is called with the stamp before which `cut` has removed lines.
    """

    def __init__(self, folder: Path) -> None:
        """Opens the log.

        Args:
            folder: The folder of results.

        Raises:
            AbnormalError: The file cannot be written to, or another process has locked it.
        """
        self._path = folder / FILE_NAME
        self._lines = collections.deque[bytes](maxlen=MOST_LINES)
        self._lock = threading.Lock()
        self.ongoing: frozenset[str] = frozenset()
        self.after_cut: Callable[[str], None] = lambda stamp: None
        self._file = self._open()

    def __call__(self, event: LiveEvent) -> None:
        """Appends a state of an event.

        Raises:
            CannotWriteError: The line cannot be written now.
        """
        with self._lock:
            if event.state == CLOSED:
                self.ongoing -= {event.id}
            elif event.state != AMENDED:
                self.ongoing |= {event.id}
            self._lines.append(f"{event.as_json()}\n".encode())
            self._write_lines()

    @property
    def size(self) -> int:
        """Length of the file, in bytes; 0 if it is none, such as a pipe or a device."""
        return _size_of(self._file)

    def sizes(self) -> Generator[tuple[str, str, int]]:
        """Yields, for each line of an event, the event's id, its stamp, and the line's length.

        The stamp is that of `abnormal.live.clock.format_stamp`, and the length is in bytes.
        """
        with self._lock:
            self._follow_path()
        if not self.size:
            return
        with self._path.open("rb") as lines:
            for line in lines:
                if found := _LINE.match(line):
                    event = found[1].decode(errors="replace")
                    yield event, _stamp_of(found).decode(), len(line)

    def cut(self, stamp: str) -> int:
        """Removes the lines of events with a stamp before another one, all lines at once.

        The lines of events that go on, those that wait in memory, and those that are of no event
        are kept. Other threads may go on writing meanwhile.

        Args:
            stamp: See `abnormal.live.clock.format_stamp`.

        Returns:
            Number of lines that were removed.

        Raises:
            CannotWriteError: There is no room for the new file; the old one stays.
        """
        with self._lock:
            self._follow_path()
            size = self.size  # at the end of a line
        removed = self._cut(stamp, size) if size else 0  # nobody may replace a pipe or a device
        self.after_cut(stamp)
        return removed

    def close(self) -> None:
        """Writes the lines that wait, if there is room for them, and closes the file."""
        with contextlib.suppress(CannotWriteError), self._lock:  # it has been reported before
            self._write_lines()
        self._file.close()

    def _open(self) -> FileIO:
        try:
            file = FileIO(self._path, "ab", opener=_open_without_waiting)
        except OSError as error:
            raise CannotWriteError(f"{self._path} cannot be written: {error.strerror}.") from None
        try:
            _lock_file(file)
        except BlockingIOError:
            file.close()
            raise CannotWriteError(
                f"Another process watches cameras into {self._path.parent}. Stop it, or use "
                "another --output."
            ) from None
        if _size_of(file) and not _ends_with_line(self._path):  # it must not swallow the next one
            self._lines.appendleft(b"\n")
        return file

    def _follow_path(self) -> None:
        """Opens the file anew if another one, or none, has the path by now."""
        try:
            if os.path.samestat(os.fstat(self._file.fileno()), self._path.stat()):
                return
        except FileNotFoundError:
            pass
        except OSError:  # it cannot be told
            return
        old, self._file = self._file, self._open()
        old.close()
        log.warning("somebody moved or deleted %s: a new one has been begun", self._path)

    def _cut(self, stamp: str, size: int) -> int:
        with contextlib.ExitStack() as held:
            with self._path.open("rb") as old, replacing(self._path) as partial:
                with partial.open("wb") as new:
                    removed = _copy_newer(old, new, size, stamp, self.ongoing)
                    new.flush()
                    os.fsync(new.fileno())
                    held.enter_context(self._lock)  # until the new file has taken its place
                    shutil.copyfileobj(old, new)
                file = FileIO(partial, "ab")
                _lock_file(file)
            self._file.close()
            self._file = file
        return removed

    def _write_lines(self) -> None:
        """Writes lines and removes them from the queue. Half a line never stays in the file."""
        self._follow_path()
        file, lines = self._file, self._lines
        while lines:
            length = os.fstat(file.fileno()).st_size
            try:
                count = file.write(lines[0])
                if count != len(lines[0]):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError as error:
                with contextlib.suppress(OSError):
                    file.truncate(length)
                raise CannotWriteError(
                    f"{self._path} cannot be written: {error.strerror}."
                ) from error
            lines.popleft()


@contextlib.contextmanager
def open_event_log(folder: Path) -> Iterator[EventLog]:
    """Opens the event log of a folder for the length of a `with` block; see `EventLog`."""
    with contextlib.closing(EventLog(folder)) as log:
        yield log


def _open_without_waiting(path: str, flags: int) -> int:
    """Opens a file; a pipe is refused if nobody reads it, which would be waited for."""
    handle = os.open(path, flags | os.O_NONBLOCK, 0o666)
    os.set_blocking(handle, True)
    return handle


def _size_of(file: FileIO) -> int:
    status = os.fstat(file.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _ends_with_line(path: Path) -> bool:
    """Whether a file ends with a whole line; half a line is there if the power has failed."""
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


def _copy_newer(old: BinaryIO, new: BinaryIO, size: int, stamp: str, kept: Collection[str]) -> int:
    """Copies the first bytes of a log without the lines before a stamp, and counts these."""
    removed, first = 0, stamp.encode()
    while old.tell() < size:
        line = old.readline()
        found = _LINE.match(line)
        if found and _stamp_of(found) < first and found[1].decode(errors="replace") not in kept:
            removed += 1
        else:
            new.write(line)
    return removed


def _stamp_of(found: re.Match[bytes]) -> bytes:
    """Returns when the event of a line began; see `abnormal.live.clock.format_stamp`."""
    return (found[3] or found[2]).translate(None, b"-:")


def _lock_file(file: FileIO) -> None:
    """Locks a file for this process; raises `BlockingIOError` if another one has locked it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        pass  # the file system has no locks
