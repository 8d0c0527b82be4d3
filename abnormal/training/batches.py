"""Batches of clips for Keras, read from the cache on disk as they are needed."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from abnormal.frames.cache import FrameCache
from abnormal.frames.clips import Clip, to_input
from abnormal.training.devices import Devices


class ClipBatches(keras.utils.PyDataset):
    """Batches of clips in the given order; each clip is its own target.

    Each item is `(clips, clips)`, both `(batch, T, size, size, 1)` float32 in [0, 1]; axis 1 is
    time. The last batch may be smaller than the others.

    Args:
        cache: The cached frames, uint8.
        clips: The clips of all batches, in order.
        clip_length: Frames per clip.
        batch_size: Clips per batch.
    """

    def __init__(
        self, cache: FrameCache, clips: Sequence[Clip], clip_length: int, batch_size: int
    ) -> None:
        super().__init__()
        self._cache = cache
        self._clips = clips
        self._clip_length = clip_length
        self._batch_size = batch_size

    def __len__(self) -> int:
        return -(-len(self._clips) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        batch = self._read(self._clips_of(index))
        return batch, batch

    def frame_count(self, index: int) -> int:
        """Returns the number of frames in a batch, not counting padding."""
        return len(self._clips_of(index)) * self._clip_length

    def clips_in(self, batches: int) -> int:
        """Returns the number of clips that Keras counts in full batches, padding included.

        Args:
            batches: Number of full batches.
        """
        return batches * self._padded_size

    def mean_loss(self, index: int, earlier: int, before: float, mean: float) -> float:
        """Returns the mean loss over all clips of an epoch up to and including a batch.

        Args:
            index: 0-based index of the batch.
            earlier: Number of batches of the epoch that an earlier run has finished.
            before: Value that this method returned for the batch before.
            mean: Mean loss according to Keras, which also counts padding clips.
        """
        return mean

    def _clips_of(self, index: int) -> Sequence[Clip]:
        return self._clips[index * self._batch_size : (index + 1) * self._batch_size]

    def _read(self, clips: Sequence[Clip]) -> np.ndarray:
        """Reads clips as `(clips, T, size, size, 1)` float32 in [0, 1]."""
        frames = np.stack([self._cache.clip(clip, self._clip_length) for clip in clips])
        return to_input(frames)[..., None]

    @property
    def _padded_size(self) -> int:
        """Number of clips that Keras counts in a full batch, padding included."""
        return self._batch_size


class SharedBatches(ClipBatches):
    """This host's part of batches that several devices share.

    Every batch, including the last, is padded with black clips to the same size, so that all
    devices get equally many clips. TensorFlow would split a smaller batch unequally, and JAX would
    compile again for it.

    Each item is `((clips, weights), clips, weights)`: this host's clips
    `(part, T, size, size, 1)` float32 in [0, 1], and their weights `(part,)` float32. A padding
    clip has the weight 0. The weights of the real clips are such that the weighted mean over the
    padded batch is the mean over the real clips.

    Args:
        cache: The cached frames, uint8.
        clips: The clips of all batches, in order, for all hosts.
        clip_length: Frames per clip.
        batch_size: Clips per batch, over all devices.
        devices: The devices that share each batch.
    """

    def __init__(
        self,
        cache: FrameCache,
        clips: Sequence[Clip],
        clip_length: int,
        batch_size: int,
        devices: Devices,
    ) -> None:
        super().__init__(cache, clips, clip_length, batch_size)
        self._devices = devices

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        clips = self._clips_of(index)
        part = self._padded_size // self._devices.hosts
        mine = clips[self._devices.host * part :][:part]
        size = self._cache.frames.shape[1]
        batch = np.zeros((part, self._clip_length, size, size, 1), np.float32)
        weights = np.zeros(part, np.float32)
        if mine:
            batch[: len(mine)] = self._read(mine)
            weights[: len(mine)] = self._padded_size / len(clips)
        # TensorFlow may overwrite the arrays that it is given. One array in two places would be
        # overwritten as a target before the gradient needs it as an input.
        return (batch, weights), batch.copy(), weights.copy()

    def mean_loss(self, index: int, earlier: int, before: float, mean: float) -> float:
        """Corrects the mean of Keras for the padding in the last batch; see `ClipBatches`."""
        clips, batches = len(self._clips_of(index)), earlier + index
        if clips == self._batch_size or not batches:
            return mean
        real = clips / (batches * self._batch_size + clips)
        taken = 1 / (batches + 1)
        return before + (mean - before) * real / taken

    @property
    def _padded_size(self) -> int:
        return math.ceil(self._batch_size / self._devices.count) * self._devices.count
