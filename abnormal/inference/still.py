"""Clips that show nothing new take over the reconstruction of an earlier clip.

A network reconstructs the same frames in the same way. Where each frame of a clip looks like the
frame at the same position of a clip that the network has just reconstructed, that reconstruction
serves again, and the network does not run. The residual is that of the clip's own frames, so what
changes in them still counts.
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from abnormal.frames.clips import ClipWindow, to_input
from abnormal.inference.reconstruct import residual_of
from abnormal.scoring.cells import cell_means
from abnormal.scoring.residual import ClipResidual

LONGEST_SEC = 10.0
"""A reconstruction serves for at most so many seconds."""

SAME_LEVELS = 2.0
"""Largest difference of the mean of a cell, in grey levels (0 to 255), up to which two frames look
alike. The score that notices the least change takes three times as much for unusual."""

NOISE_FACTOR = 1.5
"""The pixels of a cell may differ by so many times as much as in the middle cell of the picture,
and by `NOISE_LEVELS` more. The middle one shows what noise alone does."""

NOISE_LEVELS = 1.0
"""In grey levels."""

ReconstructClips = Callable[[Sequence[ClipWindow]], list[ClipResidual]]
"""Reconstructs clips by the network; see `abnormal.inference.reconstruct.ClipReconstructor.add`."""


@dataclass
class _Shown:
    """The last clip of a video that the network has reconstructed, or is about to.

    Attributes:
        frames: `(T, height, width)` uint8.
        uses: How many clips there have been since, most of which have taken over its
            reconstruction.
        residual: Its residual; None until the network has run.
    """

    frames: np.ndarray
    uses: int = 0
    residual: ClipResidual | None = None


class StillClips:
    """Tells which clips of one video, in order, show nothing new.

    Args:
        fps: Frames per second.
    """

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._shown: _Shown | None = None

    def pass_over(self) -> None:
        """Lets the time of a clip pass that is not reconstructed."""
        if self._shown:
            self._shown.uses += 1

    def source_of(self, window: ClipWindow) -> tuple[_Shown, bool]:
        """Returns the clip whose reconstruction serves for the next one, and whether it is new."""
        shown = self._shown
        most = self._fps * LONGEST_SEC / len(window.frames)
        if shown and shown.uses < most and look_alike(window.frames, shown.frames):
            shown.uses += 1
            return shown, False
        self._shown = _Shown(window.frames)
        return self._shown, True


def reconstruct_new(
    clips: Sequence[tuple[StillClips | None, ClipWindow]], reconstruct: ReconstructClips
) -> list[ClipResidual]:
    """Reconstructs clips of one or several videos, by the network only those that are new.

    Args:
        clips: Each clip with what is known of its video, those of one video in order; None if the
            network has to run on it whatever it shows.
        reconstruct: Reconstructs the new ones, in one call.

    Returns:
        The residual of each clip, without the frame before it.
    """
    sources = [
        still.source_of(window) if still else (_Shown(window.frames), True)
        for still, window in clips
    ]
    new = [window for (_, window), (_, is_new) in zip(clips, sources, strict=True) if is_new]
    computed = iter(reconstruct(new) if new else ())
    residuals = []
    for (_, window), (shown, is_new) in zip(clips, sources, strict=True):
        if is_new:
            shown.residual = next(computed)
            residuals.append(shown.residual)
        else:
            assert shown.residual is not None  # it stood before this one
            frames = to_input(window.frames)
            residuals.append(residual_of(window, frames, shown.residual.reconstruction))
    return residuals


def without_network(window: ClipWindow) -> ClipResidual:
    """Returns the residual of a clip for the scores that need no network, which does not run."""
    frames = to_input(window.frames)
    return dataclasses.replace(residual_of(window, frames, frames), by_network=False)


def look_alike(frames: np.ndarray, others: np.ndarray) -> bool:
    """Tells whether each frame of a clip looks like that of another one at the same position.

    Args:
        frames: `(T, height, width)` uint8.
        others: The same shape.
    """
    for frame, other in zip(frames, others, strict=True):
        difference = frame.astype(np.float32) - other
        if np.abs(cell_means(difference[None])).max() > SAME_LEVELS:
            return False
        by_pixel = cell_means(np.abs(difference)[None])
        if by_pixel.max() > NOISE_FACTOR * np.median(by_pixel) + NOISE_LEVELS:
            return False
    return True
