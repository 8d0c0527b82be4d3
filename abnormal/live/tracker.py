"""Tracks events while they go on, by the rule of `abnormal.scoring.alarm`, with times and boxes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from abnormal.live.frame import Moment
from abnormal.scoring.alarm import Alarm, EventTracker, TrackedEvent
from abnormal.scoring.local import LOCAL_SCORES, reason_of
from abnormal.scoring.standing import NO_VOTE, elected

OPENED, UPDATED, CLOSED = "opened", "updated", "closed"

UPDATE_SEC = 2.0
"""A higher peak is reported when so many seconds have passed since the last report."""


class LiveFrameScore(NamedTuple):
    """The score of a frame.

    Attributes:
        moment: When the frame was taken.
        score: The score, which grows with abnormality.
        box: Position of the anomaly: left, top, width and height as fractions of the picture's
            width and height, 0 to 1; None if it is not known.
        detail: What was measured, for people; may be empty.
        found_by: Name of the local score by which the frame is unusual; empty if the score is not
            local.
        measure: What that score has measured; see `abnormal.inference.stream.ScoredFrames`.
        standing: Votes on what it is that stays too long, `(4,)` float64; see there.
    """

    moment: Moment
    score: float
    box: Sequence[float] | None = None
    detail: str = ""
    found_by: str = ""
    measure: float | None = None
    standing: np.ndarray = NO_VOTE


class OngoingEvent(NamedTuple):
    """An event as far as it has gone.

    Attributes:
        start: When the first frame was taken.
        last: When the last frame so far was taken.
        peak: The frame with the highest score so far. If it was found by a score of a duration,
            its measure is the longest that this score has measured so far.
        mean_score: Mean score of the frames so far; missing frames count as 0.
        what_stays: Name in `abnormal.scoring.standing.KINDS` of what stays too long, by the votes
            so far; empty if it is not known.
    """

    start: Moment
    last: Moment
    peak: LiveFrameScore
    mean_score: float
    what_stays: str = ""


Change = tuple[str, OngoingEvent]
"""The new state of an event (`OPENED`, `UPDATED` or `CLOSED`), and the event."""


class LiveTracker:
    """Tracks the events of one score of one camera, and reports when they open, change or close."""

    def __init__(self, alarm: Alarm, fps: float) -> None:
        """Starts without an event.

        Args:
            alarm: The rule by which events begin and end.
            fps: Frames per second.
        """
        self._tracker = EventTracker(alarm, fps)
        self._frames: dict[int, LiveFrameScore] = {}  # those that the current event refers to
        self._reported: tuple[float, float] | None = None  # when, and the highest score then
        self._longest_sec = 0.0  # measured in the current event by a score of a duration
        self._votes = NO_VOTE  # of the current event

    @property
    def is_open(self) -> bool:
        """Whether an event has been reported as opened and not yet as closed."""
        return self._reported is not None

    @property
    def span(self) -> tuple[int, int] | None:
        """Numbers of the first and of the last frame so far of the event that may go on, if any."""
        event = self._tracker.newest
        return (event.start, event.last) if event else None

    def add(self, frame: LiveFrameScore) -> list[Change]:
        """Adds the next frame, and returns what has changed. Missing frames count as calm."""
        number = frame.moment.number
        ended = self._closed(self._tracker.add(number, frame.score))
        self._frames[number] = frame
        event = self._tracker.newest
        self._note_stay(frame, event)
        kept = {event.start, event.last, event.peak} if event else set()
        self._frames = {known: self._frames[known] for known in kept}
        return ended + self._opened_or_updated(self._tracker.current)

    def skip_to(self, number: int) -> list[Change]:
        """Returns the event that ends if the next frame has at least this number, if any."""
        return self._closed(self._tracker.skip_to(number))

    def finish(self) -> list[Change]:
        """Returns the event that ends because no more frames will come, if any."""
        return self._closed(self._tracker.finish())

    def _note_stay(self, frame: LiveFrameScore, event: TrackedEvent | None) -> None:
        """Remembers the longest duration that was measured in the current event, and the votes."""
        if event is None or event.start == frame.moment.number:
            self._longest_sec, self._votes = 0.0, NO_VOTE
        if _is_of_duration(frame) and event and event.last == frame.moment.number:
            self._longest_sec = max(self._longest_sec, frame.measure or 0.0)
            self._votes = self._votes + frame.standing

    def _closed(self, ended: list[TrackedEvent]) -> list[Change]:
        if ended:
            self._reported = None
        return [(CLOSED, self._with_times(event)) for event in ended]

    def _opened_or_updated(self, event: TrackedEvent | None) -> list[Change]:
        """Returns the current event if it is new, or has a higher peak and a report is due."""
        if event is None:
            return []
        sec = self._frames[event.last].moment.sec
        if self._reported is None:
            self._reported = sec, event.peak_score
            return [(OPENED, self._with_times(event))]
        reported_sec, reported_score = self._reported
        if event.peak_score <= reported_score or sec - reported_sec < UPDATE_SEC:
            return []
        self._reported = sec, event.peak_score
        return [(UPDATED, self._with_times(event))]

    def _with_times(self, event: TrackedEvent) -> OngoingEvent:
        start, last = self._frames[event.start].moment, self._frames[event.last].moment
        peak, mean_score = self._frames[event.peak], event.sum_score / event.frames
        what_stays = elected(self._votes)
        if _is_of_duration(peak):
            detail = reason_of(peak.found_by, what_stays)
            peak = peak._replace(measure=self._longest_sec, detail=detail)
        return OngoingEvent(start, last, peak, mean_score, what_stays)


def _is_of_duration(frame: LiveFrameScore) -> bool:
    return bool(frame.found_by) and LOCAL_SCORES[frame.found_by].of_duration
