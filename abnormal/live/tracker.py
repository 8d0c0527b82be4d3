"""Events while they go on: the same ones that `abnormal.scoring.events` finds afterwards."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from abnormal.live.frame import Moment
from abnormal.scoring.events import GAP_SEC, SHORTEST_SEC

OPENED, UPDATED, CLOSED = "opened", "updated", "closed"

UPDATE_SEC = 2.0
"""A higher peak is told so long after what was told before."""


@dataclass(frozen=True)
class Course:
    """An event as far as it has gone.

    Attributes:
        start: Its first frame.
        last: Its last frame so far.
        peak: The frame with the highest score so far.
        peak_score: Its score.
        sum_score: Of the scores of all frames; those that are missing have none.
        box: The place at the peak: left, top, width and height, as parts of the picture's.
        detail: What is said of the peak.
    """

    start: Moment
    last: Moment
    peak: Moment
    peak_score: float
    sum_score: float
    box: Sequence[float] | None
    detail: str

    @property
    def frames(self) -> int:
        """From the first to the last."""
        return self.last.number - self.start.number + 1


Change = tuple[str, Course]
"""A state, and the event that is in it now."""


class EventTracker:
    """Follows one score of one camera."""

    def __init__(
        self,
        threshold: float,
        release: float,
        fps: float,
        gap_sec: float = GAP_SEC,
        shortest_sec: float = SHORTEST_SEC,
    ) -> None:
        """Begins without an event; see `abnormal.scoring.events.score_events`.

        Args:
            threshold: A frame above it begins an event.
            release: At most the threshold; a frame that is not above it ends one.
            fps: Frames per second.
            gap_sec: Events that are no further apart are one.
            shortest_sec: What is shorter is none.
        """
        self._threshold, self._release = threshold, release
        self._gap = gap_sec * fps
        self._shortest = max(1, round(shortest_sec * fps))
        self._course: Course | None = None
        self._pending = 0.0  # scores of the frames behind the last one of the event
        self._number = -1  # of the last frame
        self._lasts = False
        self._told: tuple[float, float] | None = None  # when, and the peak's score then

    @property
    def is_open(self) -> bool:
        """Whether an event has been told that is not over."""
        return self._told is not None

    def add(
        self, moment: Moment, score: float, box: Sequence[float] | None = None, detail: str = ""
    ) -> list[Change]:
        """Takes the score of the next frame.

        Args:
            moment: Of the frame; frames that are missing before it count as calm.
            score: Growing with abnormality.
            box: Where.
            detail: What is to be said of it.

        Returns:
            What has changed.
        """
        changes = self.skip_to(moment.number)
        follows = moment.number == self._number + 1
        self._number = moment.number
        self._lasts = score > (self._release if self._lasts and follows else self._threshold)
        self._pending += score
        if not self._lasts:
            return changes
        if self._course is None:
            self._pending = score
            self._course = Course(moment, moment, moment, score, 0.0, box, detail)
        self._course = _extended(self._course, moment, score, self._pending, box, detail)
        self._pending = 0.0
        return changes + self._news(self._course)

    def skip_to(self, number: int) -> list[Change]:
        """Says that no frame before this one will come any more.

        Args:
            number: Of the next frame there may be.
        """
        if self._course is None or number - self._course.last.number - 1 <= self._gap:
            return []
        return self.finish()

    def finish(self) -> list[Change]:
        """Says that nothing more will come."""
        course, told = self._course, self._told
        self._course = self._told = None
        self._lasts = False
        return [(CLOSED, course)] if course and told else []

    def _news(self, course: Course) -> list[Change]:
        """What there is to tell while it lasts."""
        sec, told = course.last.sec, self._told
        if told is None:
            if course.frames < self._shortest:
                return []
            self._told = sec, course.peak_score
            return [(OPENED, course)]
        if course.peak_score <= told[1] or sec - told[0] < UPDATE_SEC:
            return []
        self._told = sec, course.peak_score
        return [(UPDATED, course)]


def _extended(
    course: Course,
    moment: Moment,
    score: float,
    pending: float,
    box: Sequence[float] | None,
    detail: str,
) -> Course:
    course = dataclasses.replace(course, last=moment, sum_score=course.sum_score + pending)
    if score <= course.peak_score:
        return course
    return dataclasses.replace(course, peak=moment, peak_score=score, box=box, detail=detail)
