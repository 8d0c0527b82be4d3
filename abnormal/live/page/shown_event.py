"""An event as the page shows it, from a report of this run or a line of an earlier one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from abnormal import checks
from abnormal.live.clock import format_utc, parse_utc
from abnormal.live.event import AMENDED, ANOMALY
from abnormal.live.tracker import CLOSED, OPENED, UPDATED
from abnormal.scoring.sentence import place

MOST_ID_BYTES = 240
"""An id has at most so many bytes, because it is part of file names."""


@dataclass(frozen=True)
class ShownEvent:
    """The newest state of an event.

    Attributes:
        id: Identifier of the event.
        camera: Name of the camera.
        kind: `anomaly`, `disconnected`, or a fault of the picture.
        going_on: Whether the event was going on when it was last reported.
        start_utc: When it began, in UTC by ISO 8601.
        length_sec: How long it has lasted so far, in seconds.
        peak_score: Highest score so far; None unless the kind is `anomaly`.
        place: Where in the picture it was at its peak, such as `in the lower left`; empty if it
            is not known, or if the text says it.
        text: What happened, for people.
        quiet: Whether the event was recorded, but not sent.
        has_thumbnail: Whether there is a thumbnail.
        has_clip: Whether there is a clip, or will be.
    """

    id: str
    camera: str
    kind: str
    going_on: bool
    start_utc: str
    length_sec: float
    peak_score: float | None
    place: str
    text: str
    quiet: bool
    has_thumbnail: bool
    has_clip: bool

    @property
    def is_alarm(self) -> bool:
        """Whether somebody was to be told about something unusual."""
        return self.kind == ANOMALY and not self.quiet

    @property
    def day(self) -> str:
        """The day on which the event began, by the time zone of this machine."""
        return str(datetime.fromtimestamp(parse_utc(self.start_utc)).date())


def shown_event(line: Any) -> ShownEvent:
    """Takes from a report of an event what the page shows.

    Args:
        line: The report, as in a line of `events.jsonl`, from whatever version of this program.

    Raises:
        ValueError: It is no report of an event.
    """
    event = checks.mapping("an event", line)
    state = checks.text("state", event.get("state"))
    if state not in (OPENED, UPDATED, CLOSED, AMENDED):
        raise ValueError(f"state is {checks.shown(state)}")
    # These are right also if the clock of the machine was set meanwhile.
    start, end = (
        checks.number(name, event.get(name), -1e12, 1e12) for name in ("start_sec", "end_sec")
    )
    score = event.get("peak_score")
    sentence = checks.text("sentence", event.get("sentence") or "")
    return ShownEvent(
        id=_file_name("id", event.get("id")),
        camera=_file_name("camera", event.get("camera")),
        kind=checks.text("kind", event.get("kind"), 50),
        going_on=state in (OPENED, UPDATED),
        start_utc=format_utc(_utc("start_utc", event.get("start_utc"))),
        length_sec=round(max(0.0, end - start), 1),
        peak_score=None if score is None else checks.number("peak_score", score, -1e9, 1e9),
        place="" if sentence else _place(event),  # which the sentence says
        text=sentence or checks.text("detail", event.get("detail") or ""),
        quiet=checks.flag("quiet", event.get("quiet", False)),
        has_thumbnail=event.get("thumbnail") is not None,
        has_clip=event.get("clip") is not None,
    )


def _file_name(name: str, value: Any) -> str:
    text = checks.relative_path(name, value)
    if "/" in text or text.startswith(".") or len(text.encode()) > MOST_ID_BYTES:
        raise ValueError(f"{name} is {checks.shown(text)}, which is no part of a file name")
    return text


def _utc(name: str, value: Any) -> float:
    text = checks.text(name, value, 50)
    if not text.endswith("Z"):
        raise ValueError(f"{name} is {checks.shown(text)}, but a time in UTC was expected")
    return checks.number(name, parse_utc(text), 0, 32e9)


def _place(event: Mapping[str, Any]) -> str:
    """Says in words where the middle of the box is."""
    if event.get("box") is None:
        return ""
    return place(checks.numbers("box", event["box"], 0, 1, 4, 4)).removeprefix(", ")
