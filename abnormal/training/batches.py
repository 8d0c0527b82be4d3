"""Clips as batches for Keras, read from the cache on disk as they are needed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from abnormal.frames.cache import FrameCache
from abnormal.frames.clips import Clip, to_input


@dataclass(frozen=True)
class Share:
    """What part of each batch this process reads.

    Attributes:
        replicas: Devices of all hosts, a multiple of the hosts.
        hosts: How many share a batch.
        host: This one, from 0.
    """

    replicas: int = 1
    hosts: int = 1
    host: int = 0


UNSHARED = Share()


class ClipBatches(keras.utils.PyDataset):
    """Batches of clips, each its own target, in the order given.

    A batch is `(clips, length, size, size, 1)` float32 in [0, 1]; axis 1 is time. The last one
    may be smaller.
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

    def frames_of(self, index: int) -> int:
        """How many frames a batch has."""
        return len(self._clips_of(index)) * self._clip_length

    def counted(self, batches: int) -> int:
        """How many clips Keras sees in so many full batches."""
        return batches * self._filled

    def mean_loss(self, index: int, earlier: int, before: float, mean: float) -> float:
        """The mean loss over all clips up to a batch.

        Args:
            index: Of the batch.
            earlier: Batches of the epoch before the first of these.
            before: This mean before the batch.
            mean: Keras's, which sees each batch as so many clips as it is given.
        """
        return mean

    def _clips_of(self, index: int) -> Sequence[Clip]:
        return self._clips[index * self._batch_size : (index + 1) * self._batch_size]

    def _read(self, clips: Sequence[Clip]) -> np.ndarray:
        frames = np.stack([self._cache.clip(clip, self._clip_length) for clip in clips])
        return to_input(frames)[..., None]

    @property
    def _filled(self) -> int:
        return self._batch_size


class SharedBatches(ClipBatches):
    """This host's part of batches that several devices share.

    Every batch, the last one too, is filled up with black clips to the same number, of which all
    devices get equally many (TensorFlow parts a smaller one unequally, and JAX would compile for
    it anew). It gives
    `((clips, weights), clips, weights)`. A weight is 0 for what fills up; the others are so large
    that the mean over the filled batch is the mean over its clips.
    """

    def __init__(
        self,
        cache: FrameCache,
        clips: Sequence[Clip],
        clip_length: int,
        batch_size: int,
        share: Share,
    ) -> None:
        super().__init__(cache, clips, clip_length, batch_size)
        self._share = share

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        clips = self._clips_of(index)
        part = self._filled // self._share.hosts
        mine = clips[self._share.host * part :][:part]
        size = self._cache.frames.shape[1]
        batch = np.zeros((part, self._clip_length, size, size, 1), np.float32)
        weights = np.zeros(part, np.float32)
        if mine:
            batch[: len(mine)] = self._read(mine)
            weights[: len(mine)] = self._filled / len(clips)
        # TensorFlow computes in place where it takes arrays to be its own: one array given twice is
        # overwritten as a target before the gradient needs it as an input.
        return (batch, weights), batch.copy(), weights.copy()

    def mean_loss(self, index: int, earlier: int, before: float, mean: float) -> float:
        """See `ClipBatches`: only the last batch of an epoch counts for more than it has."""
        clips, batches = len(self._clips_of(index)), earlier + index
        if clips == self._batch_size or not batches:
            return mean
        real = clips / (batches * self._batch_size + clips)
        taken = 1 / (batches + 1)
        return before + (mean - before) * real / taken

    @property
    def _filled(self) -> int:
        return math.ceil(self._batch_size / self._share.replicas) * self._share.replicas
