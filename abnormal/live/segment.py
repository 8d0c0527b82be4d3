"""Makes clips of a camera's consecutive frames, and scores of the reconstructed clips."""

import collections
import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abnormal.frames.clips import ClipCutter, ClipWindow
from abnormal.inference.detector import Detector
from abnormal.inference.reconstruct import ClipReconstructor
from abnormal.inference.stream import FrameScorer, ScoredFrames, open_stream
from abnormal.live.frame import LiveFrame
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.calibration import Calibration
from abnormal.scoring.residual import ClipResidual
from abnormal.video.flow import MovingFrame


class NetworkUse(enum.Enum):
    """On which clips the network runs."""

    NEVER = "never"
    """The alarm does not need it."""
    IN_TIME = "in time"
    """On those that have not waited for too long. The others have the scores that do not need it,
    so that the alarm still sees what is fast, out of place, or stands."""
    ALWAYS = "always"


@dataclass(frozen=True)
class LiveClip:
    """A clip that waits for the network.

    Attributes:
        segment: The segment that the clip is part of.
        window: The frames of the clip.
        new: The frames of the clip that no earlier clip contains.
        complete_sec: When the clip was complete, in seconds by the clock of the arrivals; infinite
            if nothing arrived that completed it.
    """

    segment: "Segment"
    window: ClipWindow
    new: tuple[LiveFrame, ...]
    complete_sec: float


class Segment:
    """The frames of one camera between two gaps.

    Nothing in a segment is compared with frames before the gap. A change of the camera's regime is
    a gap, too.

    Attributes:
        known_as: Name of the regime in the calibration, or of the camera.
        completed: The completed residual of the clip that was scored last.
        still: Tells which clips show nothing new; None if the network has to run on each.
        network: On which clips the network runs.
    """

    completed: ClipResidual

    def __init__(
        self,
        detector: Detector,
        known_as: str,
        ignored: np.ndarray | None,
        alarm: Alarm,
        network: NetworkUse = NetworkUse.ALWAYS,
    ) -> None:
        """Starts a segment without frames.

        Args:
            detector: The model.
            known_as: Name by which the model knows the camera, or one of its regimes; may be empty.
            ignored: `(size, size)` bool, True where anomalies are ignored; None if nowhere.
            alarm: The alarm. No other score of whole frames than its own is computed.
            network: See the attribute. If never, only scores are computed that do not need it.
        """
        self.known_as, self.network = known_as, network
        normality = detector.calibration.normality(known_as)
        positions = detector.calibration.positions
        self._stream = open_stream(normality, detector.info.fps, ignored)
        self._scorer = FrameScorer(
            *(detector.info.fps, normality, positions),
            alarm=alarm,
            network=network is not NetworkUse.NEVER,
            scores=(alarm.score,),
        )
        self.still = detector.still_clips()
        self._overlap = detector.overlap
        self._reconstructor = ClipReconstructor(detector.reconstruct, detector.overlap)
        hop = detector.overlap.hop if detector.overlap else None
        self._cutter = ClipCutter(detector.info.clip_length, hop, self._stream.with_speed)
        self._waiting: collections.deque[LiveFrame] = collections.deque()  # are in no clip yet
        self._newest: int | None = None

    def follows(self, frame: LiveFrame) -> bool:
        """Whether a frame continues the segment without a gap; any frame may be the first."""
        return self._newest is None or frame.moment.number == self._newest + 1

    def add(self, frame: LiveFrame) -> list[LiveClip]:
        """Adds the next frame, and returns the clips that it completes; see `ClipCutter`."""
        self._newest = frame.moment.number
        self._waiting.append(frame)
        windows = self._cutter.add(MovingFrame(frame.image, frame.speed))
        return self._with_new_frames(windows, frame.arrival_sec)

    def finish(self, arrival_sec: float = math.inf) -> list[LiveClip]:
        """Ends the segment, and returns the clip of the last frames if they are in none yet.

        Args:
            arrival_sec: When the frame arrived that follows a gap, in seconds; infinite if none
                has.
        """
        return self._with_new_frames(self._cutter.finish(), arrival_sec)

    @property
    def overlaps(self) -> bool:
        """Whether clips overlap, so that they share work with each other but no other camera's."""
        return self._overlap is not None

    def reconstruct(self, clip: LiveClip) -> ClipResidual:
        """Reconstructs the segment's next clip; used if the clips overlap."""
        (residual,) = self._reconstructor.add([clip.window])
        return residual

    def score(self, residual: ClipResidual) -> ScoredFrames:
        """Scores the new frames of the segment's next clip, given its residual."""
        self.completed = self._stream.add(residual)
        return self._scorer.add(self.completed)

    def cells(self, index: int) -> dict[str, np.ndarray]:
        """Returns the cells of one of the frames that were scored last, for each local score.

        Args:
            index: 0-based number of the frame among them.
        """
        return {name: cells[index] for name, cells in self._scorer.newest_cells.items()}

    def use(self, calibration: Calibration) -> None:
        """Scores the frames to come by other normal levels, without a break."""
        if normality := calibration.normality(self.known_as):
            self._scorer.use_levels(normality.levels)

    def _with_new_frames(self, windows: Sequence[ClipWindow], arrival_sec: float) -> list[LiveClip]:
        return [
            LiveClip(
                self,
                window,
                tuple(self._waiting.popleft() for _ in window.frames[window.new]),
                arrival_sec,
            )
            for window in windows
        ]
