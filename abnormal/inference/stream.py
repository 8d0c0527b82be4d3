"""The frames of one video become scores, clip by clip, as they come."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from abnormal.frames.clips import ClipWindow
from abnormal.scoring.calibration import Normality, fuse
from abnormal.scoring.local import FUSED, LOCAL_SCORES, above_normal, unusual_box
from abnormal.scoring.regularity import SMOOTHING_SEC, CausalMean
from abnormal.scoring.residual import SCORES, ClipResidual
from abnormal.video.flow import MovingFrame, with_speed, without_speed

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
        self._flow = flow
        self._counts = None if ignored is None else (~ignored).astype(np.float32)
        self._before: ClipResidual | None = None

    def moving(self, frames: Iterable[np.ndarray]) -> Iterator[MovingFrame]:
        """Frames as the clips are cut from them, `(height, width)` uint8 each."""
        return with_speed(frames) if self._flow else without_speed(frames)

    def add(self, window: ClipWindow, reconstruction: np.ndarray) -> ClipResidual:
        """The residual of the next clip, or of its last frames.

        Args:
            window: The clip.
            reconstruction: `(n, height, width)` float32 in [0, 1], of its last frames: all of
                them, or those that no clip before showed and one more.
        """
        place = len(window.frames) - len(reconstruction)
        frames = to_input(window.frames[place:])
        speed = None if window.speed is None else window.speed[place:]
        if self._counts is not None:
            frames, reconstruction = frames * self._counts, reconstruction * self._counts
            speed = None if speed is None else speed * self._counts
        residual = ClipResidual(frames, reconstruction, speed=speed, place=place)
        if self._before:
            # A clip that shows frames of the one before it reaches back into it.
            last = place - 1 - window.first
            residual = dataclasses.replace(
                residual,
                previous=self._before.frames[last],
                previous_reconstruction=self._before.reconstruction[last],
            )
        self._before = residual
        return residual


class CellStream:
    """Residuals become the cells of the scores that know the place."""

    def __init__(self, fps: float, scores: Iterable[str] = LOCAL_SCORES) -> None:
        """Prepares for the first frame.

        Args:
            fps: Frames per second.
            scores: Names in `LOCAL_SCORES` of the scores whose cells are wanted.
        """
        self._steady = {name: LOCAL_SCORES[name].steady(fps) for name in scores}

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
        self._cells = CellStream(fps, normality.levels if normality else ())
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
            raw[name] = raw[name] / normal[residual.place :][new]
        causal = {name: self._mean(name, values) for name, values in raw.items()}
        if self._normality is None:
            return ScoredFrames(raw, causal)
        levels = self._normality.levels
        cells, local = self._cells.add(residual, new), {}
        for name, values in cells.items():
            raw[name] = above_normal(values, levels[name], LOCAL_SCORES[name].everywhere)
            smooth = self._mean(name, raw[name], LOCAL_SMOOTHING_SEC)
            local[name] = self._normality.surprises[name].of(smooth)
        fused, speakers = fuse(local, self._normality.frames)
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
