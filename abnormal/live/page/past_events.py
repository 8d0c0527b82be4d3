"""Reads the newest events of `events.jsonl`, and on demand older ones, from its end to its start.

The file may have grown for years, and be written to meanwhile. Therefore each reading takes a part
of it, and tells where the next one begins.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from abnormal.errors import AbnormalError
from abnormal.live.page.shown_event import ShownEvent, shown_event
from abnormal.reading import parse_json, reason, require_regular

MOST_EVENTS = 1000
"""So many events are read at a time."""
MOST_BYTES = 4 << 20
"""So many bytes are read at a time; a longer line is passed over."""


@dataclass(frozen=True)
class PastEvents:
    """Events of a part of the file.

    Attributes:
        events: The newest state of each event, by its id, with the end of its line in the file;
            the newest first.
        start: Where the part begins, in bytes; the next part ends there. 0 if there is no other.
    """

    events: dict[str, tuple[int, ShownEvent]]
    start: int


def read_past_events(path: Path, end: int | None = None) -> PastEvents:
    """Reads the last events before a place in the file; damaged lines are passed over.

    Args:
        path: The file; if there is none, there are no events.
        end: Where to end, in bytes from the start of the file; None for the end of the file.

    Raises:
        AbnormalError: The file cannot be read.
    """
    require_regular(path)
    try:
        with path.open("rb") as file:
            first, content = _part(file, end)
    except FileNotFoundError:
        return PastEvents({}, 0)
    except OSError as error:
        raise AbnormalError(f"{path} cannot be read: {reason(error)}.") from None
    events: dict[str, tuple[int, ShownEvent]] = {}
    stop = first + len(content)
    for line in reversed(content.splitlines(keepends=True)):
        if len(events) >= MOST_EVENTS:
            break
        if event := _event_of(line):
            events.setdefault(event.id, (stop, event))
        stop -= len(line)
    return PastEvents(events, stop)


def _part(file: BinaryIO, end: int | None) -> tuple[int, bytes]:
    """Reads whole lines before a place, and where they begin."""
    size = file.seek(0, 2)
    end = size if end is None else min(max(0, end), size)
    first = file.seek(max(0, end - MOST_BYTES))
    content = file.read(end - first)
    if first == 0:
        return 0, content
    rest = content.partition(b"\n")[2]
    return (end - len(rest), rest) if rest else (first, b"")


def _event_of(line: bytes) -> ShownEvent | None:
    try:
        return shown_event(parse_json(line))
    except ValueError:
        return None
