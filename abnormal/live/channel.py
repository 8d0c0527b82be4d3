"""One camera on its way from frames to events."""

from collections.abc import Callable, Iterable

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.inference.detector import Detector
from abnormal.inference.stream import ScoredFrames
from abnormal.live.address import Camera
from abnormal.live.drift import DriftWatch, surprises_of
from abnormal.live.event import ANOMALY, DISCONNECTED, Tell, event_id, event_of
from abnormal.live.frame import Failed, LiveFrame, Lost, Message, Moment
from abnormal.live.gate import KINDS
from abnormal.live.health import Health
from abnormal.live.recorder import Recorder
from abnormal.live.segment import LiveClip, Segment
from abnormal.live.tracker import (
    CLOSED,
    OPENED,
    Change,
    LiveFrameScore,
    LiveTracker,
    OngoingEvent,
)
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.residual import ClipResidual

SHUT_SEC = 1.0
"""After a picture that could not be scored the next ones are not either: scores are averages."""
SHORTEST_SEC = 0.5
"""A picture that is wrong for a shorter time is no event; it is not scored all the same."""


class Channel:
    """Follows one camera.

    Attributes:
        health: What the last minute was like.
        drift: Watches the scores of calm frames.
        ended: Whether no frame will come any more.
    """

    def __init__(
        self,
        camera: Camera,
        detector: Detector,
        alarm: Alarm,
        tell: Tell,
        recorder: Recorder | None = None,
        ignored: np.ndarray | None = None,
    ) -> None:
        """Begins before the first frame.

        Args:
            camera: Which.
            detector: The model.
            alarm: What raises one.
            tell: Takes events.
            recorder: Keeps pictures; None where none may be kept.
            ignored: `(size, size)` bool, True where nothing counts.
        """
        self._camera, self._alarm, self._tell = camera, alarm, tell
        self._recorder = recorder
        self._begin: Callable[[], Segment] = lambda: Segment(detector, camera.place, ignored)
        self._calibration = detector.calibration
        self._fps = detector.info.fps
        self._segment = self._begin()
        self._ready: list[LiveClip] = []
        self._anomaly = LiveTracker(alarm, self._fps)
        self._gates = {
            kind: LiveTracker(Alarm(kind, 0.5, 0.5, shortest_sec=SHORTEST_SEC), self._fps)
            for kind in KINDS
        }
        self._lost: OngoingEvent | None = None
        self._shut_until = -np.inf  # of the gate, in seconds of the camera
        self._newest: LiveFrame | None = None
        self.health, self.drift = Health(camera.name), DriftWatch()
        self.ended = False

    def take(self, message: Message) -> None:
        """Takes what the camera gave next."""
        if isinstance(message, Failed):
            raise message.error
        if isinstance(message, Lost):
            self._lose(message)
        else:
            self._add(message)

    def clips(self) -> list[LiveClip]:
        """The clips that have become complete; each is given once."""
        ready, self._ready = self._ready, []
        return ready

    def scored(self, clip: LiveClip, residual: ClipResidual, now_sec: float) -> None:
        """Takes what the network made of a clip.

        Args:
            clip: One of `clips()`, in their order.
            residual: The clip's.
            now_sec: By the clock of the arrivals.
        """
        scored = clip.segment.score(residual)
        scores = np.where(self._shut(clip.new), 0.0, scored.causal[self._alarm.score])
        for place, frame in enumerate(clip.new):
            box = None if scored.boxes is None else scored.boxes[place].tolist()
            scored_frame = LiveFrameScore(frame.moment, float(scores[place]), box)
            self._announce(ANOMALY, self._anomaly.add(scored_frame))
        self.health.add(now_sec - frame.arrival_sec for frame in clip.new)
        self._watch_drift(clip, scored, scores)

    def pass_time(self, now_sec: float) -> None:
        """Closes events where no frame has come for long.

        Args:
            now_sec: By the clock of the arrivals.
        """
        if self._newest is None or self._lost is None:
            return
        number = self._newest.moment.number + int((now_sec - self._newest.arrival_sec) * self._fps)
        for kind, tracker in self._trackers():
            self._announce(kind, tracker.skip_to(number))

    def flush(self) -> None:
        """Completes the last clip, as no frame will come any more."""
        self._ready += self._segment.finish()
        self._segment = self._begin()

    def finish(self) -> None:
        """Closes all events."""
        for kind, tracker in self._trackers():
            self._announce(kind, tracker.finish())
        if self._lost and not self.ended:
            self._announce(DISCONNECTED, [(CLOSED, self._lost)])
        if self._recorder:
            self._recorder.finish()

    def _add(self, frame: LiveFrame) -> None:
        if self._lost:
            self._return(frame.moment)
        if not self._segment.follows(frame):
            self.flush()
        self._newest = frame
        if self._recorder:
            self._recorder.add(frame)
        for kind, tracker in self._gates.items():
            wrong = float(frame.gate == kind)
            self._announce(
                kind, tracker.add(LiveFrameScore(frame.moment, wrong, None, frame.detail))
            )
        self._ready += self._segment.add(frame)

    def _lose(self, lost: Lost) -> None:
        if lost.ended and self._newest is None:
            raise AbnormalError(f"{self._camera.name} cannot be watched: {lost.reason}.")
        self.flush()
        self.ended = lost.ended
        if self._lost is None and not lost.ended:
            at = lost.moment
            self._lost = OngoingEvent(at, at, LiveFrameScore(at, 1.0, None, lost.reason), 1.0)
            self._announce(DISCONNECTED, [(OPENED, self._lost)])
        elif self._lost:
            self._lost = self._lost._replace(last=lost.moment)

    def _return(self, moment: Moment) -> None:
        if self._lost:
            self.health.reconnects += self._newest is not None
            self._announce(DISCONNECTED, [(CLOSED, self._lost._replace(last=moment))])
            self._lost = None

    def _shut(self, frames: Iterable[LiveFrame]) -> list[bool]:
        """Whether the gate is shut for each frame."""
        shut = []
        for frame in frames:
            if frame.gate:
                self._shut_until = frame.moment.sec + SHUT_SEC
            shut.append(frame.moment.sec < self._shut_until)
        return shut

    def _watch_drift(self, clip: LiveClip, scored: ScoredFrames, scores: np.ndarray) -> None:
        if self._anomaly.is_open or self._alarm.frames(scores).any():
            return
        calm = surprises_of(scored.causal, self._alarm, self._calibration)
        if any(frame.gate for frame in clip.new):
            return
        self.drift.add(clip.new[-1].moment.sec, calm)

    def _trackers(self) -> list[tuple[str, LiveTracker]]:
        return [(ANOMALY, self._anomaly), *self._gates.items()]

    def _announce(self, kind: str, changes: list[Change]) -> None:
        for state, ongoing in changes:
            self.health.alarms += state == OPENED
            files: dict[str, str | None] = {}
            if self._recorder and kind != DISCONNECTED:
                files = self._recorder.files(event_id(self._camera.name, kind, ongoing.start))
            event = event_of(self._camera.name, kind, state, ongoing, **files)
            if self._recorder:
                self._recorder.follow(event, ongoing)
            self._tell(event)
