"""An event as it is told: one line of JSON each time that it opens, is updated, or closes."""

import dataclasses
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from abnormal.live.clock import iso
from abnormal.live.frame import Moment
from abnormal.live.tracker import OPENED, OngoingEvent

ANOMALY, DISCONNECTED = "anomaly", "disconnected"


@dataclass(frozen=True)
class LiveEvent:
    """What docs/LIVE.md has a table of.

    Attributes:
        id: Of the event, the same in all its states; part of file names.
        state: `opened`, `updated` or `closed`.
        camera: Name of the camera.
        kind: `anomaly`, `disconnected`, or one of `abnormal.live.gate.KINDS`.
        start_utc: Of its first frame, ISO 8601.
        start_sec: Of its first frame, since the first frame of the camera.
        end_utc: Of its last frame so far.
        end_sec: Of its last frame so far.
        peak_utc: Of the frame with the highest score so far.
        peak_sec: The same.
        peak_score: The highest score so far; None but for anomalies.
        mean_score: Over its frames so far; None but for anomalies.
        box: The place at the peak: left, top, width and height, as parts of the picture's.
        detail: What a person would want to know besides.
        thumbnail: Path of a picture of the peak; None where none is kept.
        clip: Path of a video of it, which is there some seconds after it has closed.
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

    def as_json(self) -> str:
        """One line."""
        return json.dumps(self.as_dict(), ensure_ascii=False)

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and texts."""
        return dataclasses.asdict(self)

    def as_sentence(self) -> str:
        """For people."""
        length = f" after {self.end_sec - self.start_sec:.1f} s" if self.state != OPENED else ""
        score = "" if self.peak_score is None else f", score {self.peak_score:.2f}"
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.start_utc} {self.camera}: {self.kind} {self.state}{length}{score}{detail}"


Tell = Callable[[LiveEvent], None]
"""Takes each state of each event, once."""


def event_id(camera: str, kind: str, start: Moment) -> str:
    """Of a camera's event; no two begin in the same millisecond."""
    return f"{camera}-{re.sub('[-:]', '', iso(start.utc))}-{kind}"


def event_of(
    camera: str, kind: str, state: str, event: OngoingEvent, **files: str | None
) -> LiveEvent:
    """What is told of an event as far as it has gone.

    Args:
        camera: Its name.
        kind: See `LiveEvent`.
        state: See `LiveEvent`.
        event: The event.
        **files: Paths of `thumbnail` and `clip`.
    """
    scored, peak = kind == ANOMALY, event.peak
    return LiveEvent(
        id=event_id(camera, kind, event.start),
        state=state,
        camera=camera,
        kind=kind,
        start_utc=iso(event.start.utc),
        start_sec=round(event.start.sec, 3),
        end_utc=iso(event.last.utc),
        end_sec=round(event.last.sec, 3),
        peak_utc=iso(peak.moment.utc),
        peak_sec=round(peak.moment.sec, 3),
        peak_score=round(peak.score, 4) if scored else None,
        mean_score=round(event.mean_score, 4) if scored else None,
        box=None if peak.box is None else tuple(round(float(part), 4) for part in peak.box),
        detail=peak.detail,
        **files,
    )


def parse_utc(text: str) -> float:
    """Seconds since 1970 of a time in an event."""
    return datetime.fromisoformat(text).timestamp()
