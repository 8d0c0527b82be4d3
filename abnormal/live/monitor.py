"""Follows one camera from its frames to its anomalies."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.inference.detector import Detector
from abnormal.inference.event_cells import CellMaxima, EventCells
from abnormal.inference.stream import ScoredFrames
from abnormal.live.address import Camera
from abnormal.live.camera_events import CameraEvents
from abnormal.live.drift import DriftWatch, surprises_of
from abnormal.live.event import ANOMALY, SendEvent
from abnormal.live.faults import CameraFaults
from abnormal.live.frame import ConnectionLost, LiveFrame, Moment, ReaderFailed, ReaderMessage
from abnormal.live.recorder import Recorder
from abnormal.live.regimes import CameraRegimes
from abnormal.live.segment import LiveClip, NetworkUse, Segment
from abnormal.live.tracker import CLOSED, Change, LiveFrameScore, LiveTracker
from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.calibration import Calibration
from abnormal.scoring.local import found_by, needs_network, reason_of
from abnormal.scoring.residual import ClipResidual
from abnormal.scoring.standing import NO_VOTE

FIRST: int | None = 0
"""The regime that a camera is taken to show before its first frame."""

HOLD_OFF_SEC = 1.0
"""Nothing is an anomaly for so many seconds after a faulty picture, because scores are averages."""


class CameraMonitor:
    """Makes clips from the frames of one camera and events from the scores.

    Attributes:
        events: Reports the events of the camera.
        faults: Follows what is wrong with the camera, in its own thread.
        health: Counts of what happened in the last minute.
        regimes: Follows which regime the camera shows, such as day or night.
        status: What there is to know about the camera at the moment.
        drift: Watches the scores of calm frames.
        ended: Whether no more frames will come, because the source was a file.
        keep_cells: Receives, before an event is reported, its id and what it has shown so far, by
            which it can be dismissed.
    """

    def __init__(
        self,
        camera: Camera,
        detector: Detector,
        alarm: Alarm,
        send: SendEvent,
        recorder: Recorder | None = None,
        ignored: np.ndarray | None = None,
    ) -> None:
        """Prepares for the camera's first frame.

        Args:
            camera: The camera.
            detector: The model.
            alarm: The alarm of the model, which decides what is an anomaly.
            send: Receives each state of each event.
            recorder: Keeps pictures of events; None if no pictures may be kept.
            ignored: `(size, size)` bool, True where anomalies are ignored; None if nowhere.
        """
        alarm = alarm.for_camera(camera.known_as)
        self._camera, self._alarm = camera, alarm
        self.events = CameraEvents(camera.name, send, recorder)
        self.regimes, self._regime = CameraRegimes(camera, detector), FIRST
        self._new_segment: Callable[[], Segment] = lambda: Segment(
            self.regimes.detector,
            self.regimes.name_of(self._regime),
            ignored,
            alarm,
            self._network_use(),
        )
        self._fps = detector.info.fps
        self._segment = self._new_segment()
        self._ready: list[LiveClip] = []
        self._anomalies = LiveTracker(alarm, self._fps)
        self._maxima = CellMaxima()
        self.keep_cells: Callable[[str, EventCells], None] = lambda name, cells: None
        self.faults = CameraFaults(self._fps, self.events)
        self._is_lost = False
        self._no_anomaly_until_sec = -np.inf  # in seconds since the camera's first frame
        self._newest: LiveFrame | None = None
        self.health, self.drift = self.events.health, DriftWatch()
        self.status = self.events.status
        self.status.threshold = alarm.threshold
        self.ended = False

    @property
    def regime(self) -> str:
        """Which of several regimes the camera shows, for people; empty if it has only one."""
        return self.regimes.text

    def take(self, message: ReaderMessage) -> None:
        """Handles the camera's next message.

        Args:
            message: A frame, or what went wrong.

        Raises:
            AbnormalError: The source is a file that cannot be read.
            Exception: The exception that ended the camera's thread.
        """
        if isinstance(message, ReaderFailed):
            raise message.error
        if isinstance(message, ConnectionLost):
            self._handle_loss(message)
        else:
            self._add(message)

    def take_clips(self) -> list[LiveClip]:
        """Returns the clips that have been completed since the last call, in order."""
        ready, self._ready = self._ready, []
        return ready

    def use(self, calibration: Calibration) -> None:
        """Goes on with another calibration from the next clip on, which any thread may ask for.

        Args:
            calibration: The calibration of the model after an event was dismissed, or after that
                was taken back.
        """
        self.regimes.use(calibration)

    def add_residual(self, clip: LiveClip, residual: ClipResidual, now_sec: float) -> None:
        """Scores the new frames of a clip that the network has reconstructed.

        Args:
            clip: The next of the clips that `take_clips` returned.
            residual: The residual of the clip.
            now_sec: The present time, in seconds by the clock of the arrivals.
        """
        clip.segment.use(self.regimes.detector.calibration)
        scored = clip.segment.score(residual)
        self.regimes.add(clip.new, clip.segment.completed)
        self.health.regime = self.status.regime = self.regime
        held_off = self._held_off(clip.new)
        scores = np.where(held_off, 0.0, scored.causal[self._alarm.score])
        for index, frame in enumerate(clip.new):
            seen = _frame_score(
                frame.moment, float(scores[index]), scored, self._alarm.score, index
            )
            changes = self._anomalies.add(seen)
            self._report([change for change in changes if change[0] == CLOSED])
            if span := self._anomalies.span:
                cells = {} if held_off[index] else clip.segment.cells(index)
                self._maxima.add(frame.moment.number, clip.segment.known_as, cells, span)
            self._report([change for change in changes if change[0] != CLOSED])
        self.health.add(now_sec - frame.arrival_sec for frame in clip.new)
        self.status.add(clip.new, scores, now_sec)
        if clip.segment.network is NetworkUse.IN_TIME and not residual.by_network:
            self.status.without_network += len(clip.new)
        self._watch_drift(clip, scored, scores, residual.by_network)

    def close_overdue_events(self, now_sec: float) -> None:
        """Closes events that have ended because the connection has been lost for too long.

        Args:
            now_sec: The present time, in seconds by the clock of the arrivals.
        """
        if self._newest is None or not self._is_lost:
            return
        number = self._newest.moment.number + int((now_sec - self._newest.arrival_sec) * self._fps)
        self._report(self._anomalies.skip_to(number))

    def flush(self, arrival_sec: float = np.inf) -> None:
        """Ends the segment and completes its last clip, because a gap follows or no more frames.

        Args:
            arrival_sec: When the frame arrived that follows the gap, in seconds; infinite if none
                has.
        """
        self._ready += self._segment.finish(arrival_sec)
        self._segment = self._new_segment()

    def finish(self) -> None:
        """Closes all events when the watch ends; all clips have to be scored before."""
        self._report(self._anomalies.finish())
        self.faults.finish()
        self.regimes.close()
        self.events.finish()

    def _report(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if self._alarm.is_local:
                cells = self._maxima.of_event(self._alarm)
                self.keep_cells(self.events.id_of(ANOMALY, change[1].start), cells)
            self.events.report(ANOMALY, [change])

    def _network_use(self) -> NetworkUse:
        """Returns on which clips of the next segment the network runs."""
        detector, score = self.regimes.detector, self._alarm.score
        if self._regime is None or detector.exact:  # what is not known is learnt for all scores
            return NetworkUse.ALWAYS
        if not needs_network(score):
            return NetworkUse.NEVER
        # Files wait until they are scored, and clips that overlap share the encoder.
        if score != FUSED or self._camera.is_file or detector.overlap:
            return NetworkUse.ALWAYS
        normality = detector.calibration.normality(self.regimes.name_of(self._regime))
        has_others = normality is not None and normality.without_network() is not None
        return NetworkUse.IN_TIME if has_others else NetworkUse.ALWAYS

    def _add(self, frame: LiveFrame) -> None:
        self._is_lost = False
        if not self._segment.follows(frame) or frame.seen.regime != self._regime:
            self._regime = frame.seen.regime
            self.flush(frame.arrival_sec)
        self._newest = frame
        self._ready += self._segment.add(frame)

    def _handle_loss(self, lost: ConnectionLost) -> None:
        if lost.ended and self._newest is None:
            raise AbnormalError(f"{self._camera.name} cannot be watched: {lost.reason}.")
        self.flush()
        self.ended, self._is_lost = lost.ended, True

    def _held_off(self, frames: Iterable[LiveFrame]) -> list[bool]:
        """Says for each frame whether it is faulty, follows a faulty one too closely, or may show
        another regime than it is judged by.
        """
        held_off = []
        for frame in frames:
            if frame.fault:
                self._no_anomaly_until_sec = frame.moment.sec + HOLD_OFF_SEC
            is_early = frame.moment.sec < self._no_anomaly_until_sec
            held_off.append(is_early or not frame.seen.is_sure)
        return held_off

    def _watch_drift(
        self, clip: LiveClip, scored: ScoredFrames, scores: np.ndarray, by_network: bool
    ) -> None:
        if self._anomalies.is_open or self._alarm.frames(scores).any():
            return
        calm = surprises_of(scored.causal, self._alarm, self.regimes.detector.calibration)
        if any(frame.fault or not frame.seen.is_sure for frame in clip.new):
            return
        calm = {name: one for name, one in calm.items() if by_network or not needs_network(name)}
        self.drift.add(clip.new[-1].moment.sec, calm)


def _frame_score(
    moment: Moment, value: float, scored: ScoredFrames, score: str, index: int
) -> LiveFrameScore:
    """Returns the score of a frame with where it is unusual, by which local score, how much."""
    box = None if scored.boxes is None else scored.boxes[index].tolist()
    source = int(scored.sources[index]) if len(scored.sources) else 0
    name = found_by(score, scored.causal, source)
    measure = float(scored.measured[name][index]) if name else None
    return LiveFrameScore(
        *(moment, value, box, reason_of(name), name, measure),
        standing=scored.standing[index] if name else NO_VOTE,
    )
