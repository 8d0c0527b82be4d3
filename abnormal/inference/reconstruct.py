"""Reconstructs clips with a network; every use of a network goes through here."""

import collections
import itertools
from collections.abc import Sequence

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.frames.clips import ClipWindow, to_input
from abnormal.inference.overlap import Overlap, SplitNetwork
from abnormal.inference.runtimes import Reconstruct
from abnormal.scoring.residual import ClipResidual


class NotFiniteError(AbnormalError):
    """A network's reconstruction has infinite values, or values that are not numbers."""


class ClipReconstructor:
    """Reconstructs clips.

    With a split network, the features of the last frames are kept, so all clips have to be from one
    video, in order. Otherwise nothing is kept, and clips of several videos may be mixed.

    Args:
        reconstruct: The network, for whole clips.
        overlap: How clips that overlap are reconstructed; None if they do not overlap.
    """

    def __init__(self, reconstruct: Reconstruct, overlap: Overlap | None = None) -> None:
        self._reconstruct = reconstruct
        self._split = overlap.split if overlap else None
        self._frames: collections.deque[np.ndarray] = collections.deque()
        self._features: collections.deque[np.ndarray] = collections.deque()

    def add(self, windows: Sequence[ClipWindow]) -> list[ClipResidual]:
        """Reconstructs some clips in one call of the network.

        Args:
            windows: At least one clip.

        Returns:
            The residual of each clip, without the frame before it. It has all frames of the clip
            or, with a split network, the last `hop + 1`.

        Raises:
            NotFiniteError: The reconstruction has infinite values, or values that are not numbers.
        """
        if self._split is None:
            return self._whole(windows)
        if self._features:
            return self._last_frames(self._split, windows)
        first, *rest = windows  # all frames of the first clip of a video are new
        residuals = self._whole([first])
        self._frames = collections.deque(residuals[0].frames, len(first.frames))
        features = self._split.encode(residuals[0].frames[..., None])
        self._features = collections.deque(features, len(first.frames))
        return residuals + (self._last_frames(self._split, rest) if rest else [])

    def _whole(self, windows: Sequence[ClipWindow]) -> list[ClipResidual]:
        clips = to_input(np.stack([window.frames for window in windows]))
        outputs = self._reconstruct(clips[..., None])[..., 0]
        return [residual_of(*each) for each in zip(windows, clips, outputs, strict=True)]

    def _last_frames(
        self, split: SplitNetwork, windows: Sequence[ClipWindow]
    ) -> list[ClipResidual]:
        new = to_input(np.concatenate([window.frames[window.new] for window in windows]))
        encoded = zip(new, split.encode(new[..., None]), strict=True)
        clips, features = [], []
        for window in windows:
            for frame, feature in itertools.islice(encoded, len(window.frames[window.new])):
                self._frames.append(frame)
                self._features.append(feature)
            clips.append(list(self._frames))
            features.append(np.stack(self._features))
        outputs = split.decode(np.stack(features))[..., 0]
        shown = outputs.shape[1]
        frames = (np.stack(clip[-shown:]) for clip in clips)
        return [residual_of(*each) for each in zip(windows, frames, outputs, strict=True)]


def residual_of(window: ClipWindow, frames: np.ndarray, output: np.ndarray) -> ClipResidual:
    """Returns the residual of a clip, without the frame before it.

    Args:
        window: The clip.
        frames: Its last frames or all of them, `(n, height, width)` float32 in [0, 1].
        output: Their reconstruction, of the same shape.

    Raises:
        NotFiniteError: The reconstruction has infinite values, or values that are not numbers.
    """
    if not np.isfinite(output).all():
        raise NotFiniteError(
            "The network's reconstruction is not finite. Train the model again, with another "
            "--learning-rate or --precision."
        )
    position = len(window.frames) - len(frames)
    return ClipResidual(
        frames,
        output,
        speed=None if window.speed is None else window.speed[position:],
        position=position,
        new=slice(window.new.start - position, window.new.stop - position),
    )
