"""Frames of a camera that follow without a gap become clips, and clips become scores."""

import collections
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abnormal.frames.clips import ClipCutter, ClipWindow
from abnormal.inference.detector import Detector
from abnormal.inference.reconstruct import ClipReconstructor
from abnormal.inference.stream import FrameScorer, ResidualStream, ScoredFrames
from abnormal.live.frame import LiveFrame
from abnormal.scoring.residual import ClipResidual
from abnormal.video.flow import MovingFrame


@dataclass(frozen=True)
class LiveClip:
    """A clip that waits for the network.

    Attributes:
        segment: What it is part of.
        window: Its frames.
        new: Those of them that no earlier clip showed.
    """

    segment: "Segment"
    window: ClipWindow
    new: tuple[LiveFrame, ...]


class Segment:
    """The frames of one camera between two gaps.

    Nothing that came before a gap is compared with what follows.
    """

    def __init__(self, detector: Detector, place: str, ignored: np.ndarray | None) -> None:
        """Starts a segment, which has no frame yet.

        Args:
            detector: The model.
            place: Which of its cameras it is.
            ignored: `(size, size)` bool, True where nothing counts.
        """
        normality = detector.calibration.normality(place)
        positions = detector.calibration.positions
        self._stream = ResidualStream(flow=normality is not None, ignored=ignored)
        self._scorer = FrameScorer(detector.info.fps, normality, positions)
        self._overlap = detector.overlap
        self._reconstructor = ClipReconstructor(detector.reconstruct, detector.overlap)
        hop = detector.overlap.hop if detector.overlap else None
        self._cutter = ClipCutter(detector.info.clip_length, hop, self._stream.with_speed)
        self._waiting: collections.deque[LiveFrame] = collections.deque()  # no clip has shown them
        self._newest: int | None = None

    def follows(self, frame: LiveFrame) -> bool:
        """Whether a frame is the next one; any frame may be the first."""
        return self._newest is None or frame.moment.number == self._newest + 1

    def add(self, frame: LiveFrame) -> list[LiveClip]:
        """Takes the next frame, and returns the clips that it completes; see `ClipCutter`."""
        self._newest = frame.moment.number
        self._waiting.append(frame)
        return self._live(self._cutter.add(MovingFrame(frame.image, frame.speed)))

    def finish(self) -> list[LiveClip]:
        """Ends the segment, and returns the clip of its last frames, if they wait for one."""
        return self._live(self._cutter.finish())

    @property
    def overlaps(self) -> bool:
        """Whether its clips share frames, and with them work, which other cameras' do not."""
        return self._overlap is not None

    def reconstruct(self, clip: LiveClip) -> ClipResidual:
        """Reconstructs the segment's next clip, where its clips overlap."""
        (residual,) = self._reconstructor.add([clip.window])
        return residual

    def score(self, residual: ClipResidual) -> ScoredFrames:
        """Scores the new frames of the segment's next clip."""
        return self._scorer.add(self._stream.add(residual))

    def _live(self, windows: Sequence[ClipWindow]) -> list[LiveClip]:
        return [
            LiveClip(
                self, window, tuple(self._waiting.popleft() for _ in window.frames[window.new])
            )
            for window in windows
        ]
