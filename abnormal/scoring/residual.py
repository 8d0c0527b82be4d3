"""The residual of a clip, and the scores that are computed from it for each frame as a whole."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from abnormal.scoring.cells import cell_means, largest_patch

WARM_UP_FRAMES = 2
"""Number of frames at the start of a clip in which a recurrent network's residual still settles."""


@dataclass(frozen=True)
class ClipResidual:
    """The frames of a clip, or its last frames, with their reconstruction.

    Arrays that several scores need are computed once, when they are first used.

    Attributes:
        frames: The frames, `(T, height, width)` float32 in [0, 1].
        reconstruction: Their reconstruction, `(T, height, width)` float32 in [0, 1].
        previous: The frame before the first one, `(height, width)` float32 in [0, 1]; None at the
            start of a video.
        previous_reconstruction: The reconstruction of that frame, `(height, width)` float32 in
            [0, 1]; None at the start of a video, and if the network has not reconstructed both.
        speed: Speed of each pixel from `abnormal.video.flow`, `(T, height, width)` float32, at
            least 0, in pixels per frame; None if it is not measured.
        foreground: Which pixels differ from the background, `(T, height, width)` bool; known for
            new frames alone, and None if the background is not known.
        background: What the camera shows when nobody is there, `(height, width)` float32, 0 to 255;
            None if it is not known.
        position: 0-based position in the clip of the first of `frames`.
        new: The frames that no earlier clip of the video has, as a slice of `frames`.
        by_network: Whether the network has reconstructed the frames. If not, they are their own
            reconstruction, so that nothing is unusual by the scores that need the network.
    """

    frames: np.ndarray
    reconstruction: np.ndarray
    previous: np.ndarray | None = None
    previous_reconstruction: np.ndarray | None = None
    speed: np.ndarray | None = None
    foreground: np.ndarray | None = None
    background: np.ndarray | None = None
    position: int = 0
    new: slice = field(default_factory=lambda: slice(0, None))
    by_network: bool = True

    @property
    def new_positions(self) -> np.ndarray:
        """Position in the clip of each new frame, `(n,)` int64, at least 0."""
        return self.position + np.arange(len(self.frames))[self.new]

    @functools.cached_property
    def residual(self) -> np.ndarray:
        """Frames minus their reconstruction, `(T, height, width)` float32 in [-1, 1]."""
        return self.frames - self.reconstruction

    @functools.cached_property
    def error(self) -> np.ndarray:
        """Absolute value of the residual, `(T, height, width)` float32 in [0, 1]."""
        return np.abs(self.residual)

    @functools.cached_property
    def error_cells(self) -> np.ndarray:
        """Mean of the error over each cell, `(T, rows, columns)` float64 in [0, 1]."""
        return cell_means(self.error) if self.by_network else np.zeros_like(self.speed_cells)

    @functools.cached_property
    def change_cells(self) -> np.ndarray:
        """Mean of `residual_change` over each cell, `(T, rows, columns)` float64 in [0, 2]."""
        if not self.by_network:
            return np.zeros_like(self.speed_cells)
        return cell_means(residual_change(self))

    @functools.cached_property
    def speed_cells(self) -> np.ndarray:
        """Mean speed over each cell, `(T, rows, columns)` float64, at least 0, in pixels per frame.

        It is 0 if the speed is not measured.
        """
        return cell_means(np.zeros_like(self.frames) if self.speed is None else self.speed)

    @functools.cached_property
    def foreground_cells(self) -> np.ndarray:
        """Share of each cell that is foreground, `(T, rows, columns)` float64 in [0, 1].

        It is 0 if the background is not known.
        """
        if self.foreground is None:
            return cell_means(np.zeros_like(self.frames))
        return cell_means(self.foreground.astype(np.float32))


def l1(clip: ClipResidual) -> np.ndarray:
    """Computes the sum of absolute differences between each frame and its reconstruction.

    This is the error of the comparison of three autoencoders on UCSD Ped1, which computes it on
    pixels in [0, 255].

    Returns:
        `(T,)` float64 from 0 to the number of pixels.
    """
    return clip.error.sum((1, 2), dtype=np.float64)


def l2(clip: ClipResidual) -> np.ndarray:
    """Computes the Euclidean distance between each frame and its reconstruction.

    This is the error of Chong and Tay, 2017 (arXiv:1701.01546), equation 2.

    Returns:
        `(T,)` float64 from 0 to the square root of the number of pixels.
    """
    return np.sqrt(np.square(clip.residual).sum((1, 2), dtype=np.float64))


def l1_local(clip: ClipResidual) -> np.ndarray:
    """Computes the mean absolute difference in the patch of each frame where it is largest.

    Returns:
        `(T,)` float64 in [0, 1].
    """
    return largest_patch(clip.error_cells)


def l2_local(clip: ClipResidual) -> np.ndarray:
    """Computes the root mean squared difference in the patch of each frame where it is largest.

    Returns:
        `(T,)` float64 in [0, 1].
    """
    return np.sqrt(largest_patch(cell_means(np.square(clip.residual))))


def gradient(clip: ClipResidual) -> np.ndarray:
    """Computes the change of the residual in the patch of each frame where it is largest.

    Motion that the network cannot reconstruct shows as a residual that changes from frame to frame.

    Returns:
        `(T,)` float64 in [0, 2].
    """
    return largest_patch(clip.change_cells)


def residual_change(clip: ClipResidual) -> np.ndarray:
    """Computes the absolute change of the residual from frame to frame.

    Only frames of the same clip are compared, because a recurrent network reconstructs the first
    frames of a clip worse than the last ones. For the same reason the first `WARM_UP_FRAMES` frames
    get the change of the frame after them. A clip of a single frame is compared with the frame
    before the clip, because a network for single frames reconstructs all frames in the same way.

    Returns:
        `(T, height, width)` float32 in [0, 2]; 0 if there is no frame to compare with.
    """
    residual = clip.residual
    if len(residual) == 1:
        if clip.previous is None or clip.previous_reconstruction is None:
            return np.zeros_like(residual)
        return np.abs(residual - (clip.previous - clip.previous_reconstruction))
    change = np.abs(np.diff(residual, axis=0))
    first = min(max(WARM_UP_FRAMES - 1 - clip.position, 0), len(change) - 1)
    return np.concatenate((change[[first] * (first + 1)], change[first:]))


def difference(clip: ClipResidual) -> np.ndarray:
    """Computes the absolute change of the pixels in the patch of each frame where it is largest.

    This is the baseline that a network has to beat, because it does not use the reconstruction. The
    first frame of a video gets the change of the frame after it.

    Returns:
        `(T,)` float64 in [0, 1].
    """
    first = clip.frames[:1] if clip.previous is None else clip.previous[None]
    change = np.abs(np.diff(np.concatenate((first, clip.frames)), axis=0))
    if clip.previous is None and len(change) > 1:
        change[0] = change[1]
    return largest_patch(cell_means(change))


BASELINE = "difference"
"""Name of the score that needs no network."""

SCORES: dict[str, Callable[[ClipResidual], np.ndarray]] = {
    "gradient": gradient,
    "l1": l1,
    "l2": l2,
    "l1_local": l1_local,
    "l2_local": l2_local,
    BASELINE: difference,
}
"""The scores that are not local, by name. Each computes `(T,)` float64 from a clip."""

ERRORS = ("l1", "l2")
"""Names of the scores that are reconstruction errors, from which a regularity is computed."""
