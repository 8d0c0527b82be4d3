"""The alarm rule: which score raises an alarm, above which value, and how long an event lasts.

The rule is written down here only. The alarms of single frames, the events of a whole video and
the events that are reported while a camera is watched all come from `Alarm`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.scoring.events import Event, event_between
from abnormal.scoring.local import is_local
from abnormal.scoring.regime_names import camera_of

GAP_SEC = 2.0
"""Longest gap within an event, in seconds. It is the 50 frames of Hasan et al., 2016
(arXiv:1604.04574), section 4.3, at 25 frames per second."""

SHORTEST_SEC = 0.2
"""Length of the shortest event, in seconds. Shorter alarms are dropped."""


@dataclass(frozen=True)
class Alarm:
    """An alarm with hysteresis.

    An event begins with the first frame whose score is above the threshold, and lasts as long as
    the score stays above the release. Events that are at most `gap_sec` apart are merged. After
    that, events shorter than `shortest_sec` are dropped. Later frames never change when an event
    began.

    Attributes:
        score: Name of the score that raises the alarm.
        threshold: A frame whose score is above this is an alarm.
        release: A frame whose score is not above this ends an event. At most the threshold.
        gap_sec: Longest gap within an event, in seconds.
        shortest_sec: Length of the shortest event, in seconds.
        cameras: The alarm of each camera, by its name, if they have thresholds of their own; see
            `for_camera`.
    """

    score: str
    threshold: float
    release: float
    gap_sec: float = GAP_SEC
    shortest_sec: float = SHORTEST_SEC
    cameras: Mapping[str, "Alarm"] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Raises `ValueError` if the release is above the threshold."""
        if self.release > self.threshold:
            raise ValueError(
                f"a release of {self.release} is above the threshold of {self.threshold}"
            )

    @property
    def is_local(self) -> bool:
        """Whether the alarm's score is local; see `abnormal.scoring.local.is_local`."""
        return is_local(self.score)

    def for_camera(self, camera: str) -> "Alarm":
        """Returns the alarm for the footage of a camera.

        Args:
            camera: Name by which the model knows the camera, or name of one of its regimes.
        """
        return self.cameras.get(camera_of(camera), self)

    @property
    def thresholds(self) -> dict[str, float]:
        """The threshold of each camera, by its name; empty if one holds for all of them."""
        return {camera: alarm.threshold for camera, alarm in self.cameras.items()}

    def frames(self, scores: np.ndarray) -> np.ndarray:
        """Tells which frames are alarms.

        Args:
            scores: `(n,)` float64, one per frame, growing with abnormality.

        Returns:
            `(n,)` bool, True for each frame that is an alarm.
        """
        return scores > self.threshold

    def events(self, scores: np.ndarray, fps: float) -> list[Event]:
        """Finds the events of a whole video.

        Args:
            scores: `(n,)` float64, one per frame, growing with abnormality.
            fps: Frames per second.

        Returns:
            The events, in the order of time.
        """
        tracker = EventTracker(self, fps)
        ended: list[TrackedEvent] = []
        # Frames that are not above the release belong to no event, so they can be left out.
        for number in np.flatnonzero(scores > self.release).tolist():
            ended += tracker.add(number, float(scores[number]))
        ended += tracker.finish()
        return [event_between(scores, event.start, event.last + 1) for event in ended]


def describe_thresholds(threshold: float, of_cameras: Mapping[str, float]) -> str:
    """Describes the threshold of a model as text, such as `2` or `2.9 (gate), 3.6 (lobby)`.

    Args:
        threshold: The threshold of all cameras.
        of_cameras: The threshold of each camera, by its name; empty if one holds for all of them.
    """
    own = ", ".join(f"{value:.4g} ({camera or 'no name'})" for camera, value in of_cameras.items())
    return own or f"{threshold:.4g}"


def require_usable(threshold: float | None, per_hour: float | None) -> None:
    """Makes sure that an alarm can be set to what was asked for.

    Args:
        threshold: Score above which there is an alarm; None if it was not given.
        per_hour: Number of false alarms per hour; None if it was not given.

    Raises:
        AbnormalError: The threshold is not finite, or the rate is not finite and above 0.
    """
    if threshold is not None and not math.isfinite(threshold):
        raise AbnormalError(f"The threshold is {threshold}. Expected: a finite number.")
    if per_hour is not None and not 0 < per_hour < math.inf:
        raise AbnormalError(
            f"{per_hour} false alarms an hour are asked for. Expected: a finite number above 0."
        )


@dataclass(frozen=True)
class TrackedEvent:
    """An event that may still be going on.

    Attributes:
        start: 0-based number of the first frame.
        last: 0-based number of the last frame so far, which belongs to the event.
        peak: 0-based number of the frame with the highest score so far.
        peak_score: Score of that frame.
        sum_score: Sum of the scores from the first to the last frame. Frames that were left out
            add nothing.
    """

    start: int
    last: int
    peak: int
    peak_score: float
    sum_score: float

    @property
    def frames(self) -> int:
        """Number of frames from the first to the last."""
        return self.last - self.start + 1


class EventTracker:
    """Finds the events of one score while its frames arrive, in the order of their numbers.

    Args:
        alarm: The rule by which events begin and end.
        fps: Frames per second.

    Attributes:
        newest: The event that may still go on, however short it is; None if there is none.
    """

    def __init__(self, alarm: Alarm, fps: float) -> None:
        self._alarm = alarm
        self._gap = alarm.gap_sec * fps
        self._shortest = max(1, round(alarm.shortest_sec * fps))
        self.newest: TrackedEvent | None = None
        self._sum_since_last = 0.0  # of the scores after the last frame of the event
        self._number = -1  # of the newest frame
        self._is_active = False  # whether the newest frame belongs to the event

    @property
    def current(self) -> TrackedEvent | None:
        """The event that may still go on; None if there is none, or if it is still too short."""
        event = self.newest
        return event if event and event.frames >= self._shortest else None

    def add(self, number: int, score: float) -> list[TrackedEvent]:
        """Adds the score of the next frame.

        Args:
            number: 0-based number of the frame. Frames that were left out before it count as
                normal.
            score: Score of the frame, growing with abnormality.

        Returns:
            The event that this frame shows to have ended, or an empty list.
        """
        ended = self.skip_to(number)
        continues = self._is_active and number == self._number + 1
        self._is_active = score > (self._alarm.release if continues else self._alarm.threshold)
        self._number = number
        self._sum_since_last += score
        if self._is_active:
            self._extend(number, score)
        return ended

    def skip_to(self, number: int) -> list[TrackedEvent]:
        """Leaves out all frames before a number, because they are normal or missing.

        Args:
            number: 0-based number that the next frame has at least.

        Returns:
            The event that has ended before that frame, or an empty list.
        """
        if self.newest is None or number - self.newest.last - 1 <= self._gap:
            return []
        return self.finish()

    def finish(self) -> list[TrackedEvent]:
        """Ends the tracking after the last frame, or before a gap in the video.

        Returns:
            The event that was going on, or an empty list if there was none.
        """
        event, self.newest, self._is_active = self.current, None, False
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
                before.sum_score + self._sum_since_last,
            )
        self._sum_since_last = 0.0
