"""Events as they are reported: a line of JSON when one opens, is updated, or closes."""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from abnormal.live.clock import format_stamp, format_utc
from abnormal.live.frame import Moment
from abnormal.live.sentence import event_sentence
from abnormal.live.tracker import OPENED, OngoingEvent
from abnormal.urls import without_secrets

ANOMALY, DISCONNECTED = "anomaly", "disconnected"
AMENDED = "amended"
"""State of an event whose earlier reports named a clip that there will never be."""


@dataclass(frozen=True)
class LiveEvent:
    """A state of an event. The fields are those of the JSON that docs/LIVE.md describes.

    Attributes:
        id: Identifier of the event, the same in all its states; part of file names.
        state: `opened`, `updated` or `closed`; or `amended`, which may come at any time after
            `opened`, if there will be no clip.
        camera: Name of the camera.
        kind: `anomaly`, `disconnected`, or one of `abnormal.live.gate.FAULTS`.
        start_utc: When the first frame was taken, in UTC by ISO 8601.
        start_sec: When the first frame was taken, in seconds since the camera's first frame.
        end_utc: When the last frame so far was taken, in UTC by ISO 8601.
        end_sec: When the last frame so far was taken, in seconds since the camera's first frame.
        peak_utc: When the frame with the highest score so far was taken, in UTC by ISO 8601.
        peak_sec: The same, in seconds since the camera's first frame.
        peak_score: Highest score so far; None unless the kind is `anomaly`.
        mean_score: Mean score of the frames so far; None unless the kind is `anomaly`.
        box: Position of the anomaly in the peak frame: left, top, width and height as fractions of
            the picture's width and height, 0 to 1; None if it is not known.
        detail: What was measured, or why the connection was lost, for people.
        thumbnail: Path of a picture of the peak; None if no pictures are kept.
        clip: Path of a video of the event, which is written some seconds after the event has
            closed; None if no pictures are kept, or if it could not be written.
        sentence: What has happened so far, as a sentence for people with what was measured.
        quiet: Whether the event is only recorded: on stdout and in files, but no receiver is told.
        quiet_reason: Why the event is only recorded; empty if receivers are told of it.
    """

    id: str
    state: str
    camera: str
    kind: str
    start_utc: str
    start_sec: float
    end_utc: str
    end_sec: float
    peak_utc: str
    peak_sec: float
    peak_score: float | None
    mean_score: float | None
    box: tuple[float, ...] | None
    detail: str
    thumbnail: str | None = None
    clip: str | None = None
    sentence: str = ""
    quiet: bool = False
    quiet_reason: str = ""

    def as_json(self) -> str:
        """Formats the event as one line of JSON, without a line break at the end.

        Bytes of file names that are no text are replaced by `?`, as JSON cannot express them.
        """
        return json.dumps(self.as_dict(), ensure_ascii=False).encode(errors="replace").decode()

    def as_dict(self) -> dict[str, Any]:
        """Converts the event to a dict that has its attributes as keys."""
        return dataclasses.asdict(self)

    def as_message(self) -> str:
        """Describes this state of the event in one line for the log."""
        length = self.end_sec - self.start_sec
        when = f"at {self.start_utc}" if self.state == OPENED else f"after {length:.1f} s"
        score = "" if self.peak_score is None else f", score {self.peak_score:.2f}"
        told = f" (not sent: {self.quiet_reason})" if self.quiet else ""
        text = self.sentence or self.detail
        return f"{self.camera}: {self.kind} {self.state} {when}{score}{told}" + f": {text}" * bool(
            text
        )


SendEvent = Callable[[LiveEvent], None]
"""Receives each state of each event once."""


def event_id(camera: str, kind: str, start: Moment) -> str:
    """Returns the identifier of an event that began at some time, if no other has it."""
    return f"{camera}-{format_stamp(start.utc)}-{kind}"


class EventIds:
    """Gives the events of one camera their identifiers, which sort in the order of each kind.

    An identifier consists of the camera, the time at which the event began, and the kind. If the
    clock was set back, the time is that of the event before and a millisecond.
    """

    def __init__(self, camera: str) -> None:
        """Starts without an event.

        Args:
            camera: Name of the camera.
        """
        self._camera = camera
        self._newest: dict[str, tuple[Moment, int]] = {}  # start and time in ms, by the kind

    def of(self, kind: str, start: Moment) -> str:
        """Returns the identifier of the newest event of a kind, given when it began.

        Args:
            kind: See `LiveEvent`.
            start: When the first frame of the event was taken; the same for all its states.
        """
        known, time_ms = self._newest.get(kind, (None, 0))
        if known != start:
            time_ms = max(round(1e6 * start.utc) // 1000, time_ms + 1)
            self._newest[kind] = start, time_ms
        return event_id(self._camera, kind, start._replace(utc=time_ms / 1000))


def make_event(
    camera: str,
    kind: str,
    state: str,
    event: OngoingEvent,
    thumbnail: str | None = None,
    clip: str | None = None,
) -> LiveEvent:
    """Makes the report of an event as far as it has gone.

    Args:
        camera: Name of the camera.
        kind: See `LiveEvent`.
        state: See `LiveEvent`.
        event: The event so far.
        thumbnail: See `LiveEvent`.
        clip: See `LiveEvent`.
    """
    scored, peak = kind == ANOMALY, event.peak
    return LiveEvent(
        id=event_id(camera, kind, event.start),
        state=state,
        camera=camera,
        kind=kind,
        start_utc=format_utc(event.start.utc),
        start_sec=round(event.start.sec, 3),
        end_utc=format_utc(event.last.utc),
        end_sec=round(event.last.sec, 3),
        peak_utc=format_utc(peak.moment.utc),
        peak_sec=round(peak.moment.sec, 3),
        peak_score=round(peak.score, 4) if scored else None,
        mean_score=round(event.mean_score, 4) if scored else None,
        box=None if peak.box is None else tuple(round(float(side), 4) for side in peak.box),
        detail=without_secrets(peak.detail),
        sentence=without_secrets(event_sentence(kind, event)),
        thumbnail=thumbnail,
        clip=clip,
    )
