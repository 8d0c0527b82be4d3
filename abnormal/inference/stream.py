"""The frames of one video become scores, clip by clip, as they come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from abnormal.frames.clips import ClipWindow
from abnormal.scoring.calibration import FUSED, Normality, fuse
from abnormal.scoring.local import LOCAL_SCORES, above_normal, unusual_box
from abnormal.scoring.regularity import SMOOTHING_SEC, CausalMean
from abnormal.scoring.residual import SCORES, ClipResidual
from abnormal.video.flow import FlowMeter

LOCAL_SMOOTHING_SEC = 0.5
"""Over how long a score that knows the place is averaged: things move on from a place."""


def to_input(frames: np.ndarray) -> np.ndarray:
    """uint8 frames `(..., height, width)` as the network's input, float32 in [0, 1]."""
    return frames.astype(np.float32) / np.float32(255)


class ResidualStream:
    """Clips and their reconstructions become residuals, each with what came before it."""

    def __init__(self, flow: bool = True, ignored: np.ndarray | None = None) -> None:
        """Begins before the first frame.

        Args:
            flow: Whether the speed is measured.
            ignored: `(height, width)` bool, True where nothing counts.
        """
        self._flow = FlowMeter() if flow else None
        self._counts = None if ignored is None else (~ignored).astype(np.float32)
        self._before: ClipResidual | None = None
        self._last_frame: np.ndarray | None = None

    def add(self, window: ClipWindow, reconstruction: np.ndarray) -> ClipResidual:
        """The residual of the next clip.

        Args:
            window: The clip.
            reconstruction: `(T, height, width)` float32 in [0, 1].

        Returns:
            The speed is that of the frames that no clip before showed; 0 for others.
        """
        frames, speed = to_input(window.frames), self._speed(window)
        if self._counts is not None:
            frames, reconstruction = frames * self._counts, reconstruction * self._counts
            speed = None if speed is None else speed * self._counts
        residual = ClipResidual(frames, reconstruction, speed=speed)
        if self._before:
            # The last clip of a video reaches back into the one before it.
            last = -1 - window.first
            residual = ClipResidual(
                frames,
                reconstruction,
                self._before.frames[last],
                self._before.reconstruction[last],
                speed,
            )
        self._before = residual
        return residual

    def _speed(self, window: ClipWindow) -> np.ndarray | None:
        if self._flow is None:
            return None
        speed = np.zeros(window.frames.shape, np.float32)
        for place in range(window.first, window.stop):
            frame = window.frames[place]
            if self._last_frame is not None:
                speed[place] = self._flow(self._last_frame, frame)
            self._last_frame = frame
        if self._before is None and window.stop > 1:
            speed[0] = speed[1]  # nothing is known before the first frame of a video
        return speed


class CellStream:
    """Residuals become the cells of the scores that know the place."""

    def __init__(self, fps: float) -> None:
        """Begins before the first frame.

        Args:
            fps: Frames per second.
        """
        self._steady = {name: score.steady(fps) for name, score in LOCAL_SCORES.items()}

    def add(self, residual: ClipResidual, new: slice) -> dict[str, np.ndarray]:
        """The cells of the next clip's frames.

        Args:
            residual: Of the clip.
            new: Its frames that no clip before showed.

        Returns:
            For each score `(n, rows, columns)` float64.
        """
        return {
            name: steady(LOCAL_SCORES[name].cells(residual)[new])
            for name, steady in self._steady.items()
        }


@dataclass(frozen=True)
class ScoredFrames:
    """Consecutive frames of a video with their scores.

    Attributes:
        raw: For each score's name `(n,)`: its value, or for one that knows the place how far the
            most unusual cell is above normal.
        causal: The same as alarms use it, without looking ahead: lightly smoothed, and for scores
            that know the place the surprise.
        boxes: `(n, 4)` the place that is most unusual by the score that `fused` is from: left,
            top, width and height, as parts of the picture's; None where no place is known.
    """

    raw: dict[str, np.ndarray]
    causal: dict[str, np.ndarray]
    boxes: np.ndarray | None = None


def joined(parts: Sequence[ScoredFrames]) -> ScoredFrames:
    """Frames that follow one another as one; at least one part."""
    first = parts[0]
    return ScoredFrames(
        raw={name: np.concatenate([part.raw[name] for part in parts]) for name in first.raw},
        causal={
            name: np.concatenate([part.causal[name] for part in parts]) for name in first.causal
        },
        boxes=None
        if first.boxes is None
        else np.concatenate([part.boxes for part in parts if part.boxes is not None]),
    )


class FrameScorer:
    """Residuals become scores; one for each video."""

    def __init__(
        self,
        fps: float,
        normality: Normality | None,
        positions: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        """Begins before the first frame.

        Args:
            fps: Frames per second.
            normality: What is normal for the camera; without it there are no scores that know the
                place.
            positions: What some scores are divided by at each place in a clip.
        """
        self._fps = fps
        self._normality = normality
        self._cells = CellStream(fps)
        self._means: dict[str, CausalMean] = {}
        self._positions = {name: np.array(values) for name, values in (positions or {}).items()}

    def add(self, residual: ClipResidual, new: slice) -> ScoredFrames:
        """Scores the next clip's frames.

        Args:
            residual: Of the clip.
            new: Its frames that no clip before showed.
        """
        raw = {name: score(residual)[new] for name, score in SCORES.items()}
        for name, normal in self._positions.items():
            raw[name] = raw[name] / normal[new]
        causal = {name: self._mean(name, values) for name, values in raw.items()}
        if self._normality is None:
            return ScoredFrames(raw, causal)
        levels = self._normality.levels
        cells, local = self._cells.add(residual, new), {}
        for name, values in cells.items():
            raw[name] = above_normal(values, levels[name], LOCAL_SCORES[name].everywhere)
            smooth = self._mean(name, raw[name], LOCAL_SMOOTHING_SEC)
            local[name] = self._normality.surprises[name].of(smooth)
        fused, speakers = fuse(local)
        raw[FUSED] = fused
        names = list(local)
        boxes = [
            unusual_box(cells[names[speaker]][number], levels[names[speaker]])
            for number, speaker in enumerate(speakers)
        ]
        return ScoredFrames(raw, causal | local | {FUSED: fused}, np.array(boxes))

    def _mean(self, name: str, values: np.ndarray, seconds: float = SMOOTHING_SEC) -> np.ndarray:
        mean = self._means.setdefault(name, CausalMean(self._fps, seconds))
        return mean(values)
