"""What an alarm is: which score raises it, above what it begins, and how long it lasts.

The rule stands here alone: alarms of single frames, events found in a whole video and events told
while a camera is watched all come from `Alarm`.
"""

from dataclasses import dataclass

import numpy as np

from abnormal.scoring.events import Event, event_between
from abnormal.scoring.local import knows_place

GAP_SEC = 2.0
"""Alarms that are no further apart are one event: the 50 frames of Hasan et al., 2016
(arXiv:1604.04574), section 4.3, at 25 frames a second."""

SHORTEST_SEC = 0.2
"""What is shorter than this is no event."""


@dataclass(frozen=True)
class Alarm:
    """An alarm with hysteresis.

    An event begins with the first frame whose score is above the threshold, and lasts as long as
    the score stays above the release. Events with at most `gap_sec` between them are one; what is
    then shorter than `shortest_sec` is none. Nothing that comes later changes when an event began.

    Attributes:
        score: Name of the score that raises it.
        threshold: A frame whose score is above this is an alarm.
        release: At most the threshold; a frame whose score is not above this ends an event.
        gap_sec: The longest gap within an event, in seconds.
        shortest_sec: The shortest event, in seconds.
    """

    score: str
    threshold: float
    release: float
    gap_sec: float = GAP_SEC
    shortest_sec: float = SHORTEST_SEC

    def __post_init__(self) -> None:
        """Raises `ValueError` where an event would end before it began."""
        if self.release > self.threshold:
            raise ValueError(
                f"a release of {self.release} is above the threshold of {self.threshold}"
            )

    @property
    def knows_place(self) -> bool:
        """Whether its score compares each place with what is normal there."""
        return knows_place(self.score)

    def frames(self, scores: np.ndarray) -> np.ndarray:
        """Which frames are alarms.

        Args:
            scores: `(n,)`, growing with abnormality.

        Returns:
            `(n,)` bool.
        """
        return scores > self.threshold

    def events(self, scores: np.ndarray, fps: float) -> list[Event]:
        """The events of a video that has been scored to its end.

        Args:
            scores: `(n,)` float64, growing with abnormality.
            fps: Frames per second.
        """
        tracker = EventTracker(self, fps)
        ended: list[TrackedEvent] = []
        for number in np.flatnonzero(scores > self.release).tolist():  # the others are calm
            ended += tracker.add(number, float(scores[number]))
        ended += tracker.finish()
        return [event_between(scores, event.start, event.last + 1) for event in ended]


@dataclass(frozen=True)
class TrackedEvent:
    """An event as far as it has gone.

    Attributes:
        start: Number of its first frame.
        last: Number of its last frame so far.
        peak: Number of the frame with the highest score so far.
        peak_score: The score of that frame.
        sum_score: Sum of the scores from the first to the last frame, as far as they were given.
    """

    start: int
    last: int
    peak: int
    peak_score: float
    sum_score: float

    @property
    def frames(self) -> int:
        """How many frames there are from the first to the last."""
        return self.last - self.start + 1


class EventTracker:
    """Follows the events of one score while its frames come, in the order of their numbers.

    Attributes:
        newest: The event that may still go on, however short it is; None where there is none.
    """

    def __init__(self, alarm: Alarm, fps: float) -> None:
        """Prepares for the first frame.

        Args:
            alarm: What begins and ends an event.
            fps: Frames per second.
        """
        self._alarm = alarm
        self._gap = alarm.gap_sec * fps
        self._shortest = max(1, round(alarm.shortest_sec * fps))
        self.newest: TrackedEvent | None = None
        self._since_last = 0.0  # sum of the scores behind the last frame of the event
        self._number = -1  # of the newest frame
        self._lasts = False

    @property
    def current(self) -> TrackedEvent | None:
        """The event that may still go on, once it is long enough to be one."""
        event = self.newest
        return event if event and event.frames >= self._shortest else None

    def add(self, number: int, score: float) -> list[TrackedEvent]:
        """Takes the score of the next frame.

        Args:
            number: Of the frame. Frames left out before it count as calm.
            score: Growing with abnormality.

        Returns:
            The event that is thereby known to have ended, if any.
        """
        ended = self.skip_to(number)
        goes_on = self._lasts and number == self._number + 1
        self._lasts = score > (self._alarm.release if goes_on else self._alarm.threshold)
        self._number = number
        self._since_last += score
        if self._lasts:
            self._extend(number, score)
        return ended

    def skip_to(self, number: int) -> list[TrackedEvent]:
        """Says that the next frame, if there is one, has at least this number.

        Returns:
            The event that is thereby known to have ended, if any.
        """
        if self.newest is None or number - self.newest.last - 1 <= self._gap:
            return []
        return self.finish()

    def finish(self) -> list[TrackedEvent]:
        """Says that no frame comes any more; gives the event that ends with that, if any."""
        event, self.newest, self._lasts = self.current, None, False
        return [event] if event else []

    def _extend(self, number: int, score: float) -> None:
        before = self.newest
        if before is None:
            self.newest = TrackedEvent(number, number, number, score, score)
        else:
            higher = score > before.peak_score
            self.newest = TrackedEvent(
                before.start,
                number,
                number if higher else before.peak,
                score if higher else before.peak_score,
                before.sum_score + self._since_last,
            )
        self._since_last = 0.0
