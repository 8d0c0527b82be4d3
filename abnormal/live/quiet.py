"""Decides which events nobody is told of: those of quiet hours, and repetitions at one place.

Such events are recorded all the same. What is decided when an event opens holds until it closes, so
that a receiver gets all states of an event or none.
"""

from collections.abc import Sequence
from typing import NamedTuple

from abnormal.live.event import DISCONNECTED, LiveEvent
from abnormal.live.gate import FAULTS
from abnormal.live.quiet_hours import QuietHours
from abnormal.live.tracker import CLOSED, OPENED

SAME_PLACE_SHARE = 0.25
"""Two boxes are at the same place if they share at least this part of the smaller one."""

NEVER_QUIET = {DISCONNECTED, *FAULTS} - {"light"}
"""Kinds of events that are told in quiet hours, too: while a camera does not see, nothing else is
recorded of it. Alarm systems treat the sabotage of a sensor in the same way."""

_WHOLE_PICTURE = (0.0, 0.0, 1.0, 1.0)


class _ToldEvent(NamedTuple):
    """An event of which receivers were told.

    Attributes:
        last: Its last report.
        boxes: Where it was when it opened, and at its peak.
    """

    last: LiveEvent
    boxes: tuple[Sequence[float], ...]


class QuietRule:
    """Decides for the events of one camera, in their order, which of them nobody is told of."""

    def __init__(self, cool_down_sec: float = 0.0, hours: Sequence[QuietHours] = ()) -> None:
        """Starts without events.

        Args:
            cool_down_sec: For so many seconds after the end of an event of which receivers were
                told, they are told of no other event of its kind at its place.
            hours: When receivers are told of no event but those of `NEVER_QUIET`.
        """
        self._cool_down_sec, self._hours = cool_down_sec, tuple(hours)
        self._told: dict[str, _ToldEvent] = {}  # by id, as far as they count for the cool-down
        self._reasons: dict[str, str] = {}  # why nobody is told, by the id of the open event

    def __call__(self, event: LiveEvent, utc: float) -> str:
        """Returns why nobody is told of an event; an empty string if receivers are.

        Args:
            event: The next state of an event.
            utc: When the event began, in seconds since 1970.
        """
        if event.state == OPENED:
            self._reasons[event.id] = self._by_hours(event, utc) or self._by_cool_down(event)
        reason = self._reasons.get(event.id, "")
        if not reason and self._cool_down_sec:
            before = self._told.get(event.id)
            boxes = before.boxes[:1] if before else ()
            self._told[event.id] = _ToldEvent(event, (*boxes, event.box or _WHOLE_PICTURE))
        if event.state == CLOSED:
            self._reasons.pop(event.id, None)
        return reason

    def _by_hours(self, event: LiveEvent, utc: float) -> str:
        if event.kind in NEVER_QUIET:
            return ""
        return next((f"quiet hours {hours}" for hours in self._hours if hours.contain(utc)), "")

    def _by_cool_down(self, event: LiveEvent) -> str:
        """Forgets the events that are over for long, and compares with the others."""
        self._told = {
            known: told
            for known, told in self._told.items()
            if known in self._reasons or self._since(told, event) < self._cool_down_sec
        }
        box = event.box or _WHOLE_PICTURE
        for told in self._told.values():
            is_there = any(_same_place(box, other) for other in told.boxes)
            if told.last.kind == event.kind and is_there:
                return f"cool-down: {self._since(told, event):.0f} s after {told.last.id}"
        return ""

    @staticmethod
    def _since(told: _ToldEvent, event: LiveEvent) -> float:
        """Returns the seconds between two events, by a clock that is never set."""
        return max(0.0, event.start_sec - told.last.end_sec)


def _same_place(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two boxes, given by left, top, width and height, are at the same place."""
    common = 1.0
    for side in (0, 1):
        low = max(one[side], other[side])
        high = min(one[side] + one[side + 2], other[side] + other[side + 2])
        common *= max(0.0, high - low)
    return common > 0 and common >= SAME_PLACE_SHARE * min(one[2] * one[3], other[2] * other[3])
