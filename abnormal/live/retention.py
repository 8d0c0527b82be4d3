"""Deletes what is kept of events when it is old, or takes too much room: the oldest events first.

What is kept of an event that still goes on is never deleted. For a disk that is nearly full, files
are deleted only if that makes room enough, and none of the last day, because it may be something
else that fills the disk.
"""

import collections
import contextlib
import itertools
import logging
import math
import shutil
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from abnormal.live.clock import Clock, format_stamp
from abnormal.live.event_log import EventLog
from abnormal.live.kept_files import KEPT, WAITING, KeptFile, kept_files, size_of
from abnormal.live.trusted_time import TrustedTime

DAY_SEC = 86400.0
MB, GB = 1e6, 1e9

LOOK_EVERY_SEC = 60.0
"""The clock is looked at every so many seconds."""
LOOKS = 10
"""Files are looked at at the start, and then at every so many looks at the clock."""

LOG_SLACK_SEC, LOG_SLACK_SHARE = DAY_SEC, 0.1
"""Lines of the event log are kept for so many seconds longer than pictures, or for this part of
their time if that is less, so that the whole file is not written anew for each line."""
SIZE_LEFT = 0.9
"""If there is too much, it is reduced to this part of what may be kept."""

SPARE = 0.1
"""Of what a disk that is nearly full lacks, so much more is deleted, so that it is not at once
nearly full again."""

FREE_BYTES, FREE_SHARE = 500e6, 0.05
"""So many bytes of the disk are kept free, or this part of it if that is less, so that there is
room for what is new."""
STAYS_SEC = DAY_SEC
"""What is kept of the events of the last so many seconds is not deleted for the disk."""
WARN_EVERY_SEC = 3600.0
"""A warning that the disk is nearly full is repeated after so many seconds."""

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
        self._clock, self._time = clock, TrustedTime(clock, folder)
        self._warned_sec = collections.defaultdict[str, float](lambda: -math.inf)
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
            if is_due:
                self._time.save()
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
        kept = list(kept_files(self._folder, KEPT, utc))
        # Messages that wait are only given up with age: they take hardly any room.
        self._delete_before(
            [*kept, *kept_files(self._folder, WAITING, utc)],
            *(old, self._oldest_line() < very_old, "they are old"),
        )
        kept = [file for file in kept if file.stamp >= old]
        most = self._keep.gigabytes * GB
        if self._log.size + size_of(kept) > most:
            lines = ((stamp, size) for _, stamp, size in self._log.sizes())
            newest = _stamp_that_leaves(itertools.chain(_sizes(kept), lines), SIZE_LEFT * most)
            self._delete_before(kept, newest, True, "they take too much room")
            kept = [file for file in kept if file.stamp >= newest]
        self._make_room(kept, _stamp(utc - STAYS_SEC))

    def _make_room(self, kept: Iterable[KeptFile], day_ago: str) -> None:
        """Deletes files of the oldest events if that is enough for a disk that is nearly full.

        The lines of these events stay, because they take hardly any room.

        Args:
            kept: All files that are kept.
            day_ago: The stamp from which on what is kept of events stays.
        """
        missing = self._missing_bytes()
        if missing <= 0:
            return
        ongoing, device = self._log.ongoing, self._folder.stat().st_dev
        files = [f for f in kept if f.stamp < day_ago and f.event not in ongoing]
        files = [file for file in files if file.device == device]  # others would not help
        reason, size = "the disk is nearly full", size_of(files)
        if size >= missing:
            most = size - missing - SPARE * min(size - missing, missing)
            stamp = _stamp_that_leaves(_sizes(files), most)
            level = logging.WARNING if self._is_to_be_warned("deleted") else logging.INFO
            self._delete_before(files, stamp, False, reason, level)
        elif self._is_to_be_warned("too little"):
            log.warning(
                "%s: %.0f MB more should be free, but what is kept of events of more than a day "
                "ago takes %.0f MB, so that nothing is deleted. Make room on it, or keep less "
                "with --keep-gb if it is full of events of the last day.",
                *(reason, missing / MB, size / MB),
            )

    def _is_to_be_warned(self, of_what: str) -> bool:
        now = self._clock.now()
        if now - self._warned_sec[of_what] < WARN_EVERY_SEC:
            return False
        self._warned_sec[of_what] = now
        return True

    def _delete_before(
        self,
        files: Iterable[KeptFile],
        stamp: str,
        with_lines: bool,
        reason: str,
        level: int = logging.INFO,
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
            before = "" if stamp == _AFTER_ALL else f" before {stamp}"
            text = "%d files and %d lines of events%s are deleted: %s"
            log.log(level, text, deleted, lines, before, reason)

    def _oldest_line(self) -> str:
        """Returns the lowest stamp of the lines of the log that are of no ongoing event."""
        ongoing, lines = self._log.ongoing, self._log.sizes()
        return min((stamp for event, stamp, _ in lines if event not in ongoing), default=_AFTER_ALL)

    def _missing_bytes(self) -> float:
        """Returns how many bytes of the disk should be free and are not; 0 or less if none."""
        disk = shutil.disk_usage(self._folder)
        return min(FREE_BYTES, FREE_SHARE * disk.total) - disk.free


def _sizes(files: Iterable[KeptFile]) -> Iterator[tuple[str, int]]:
    return ((file.stamp, file.size) for file in files)


def _stamp_that_leaves(sizes: Iterable[tuple[str, int]], most: float) -> str:
    """Returns the first stamp from which on everything takes so many bytes at most.

    Args:
        sizes: The stamp and the length in bytes of each thing that takes room.
        most: Number of bytes.
    """
    total = collections.Counter[str]()
    for stamp, size in sizes:
        total[stamp] += size
    first = _AFTER_ALL
    for stamp in sorted(total, reverse=True):
        most -= total[stamp]
        if most < 0:
            break
        first = stamp
    return first


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
