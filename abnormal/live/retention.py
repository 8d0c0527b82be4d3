"""Deletes what is kept of events when it is old, or takes too much room: the oldest events first.

Only files are deleted whose names this program gives to what it keeps of events, and only in the
folders in which it keeps them. What is kept of an event that still goes on is never deleted.
"""

import collections
import contextlib
import itertools
import logging
import os
import re
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from abnormal.live.clock import Clock, TrustedTime, format_stamp
from abnormal.live.dismiss import CELLS
from abnormal.live.event import ANOMALY, DISCONNECTED
from abnormal.live.event_log import EventLog
from abnormal.live.gate import FAULTS
from abnormal.live.outbox import NUMBER
from abnormal.live.recorder import CLIPS, THUMBNAILS

DAY_SEC = 86400.0
GB = 1e9

LOOK_EVERY_SEC = 60.0
"""The clock is looked at every so many seconds."""
LOOKS = 10
"""Files are looked at at the start, and then at every so many looks at the clock."""

LOG_SLACK_SEC, LOG_SLACK_SHARE = DAY_SEC, 0.1
"""Lines of the event log are kept for so many seconds longer than pictures, or for this part of
their time if that is less, so that the whole file is not written anew for each line."""
SIZE_LEFT = 0.9
"""If there is too much, it is reduced to this part of what may be kept."""

FREE_BYTES, FREE_SHARE = 500e6, 0.05
"""So many bytes of the disk are kept free, or this part of it if that is less, so that there is
room for what is new."""

_KINDS = "|".join((ANOMALY, DISCONNECTED, *FAULTS))
_EVENT = rf"(?P<id>(?!\.).+-(?P<stamp>[0-9]{{8}}T[0-9]{{6}}\.[0-9]{{3}}Z)-(?:{_KINDS}))"
_MESSAGE = rf"{NUMBER}-{_EVENT}-(?:opened|updated|closed|amended)(?:-.+)?\.json"
_QUEUES = ("webhook", "mqtt")

# By a folder in the folder of results, the names of the files in it that may be deleted.
_KEPT = {THUMBNAILS: rf"{_EVENT}\.jpg", CLIPS: rf"{_EVENT}\.mp4", CELLS: rf"{_EVENT}\.npz"}
_KEPT |= {f"{queue}/refused": _MESSAGE for queue in _QUEUES}
_WAITING = dict.fromkeys(_QUEUES, _MESSAGE)

_AFTER_ALL = "~"
"""A stamp after that of each event."""

log = logging.getLogger(__name__)


class Keep(NamedTuple):
    """How much is kept of events.

    Attributes:
        days: For how many days; may be infinite.
        gigabytes: How much of it, in 10^9 bytes; may be infinite.
    """

    days: float
    gigabytes: float


class _KeptFile(NamedTuple):
    """A file that is kept of an event.

    Attributes:
        stamp: When the event began; see `abnormal.live.clock.format_stamp`.
        event: Identifier of the event.
        size: Length in bytes.
        path: The file.
    """

    stamp: str
    event: str
    size: int
    path: Path


