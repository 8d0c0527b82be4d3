"""The newest events, those of earlier runs included, in the order of their last change.

A client of the page remembers the number of the last change that it knows, and asks for the changes
after it. So nothing has to be kept for each client, however slowly it reads.
"""

import collections
import dataclasses
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from abnormal.live.clock import format_stamp, parse_utc
from abnormal.live.event import AMENDED, LiveEvent
from abnormal.live.page.past_events import MOST_EVENTS, read_past_events
from abnormal.live.page.shown_event import ShownEvent, shown_event
from abnormal.live.tracker import OPENED


@dataclasses.dataclass(frozen=True)
class Entry:
    """An event, and what the page has to know of it besides.

    Attributes:
        event: The newest state of the event.
        number: Number of its last change, from 1.
        cursor: Where the lines of older events end in `events.jsonl`, in bytes, or later.
    """

    event: ShownEvent
    number: int
    cursor: int


class EventHistory:
    """Keeps the newest events in memory; older ones are read from `events.jsonl`.

    Attributes:
        run: Tells the changes of this run from those of another one.
        changed: Is called after each change, in whatever thread it came about.
    """

    def __init__(self, log: Path) -> None:
        """Reads the newest events of earlier runs.

        Args:
            log: The file `events.jsonl`.

        Raises:
            AbnormalError: The file cannot be read.
        """
        self.run = secrets.token_hex(4)
        self.changed: Callable[[], None] = lambda: None
        self._log = log
        past = read_past_events(log)
        self._entries: dict[str, Entry] = {}
        for number, (cursor, event) in enumerate(reversed(past.events.values()), start=1):
            ended = dataclasses.replace(event, going_on=False)  # the run has ended in any case
            self._entries[event.id] = Entry(ended, number, cursor)
        self._number = len(self._entries)
        self._has_older = past.start > 0
        self._alarms = collections.Counter[tuple[str, str]]()  # by day and camera
        for _, event in past.events.values():
            self._alarms[event.day, event.camera] += event.is_alarm
        self._lock = threading.Lock()
        self._reading = threading.Lock()  # one client after the other takes up memory for it

    def add(self, event: LiveEvent) -> None:
        """Adds the next state of an event of this run."""
        shown = shown_event(event.as_dict())
        cursor = self._log.stat().st_size if self._log.exists() else 0
        with self._lock:
            if event.state == AMENDED and (known := self._entries.get(event.id)):
                # It says nothing about whether the event goes on.
                shown = dataclasses.replace(shown, going_on=known.event.going_on)
            if event.state == OPENED:
                self._alarms[shown.day, shown.camera] += shown.is_alarm
            self._put(shown, cursor)
        self.changed()

    def touch(self, name: str) -> None:
        """Counts as a change that something else has become known about an event.

        Args:
            name: The id of the event; if it is none of the newest, nothing happens.
        """
        with self._lock:
            if entry := self._entries.get(name):
                self._put(entry.event, entry.cursor)
        self.changed()

    def forget(self, stamp: str) -> None:
        """Forgets the events before a time, because what was kept of them has been deleted.

        Args:
            stamp: See `abnormal.live.clock.format_stamp`. Events that go on are not forgotten.
        """
        with self._lock:
            self._entries = {
                name: entry
                for name, entry in self._entries.items()
                if entry.event.going_on or _stamp(entry.event) >= stamp
            }

    def since(self, number: int) -> list[Entry]:
        """Lists the events whose last change has a higher number, in the order of these changes."""
        with self._lock:
            newer: list[Entry] = []
            for entry in reversed(self._entries.values()):
                if entry.number <= number:
                    break
                newer.append(entry)
        return newer[::-1]

    def get(self, name: str) -> Entry | None:
        """Returns an event by its id; None if it is none of the newest."""
        return self._entries.get(name)

    def alarms_today(self, camera: str) -> int:
        """Counts the anomalies of a camera that began today, by the time zone of this machine."""
        today = str(datetime.now(UTC).astimezone().date())
        with self._lock:
            return self._alarms[today, camera]

    def cursor(self) -> int:
        """Returns the lowest cursor of the newest events; 0 if there are no older ones."""
        with self._lock:
            cursors = [entry.cursor for entry in self._entries.values()]
            return min(cursors, default=0) if self._has_older else 0

    def older(self, cursor: int) -> tuple[list[Entry], int]:
        """Reads older events from the file.

        Args:
            cursor: See `cursor`, or that of the last answer.

        Returns:
            The events, newest first, and the cursor for still older ones; 0 if there are none.

        Raises:
            AbnormalError: The file cannot be read.
        """
        with self._reading:
            past = read_past_events(self._log, cursor)
        entries = [
            self.get(name) or Entry(dataclasses.replace(event, going_on=False), 0, end)
            for name, (end, event) in past.events.items()
        ]
        return entries, past.start

    def _put(self, event: ShownEvent, cursor: int) -> None:
        self._number += 1
        self._entries.pop(event.id, None)
        self._entries[event.id] = Entry(event, self._number, cursor)
        if len(self._entries) > MOST_EVENTS:
            del self._entries[next(iter(self._entries))]
            self._has_older = True


def _stamp(event: ShownEvent) -> str:
    return format_stamp(parse_utc(event.start_utc))
