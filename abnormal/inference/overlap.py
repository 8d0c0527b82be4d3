"""Clips that overlap: each frame is encoded once, and only what is new is reconstructed."""

import collections
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np

from abnormal.frames.clips import ClipWindow
from abnormal.inference.runtimes import RUNTIMES, Compute, Reconstruct
from abnormal.inference.stream import to_input
from abnormal.models.overlap import in_parts
from abnormal.scoring.residual import WARM_UP


class Shared(NamedTuple):
    """A network whose clips share the work on their frames.

    Attributes:
        encode: Frames `(n, height, width, 1)` to their features `(n, ...)`.
        decode: Features of clips `(n, T, ...)` to their last frames, `(n, hop + 1, height, width,
            1)`.
    """

    encode: Compute
    decode: Compute


class Overlap(NamedTuple):
    """How clips that overlap are reconstructed.

    Attributes:
        hop: Frames from the beginning of a clip to that of the next.
        shared: None where the network takes a clip as a whole.
    """

    hop: int
    shared: Shared | None


def make_overlap(network: keras.Sequential, runtime: str, hop: int) -> Overlap:
    """Prepares a network for clips that overlap.

    Args:
        network: The stock network.
        runtime: A name in `RUNTIMES`.
        hop: Frames from the beginning of a clip to that of the next, less than a clip's length.
    """
    shown = hop + 1  # the change of a residual is from a frame of the same clip
    settled = network.input_shape[1] - WARM_UP
    parts = in_parts(network, shown) if shown < settled else None
    if parts is None:
        return Overlap(hop, None)
    compute = RUNTIMES[runtime]
    return Overlap(hop, Shared(compute(parts.encoder), compute(parts.decoder)))


class ClipReconstructor:
    """Reconstructs the clips of one video, in order."""

    def __init__(self, reconstruct: Reconstruct, overlap: Overlap | None = None) -> None:
        """Begins before the first clip.

        Args:
            reconstruct: The network, for whole clips.
            overlap: How clips that overlap are reconstructed; None where they do not.
        """
        self._reconstruct = reconstruct
        self._shared = overlap.shared if overlap else None
        self._features: collections.deque[np.ndarray] = collections.deque()

    def add(self, windows: Sequence[ClipWindow]) -> list[np.ndarray]:
        """The next clips' reconstructions.

        Args:
            windows: At least one.

        Returns:
            For each `(n, height, width)` float32 in [0, 1]: of all its frames, or of its last ones.
        """
        if self._shared is None:
            return self._whole(windows)
        if self._features:
            return self._last_frames(self._shared, windows)
        first, *rest = windows  # of a video: all frames of its first clip are new
        features = self._shared.encode(to_input(first.frames)[..., None])
        self._features = collections.deque(features, len(features))
        return self._whole([first]) + (self._last_frames(self._shared, rest) if rest else [])

    def _whole(self, windows: Sequence[ClipWindow]) -> list[np.ndarray]:
        clips = to_input(np.stack([window.frames for window in windows]))
        return list(self._reconstruct(clips[..., None])[..., 0])

    def _last_frames(self, shared: Shared, windows: Sequence[ClipWindow]) -> list[np.ndarray]:
        new = np.concatenate([window.frames[window.first : window.stop] for window in windows])
        encoded = iter(shared.encode(to_input(new)[..., None]))
        clips = []
        for window in windows:
            self._features.extend(itertools.islice(encoded, window.stop - window.first))
            clips.append(np.stack(self._features))
        return list(shared.decode(np.stack(clips))[..., 0])
