"""Frames that follow one another without a gap become clips, and clips become scores."""

import collections
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abnormal.frames.clips import ClipWindow
from abnormal.inference.detector import Detector
from abnormal.inference.overlap import ClipReconstructor
from abnormal.inference.stream import FrameScorer, ResidualStream, ScoredFrames
from abnormal.live.frame import LiveFrame


@dataclass(frozen=True)
class LiveClip:
    """A clip that waits for the network.

    Attributes:
        segment: What it is part of.
        window: Its frames.
        new: Those of them that no clip before showed.
    """

    segment: "Segment"
    window: ClipWindow
    new: tuple[LiveFrame, ...]


class Segment:
    """One camera between two gaps; nothing that came before a gap is compared with what follows."""

    def __init__(self, detector: Detector, place: str, ignored: np.ndarray | None) -> None:
        """Begins before the first frame.

        Args:
            detector: The model.
            place: Which of its cameras it is.
            ignored: `(size, size)` bool, True where nothing counts.
        """
        normality = detector.calibration.normality(place)
        positions = detector.calibration.positions
        self._stream = ResidualStream(flow=False, ignored=ignored)
        self._scorer = FrameScorer(detector.info.fps, normality, positions)
        self._length = detector.info.clip_length
        self._overlap = detector.overlap
        self._clips = ClipReconstructor(detector.reconstruct, detector.overlap)
        self._wanted = self._length  # new frames of the next clip
        self._window: collections.deque[LiveFrame] = collections.deque(maxlen=self._length)
        self._new = 0

    def follows(self, frame: LiveFrame) -> bool:
        """Whether a frame is the next one."""
        return not self._window or frame.moment.number == self._window[-1].moment.number + 1

    def add(self, frame: LiveFrame) -> list[LiveClip]:
        """Takes the next frame; gives the clip that it completes, if it does."""
        self._window.append(frame)
        self._new += 1
        return self._clip() if self._new == self._wanted else []

    def finish(self) -> list[LiveClip]:
        """The clip of the last frames; it reaches back, as that of a video's end does."""
        return self._clip() if self._new else []

    @property
    def overlaps(self) -> bool:
        """Whether its clips share frames, and with them work, which other cameras' do not."""
        return self._overlap is not None

    def reconstruct(self, clip: LiveClip) -> np.ndarray:
        """The reconstruction of its next clip where they overlap, `(n, size, size)` float32."""
        (output,) = self._clips.add([clip.window])
        return output

    def score(self, clip: LiveClip, reconstruction: np.ndarray) -> ScoredFrames:
        """Scores the new frames of the next clip.

        Args:
            clip: Made by this segment.
            reconstruction: `(n, size, size)` float32 in [0, 1], of its last frames.
        """
        window = clip.window
        residual = self._stream.add(window, reconstruction)
        new = slice(window.first - residual.place, window.stop - residual.place)
        return self._scorer.add(residual, new)

    def _clip(self) -> list[LiveClip]:
        frames, seen = list(self._window), len(self._window)
        first = seen - self._new
        shown = frames + frames[-1:] * (self._length - seen)
        images = np.stack([frame.image for frame in shown])
        window = ClipWindow(images, self._speeds(shown), first, seen)
        self._new = 0
        self._wanted = self._overlap.hop if self._overlap else self._length
        return [LiveClip(self, window, tuple(frames[first:]))]

    def _speeds(self, frames: Sequence[LiveFrame]) -> np.ndarray:
        """As they were measured when the frames came; the first one has that of the second."""
        none = np.zeros(frames[0].image.shape, np.float32)
        speeds = [none if frame.speed is None else frame.speed for frame in frames]
        if frames[0].speed is None and len(frames) > 1:
            speeds[0] = speeds[1]
        return np.stack(speeds)
