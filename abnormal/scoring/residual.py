"""A clip beside its reconstruction, and the scores by name that are computed from the two."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from abnormal.scoring.cells import cell_means, largest_patch

WARM_UP = 2
"""Frames at a clip's start in which a recurrent network's residual still settles."""


@dataclass(frozen=True)
class ClipResidual:
    """The frames of a clip, or its last ones, beside their reconstruction.

    What several scores are computed from is computed once.

    Attributes:
        frames: `(T, height, width)` float32 in [0, 1].
        reconstruction: The same shape and range.
        previous: `(height, width)` float32 in [0, 1], the frame before them; None at a video's
            start.
        previous_reconstruction: The reconstruction of that frame.
        speed: `(T, height, width)` float32 of `abnormal.video.flow`; None where not measured.
        position: 0-based position in the clip of the first of `frames`.
        new: Which of `frames` no earlier clip showed.
    """

    frames: np.ndarray
    reconstruction: np.ndarray
    previous: np.ndarray | None = None
    previous_reconstruction: np.ndarray | None = None
    speed: np.ndarray | None = None
    position: int = 0
    new: slice = field(default_factory=lambda: slice(0, None))

    @property
    def new_positions(self) -> np.ndarray:
        """The 0-based position in the clip of each new frame, `(n,)` int64."""
        return self.position + np.arange(len(self.frames))[self.new]

    @functools.cached_property
    def residual(self) -> np.ndarray:
        """Frames less their reconstruction, `(T, height, width)` float32 in [-1, 1]."""
        return self.frames - self.reconstruction

    @functools.cached_property
    def error(self) -> np.ndarray:
        """The residual without its sign, `(T, height, width)` float32 in [0, 1]."""
        return np.abs(self.residual)

    @functools.cached_property
    def error_cells(self) -> np.ndarray:
        """Means of the error over cells, `(T, rows, columns)` float64 in [0, 1]."""
        return cell_means(self.error)

    @functools.cached_property
    def change_cells(self) -> np.ndarray:
        """Means of `residual_change` over cells, `(T, rows, columns)` float64 in [0, 2]."""
        return cell_means(residual_change(self))

    @functools.cached_property
    def speed_cells(self) -> np.ndarray:
        """Mean speed over cells, `(T, rows, columns)` float64, pixels per frame."""
        return cell_means(np.zeros_like(self.frames) if self.speed is None else self.speed)


def l1(clip: ClipResidual) -> np.ndarray:
    """Sum of the absolute differences between the pixels of each frame and its reconstruction.

    The error of the comparison of three autoencoders on UCSD Ped1, there on pixels in [0, 255].

    Returns:
        `(T,)` float64, at least 0, at most the number of pixels.
    """
    return clip.error.sum((1, 2), dtype=np.float64)


def l2(clip: ClipResidual) -> np.ndarray:
    """Euclidean distance between each frame and its reconstruction.

    Chong and Tay, 2017 (arXiv:1701.01546), equation 2.

    Returns:
        `(T,)` float64, at least 0, at most the square root of the number of pixels.
    """
    return np.sqrt(np.square(clip.residual).sum((1, 2), dtype=np.float64))


def l1_local(clip: ClipResidual) -> np.ndarray:
    """Mean absolute difference of frame and reconstruction, in the patch where it is largest.

    Returns:
        `(T,)` float64 in [0, 1].
    """
    return largest_patch(clip.error_cells)


def l2_local(clip: ClipResidual) -> np.ndarray:
    """Root of the mean squared difference, in the patch where it is largest.

    Returns:
        `(T,)` float64 in [0, 1].
    """
    return np.sqrt(largest_patch(cell_means(np.square(clip.residual))))


def gradient(clip: ClipResidual) -> np.ndarray:
    """Absolute change of the residual from frame to frame, in the patch where it is largest.

    What the network cannot follow moves in its residual.

    Returns:
        `(T,)` float64 in [0, 2]. The first frame of a video has no change: 0.
    """
    return largest_patch(clip.change_cells)


def residual_change(clip: ClipResidual) -> np.ndarray:
    """Absolute change of the residual from frame to frame.

    Only frames of one clip are compared, as a recurrent network reconstructs the first frames of a
    clip otherwise than the last ones. For the same reason the first `WARM_UP` frames take the
    change of the one after them, which is known when the clip is. A clip of a single frame is
    compared with the frame before: a network of single frames reconstructs all alike.

    Returns:
        `(T, height, width)` float32 in [0, 2].
    """
    residual = clip.residual
    if len(residual) == 1:
        if clip.previous is None or clip.previous_reconstruction is None:
            return np.zeros_like(residual)
        return np.abs(residual - (clip.previous - clip.previous_reconstruction))
    change = np.abs(np.diff(residual, axis=0))
    first = min(max(WARM_UP - 1 - clip.position, 0), len(change) - 1)
    return np.concatenate((change[[first] * (first + 1)], change[first:]))


def difference(clip: ClipResidual) -> np.ndarray:
    """Absolute change from frame to frame, in the patch where it is largest. No network is used.

    The baseline that a network has to beat. The first frame of a video, before which there is none,
    takes the change of the one after it.

    Returns:
        `(T,)` float64 in [0, 1].
    """
    first = clip.frames[:1] if clip.previous is None else clip.previous[None]
    change = np.abs(np.diff(np.concatenate((first, clip.frames)), axis=0))
    if clip.previous is None and len(change) > 1:
        change[0] = change[1]
    return largest_patch(cell_means(change))


BASELINE = "difference"
"""The score that needs no network."""

SCORES: dict[str, Callable[[ClipResidual], np.ndarray]] = {
    "gradient": gradient,
    "l1": l1,
    "l2": l2,
    "l1_local": l1_local,
    "l2_local": l2_local,
    BASELINE: difference,
}

ERRORS = ("l1", "l2")
"""The scores that are reconstruction errors, from which a regularity is computed."""
