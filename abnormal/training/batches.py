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
    """Batches of clips in the order given; each clip is its own target.

    An item is `(clips, clips)`, both `(batch, T, size, size, 1)` float32 in [0, 1]; axis 1 is time.
    The last batch may be smaller than the others.
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
        """Returns how many frames a batch has, without those that only fill it up."""
        return len(self._clips_of(index)) * self._clip_length

    def clips_in(self, batches: int) -> int:
        """Returns how many clips Keras counts in so many full batches."""
        return batches * self._filled_size

    def mean_loss(self, index: int, earlier: int, before: float, mean: float) -> float:
        """Returns the mean loss over all clips of an epoch up to and including a batch.

        Args:
            index: The number of the batch, from 0.
            earlier: How many batches of the epoch an earlier run has done.
            before: What this method returned for the batch before.
            mean: The mean of Keras, which also counts the clips that fill up a batch.
        """
        return mean

    def _clips_of(self, index: int) -> Sequence[Clip]:
        return self._clips[index * self._batch_size : (index + 1) * self._batch_size]

    def _read(self, clips: Sequence[Clip]) -> np.ndarray:
        """Reads clips as `(clips, T, size, size, 1)` float32 in [0, 1]."""
        frames = np.stack([self._cache.clip(clip, self._clip_length) for clip in clips])
        return to_input(frames)[..., None]

    @property
    def _filled_size(self) -> int:
        """How many clips Keras counts in a full batch."""
        return self._batch_size


class SharedBatches(ClipBatches):
    """This host's part of batches that several devices share.

    Every batch, the last one too, is filled up with black clips to the same number, so that all
    devices get equally many: TensorFlow would part a smaller batch unequally, and JAX would compile
    anew for it.

    An item is `((clips, weights), clips, weights)`: this host's clips
    `(part, T, size, size, 1)` float32 in [0, 1], and their weights `(part,)` float32. The weight of
    a clip that fills up is 0; the others are so large that the weighted mean over the filled batch
    is the mean over its real clips.
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
        part = self._filled_size // self._devices.hosts
        mine = clips[self._devices.host * part :][:part]
        size = self._cache.frames.shape[1]
        batch = np.zeros((part, self._clip_length, size, size, 1), np.float32)
        weights = np.zeros(part, np.float32)
        if mine:
            batch[: len(mine)] = self._read(mine)
            weights[: len(mine)] = self._filled_size / len(clips)
        # TensorFlow may overwrite the arrays that it is given. One array in two places would be
        # overwritten as a target before the gradient needs it as an input.
        return (batch, weights), batch.copy(), weights.copy()

    def mean_loss(self, index: int, earlier: int, before: float, mean: float) -> float:
        """See `ClipBatches`; Keras counts too many clips in the last batch of an epoch."""
        clips, batches = len(self._clips_of(index)), earlier + index
        if clips == self._batch_size or not batches:
            return mean
        real = clips / (batches * self._batch_size + clips)
        taken = 1 / (batches + 1)
        return before + (mean - before) * real / taken

    @property
    def _filled_size(self) -> int:
        return math.ceil(self._batch_size / self._devices.count) * self._devices.count
