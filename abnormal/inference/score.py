"""Scores of every frame of a video, computed as its clips become complete."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.frames.clips import ClipWindow, stream_clips
from abnormal.inference.runtimes import Reconstruct
from abnormal.scoring.events import Event, score_events
from abnormal.scoring.regularity import causal_mean, regularity
from abnormal.scoring.residual import ERRORS, SCORES, ClipResidual

BATCH_FRAMES = 40

TakePair = Callable[[np.ndarray, np.ndarray], None]
"""Takes the frames of a video in order, some at a time, and their reconstruction:
`(n, size, size)` float32 in [0, 1] both."""


def to_input(frames: np.ndarray) -> np.ndarray:
    """uint8 frames `(..., height, width)` as the network's input, float32 in [0, 1]."""
    return frames.astype(np.float32) / np.float32(255)


def frame_scores(
    frames: Iterable[np.ndarray],
    reconstruct: Reconstruct,
    clip_length: int,
    take: TakePair | None = None,
) -> dict[str, np.ndarray]:
    """All scores of every frame of a video, not smoothed.

    Memory does not depend on the video's length, but for the scores themselves.

    Args:
        frames: `(size, size)` uint8 each, in order.
        reconstruct: The network.
        clip_length: Frames of a clip.
        take: Takes all frames and their reconstruction.

    Returns:
        For each name in `SCORES` its `(n,)` float64.
    """
    parts: dict[str, list[np.ndarray]] = {name: [] for name in SCORES}
    for residual, window in _residuals(stream_clips(frames, clip_length), reconstruct, clip_length):
        new = slice(window.first, window.stop)
        for name, score in SCORES.items():
            parts[name].append(score(residual)[new])
        if take:
            take(residual.frames[new], residual.reconstruction[new])
    if not parts[next(iter(SCORES))]:
        raise AbnormalError("No frame of it could be read.")
    return {name: np.concatenate(values) for name, values in parts.items()}


@dataclass(frozen=True)
class ScoredVideo:
    """A video with the scores that a model gave to its frames.

    Attributes:
        name: Of the video.
        fps: Frames per second.
        raw: For each score's name `(n,)`, as it comes from each clip.
        causal: The same, lightly smoothed without looking ahead: what alarms use.
        labels: `(n,)` uint8, 1 where abnormal; None where not known.
        situation: The kind of event; empty where unknown.
    """

    name: str
    fps: float
    raw: dict[str, np.ndarray]
    causal: dict[str, np.ndarray]
    labels: np.ndarray | None = None
    situation: str = ""

    def regularity(self, score: str = "l2") -> np.ndarray:
        """The regularity of each frame over the whole video; it looks back.

        Args:
            score: The one that carries the alarm. Where that is an error, `l1` or `l2`, the
                regularity is by it; otherwise by `l2`.
        """
        return regularity(self.raw[error_of(score)])

    def events(self, score: str, threshold: float, release: float) -> list[Event]:
        """The stretches in which it is not regular, by the score; see `score_events`."""
        return score_events(self.causal[score], threshold, release, self.fps)


def error_of(score: str) -> str:
    """The reconstruction error that goes with a score: itself, or `l2` where it is none."""
    return score if score in ERRORS else "l2"


def causal_scores(raw: dict[str, np.ndarray], fps: float) -> dict[str, np.ndarray]:
    """The scores as alarms use them: lightly smoothed, without looking ahead."""
    return {name: causal_mean(values, fps) for name, values in raw.items()}


def _residuals(
    windows: Iterator[ClipWindow], reconstruct: Reconstruct, clip_length: int
) -> Iterator[tuple[ClipResidual, ClipWindow]]:
    before: ClipResidual | None = None
    while batch := list(itertools.islice(windows, max(1, BATCH_FRAMES // clip_length))):
        clips = to_input(np.stack([window.frames for window in batch]))
        outputs = reconstruct(clips[..., None])[..., 0]
        if not np.isfinite(outputs).all():
            raise AbnormalError(
                "The network's reconstruction of it is not finite. Train the model again, with "
                "another --learning-rate or --precision."
            )
        for window, clip, output in zip(batch, clips, outputs, strict=True):
            residual = ClipResidual(clip, output)
            if before:
                # The last clip of a video reaches back into the one before it.
                last = -1 - window.first
                residual = ClipResidual(
                    clip, output, before.frames[last], before.reconstruction[last]
                )
            yield residual, window
            before = residual
