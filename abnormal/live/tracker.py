"""Events while they go on: the frames of `abnormal.scoring.alarm`, with their times and places."""

from collections.abc import Sequence
from typing import NamedTuple

from abnormal.live.frame import Moment
from abnormal.scoring.alarm import Alarm, EventTracker, TrackedEvent

OPENED, UPDATED, CLOSED = "opened", "updated", "closed"

UPDATE_SEC = 2.0
"""A higher peak is told this long after what was told before."""


class LiveFrameScore(NamedTuple):
    """What is known of a frame.

    Attributes:
        moment: When the frame was taken.
        score: Growing with abnormality.
        box: Where in the picture: left, top, width and height, as parts of the picture's; None
            where no place is known.
        detail: What a person would want to know besides.
    """

    moment: Moment
    score: float
    box: Sequence[float] | None = None
    detail: str = ""


class OngoingEvent(NamedTuple):
    """An event as far as it has gone.

    Attributes:
        start: Its first frame.
        last: Its last frame so far.
        peak: The frame with the highest score so far.
        mean_score: Over its frames so far; those that are missing count as 0.
    """

    start: Moment
    last: Moment
    peak: LiveFrameScore
    mean_score: float


Change = tuple[str, OngoingEvent]
"""A state, and the event that is in it now."""


class LiveTracker:
    """Follows the events of one score of one camera, and says when one opens, changes or closes."""

    def __init__(self, alarm: Alarm, fps: float) -> None:
        """Prepares for the first frame.

        Args:
            alarm: What begins and ends an event.
            fps: Frames per second.
        """
        self._tracker = EventTracker(alarm, fps)
        self._frames: dict[int, LiveFrameScore] = {}  # those that the event may still speak of
        self._told: tuple[float, float] | None = None  # when, and the highest score then

    @property
    def is_open(self) -> bool:
        """Whether an event has been told that is not over."""
        return self._told is not None

    def add(self, frame: LiveFrameScore) -> list[Change]:
        """Takes the next frame; gives what has changed.

        Frames that are missing before it count as calm.
        """
        number = frame.moment.number
        ended = self._closed(self._tracker.add(number, frame.score))
        self._frames[number] = frame
        event = self._tracker.newest
        kept = {event.start, event.last, event.peak} if event else set()
        self._frames = {known: self._frames[known] for known in kept}
        return ended + self._news(self._tracker.current)

    def skip_to(self, number: int) -> list[Change]:
        """Says that the next frame, if there is one, has at least this number."""
        return self._closed(self._tracker.skip_to(number))

    def finish(self) -> list[Change]:
        """Says that no frame comes any more; gives the event that ends with that, if any."""
        return self._closed(self._tracker.finish())

    def _closed(self, ended: list[TrackedEvent]) -> list[Change]:
        if ended:
            self._told = None
        return [(CLOSED, self._with_times(event)) for event in ended]

    def _news(self, event: TrackedEvent | None) -> list[Change]:
        """What there is to tell of an event while it goes on."""
        if event is None:
            return []
        sec = self._frames[event.last].moment.sec
        if self._told is None:
            self._told = sec, event.peak_score
            return [(OPENED, self._with_times(event))]
        told_sec, told_score = self._told
        if event.peak_score <= told_score or sec - told_sec < UPDATE_SEC:
            return []
        self._told = sec, event.peak_score
        return [(UPDATED, self._with_times(event))]

    def _with_times(self, event: TrackedEvent) -> OngoingEvent:
        start, last = self._frames[event.start].moment, self._frames[event.last].moment
        mean_score = event.sum_score / event.frames
        return OngoingEvent(start, last, self._frames[event.peak], mean_score)