class Retention(threading.Thread):
    """A thread that deletes, every few minutes, what is too old or too much."""

    def __init__(
        self,
        folder: Path,
        keep: Keep,
        event_log: EventLog,
        clock: Clock,
    ) -> None:
        """Makes the thread, which `start` starts.

        Args:
            folder: The folder of results.
            keep: How much is kept.
            event_log: The event log of the folder.
            clock: This machine's clocks.
        """
        super().__init__(name="retention", daemon=True)
        self._folder, self._keep, self._log = folder, keep, event_log
        self._time = TrustedTime(clock)
        self._stopping = threading.Event()

    def run(self) -> None:
        """Looks at the clock and, now and then, at the files until the thread is stopped."""
        for number in itertools.count(1):
            if self._stopping.wait(LOOK_EVERY_SEC):
                return
            self.look(number % LOOKS == 0)

    def look(self, is_due: bool) -> None:
        """Deletes what is too old or too much, if that is due or the disk is nearly full.

        What goes wrong is logged, because nobody would notice the end of the thread.
        """
        try:
            utc = self._time.utc()
            if is_due or self._missing_bytes() > 0:
                self.clean(utc)
        except Exception as error:
            log.warning("what is old cannot be deleted now: %s", error)

    def stop(self) -> None:
        """Ends the thread when it has deleted what it is deleting."""
        self._stopping.set()
        self.join()

    def clean(self, utc: float) -> None:
        """Deletes what is too old or too much now.

        Args:
            utc: The present time, in seconds since 1970.
        """
        keep_sec = self._keep.days * DAY_SEC
        slack_sec = min(LOG_SLACK_SEC, LOG_SLACK_SHARE * keep_sec)
        old, very_old = _stamp(utc - keep_sec), _stamp(utc - keep_sec - slack_sec)
        kept = list(self._files(_KEPT))
        # Messages that wait are only given up with age: they take hardly any room.
        self._delete_before(
            [*kept, *self._files(_WAITING)], old, self._oldest_line() < very_old, "they are old"
        )
        kept = [file for file in kept if file.stamp >= old]
        total = self._log.size + sum(file.size for file in kept)
        missing = self._missing_bytes()
        most = min(self._keep.gigabytes * GB, total - missing)
        if total > most:
            newest = self._stamp_that_leaves(kept, SIZE_LEFT * most)
            reason = "the disk is nearly full" if missing > 0 else "they take too much room"
            self._delete_before(kept, newest, True, reason)

    def _delete_before(
        self, files: Iterable[_KeptFile], stamp: str, with_lines: bool, reason: str
    ) -> None:
        """Deletes the files, and the lines of the log, of events before a stamp.

        Files come first: if the disk is full, that makes room for writing the log anew.
        """
        ongoing, deleted, errors = self._log.ongoing, 0, list[OSError]()
        for file in files:
            if file.stamp < stamp and file.event not in ongoing:
                try:
                    file.path.unlink(missing_ok=True)
                    deleted += 1
                except OSError as error:
                    errors.append(error)
        if errors:
            log.warning("%d files cannot be deleted, such as: %s", len(errors), errors[0])
        lines = self._log.cut(stamp) if with_lines else 0
        if deleted or lines:
            text = "%d files and %d lines of events before %s are deleted: %s"
            log.info(text, deleted, lines, stamp, reason)

    def _files(self, patterns: Mapping[str, str]) -> Iterator[_KeptFile]:
        """Yields the files that may be deleted, in any order."""
        for name, pattern in patterns.items():
            try:
                yield from _files_in(self._folder / name, pattern)
            except FileNotFoundError:
                continue
            except OSError as error:  # the other folders are looked at in any case
                log.warning("%s cannot be read: %s", self._folder / name, error.strerror)

    def _oldest_line(self) -> str:
        """Returns the stamp of the first line of the log that is of no ongoing event."""
        ongoing = self._log.ongoing
        with contextlib.closing(self._log.sizes()) as lines:
            return next((stamp for event, stamp, _ in lines if event not in ongoing), _AFTER_ALL)

    def _missing_bytes(self) -> float:
        """Returns how many bytes of the disk should be free and are not; 0 or less if none."""
        disk = shutil.disk_usage(self._folder)
        return min(FREE_BYTES, FREE_SHARE * disk.total) - disk.free

    def _stamp_that_leaves(self, files: Iterable[_KeptFile], most: float) -> str:
        """Returns the first stamp from which on everything takes so many bytes at most."""
        sizes = collections.Counter[str]()
        for file in files:
            sizes[file.stamp] += file.size
        for _, stamp, size in self._log.sizes():
            sizes[stamp] += size
        first = _AFTER_ALL
        for stamp in sorted(sizes, reverse=True):
            most -= sizes[stamp]
            if most < 0:
                break
            first = stamp
        return first


def _files_in(folder: Path, pattern: str) -> Iterator[_KeptFile]:
    with os.scandir(folder) as entries:
        for entry in entries:
            found = re.fullmatch(pattern, entry.name)
            if found and entry.is_file(follow_symlinks=False):
                size = entry.stat(follow_symlinks=False).st_size
                yield _KeptFile(found["stamp"], found["id"], size, Path(entry.path))


def _stamp(utc: float) -> str:
    """Returns the stamp of a time; before all events if it is too long ago for a date."""
    return format_stamp(utc) if utc > 0 else ""


@contextlib.contextmanager
def retaining(folder: Path, keep: Keep, event_log: EventLog) -> Iterator[None]:
    """Deletes what is too old or too much for the length of a `with` block; see `Retention`."""
    log.info("events are kept for %g days, %g GB of them at most", keep.days, keep.gigabytes)
    retention = Retention(folder, keep, event_log, Clock())
    retention.look(is_due=True)
    retention.start()
    try:
        yield
    finally:
        retention.stop()
