"""Clips as batches for Keras, read from the cache on disk as they are needed."""

from collections.abc import Sequence

import keras
import numpy as np

from abnormal.frames.cache import FrameCache
from abnormal.frames.clips import Clip
from abnormal.inference.stream import to_input


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

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self._clips[index * self._batch_size : (index + 1) * self._batch_size]
        frames = np.stack([self._cache.clip(clip, self._clip_length) for clip in chosen])
        batch = to_input(frames)[..., None]
        return batch, batch

    def frames_of(self, index: int) -> int:
        """How many frames a batch has."""
        clips = min(self._batch_size, len(self._clips) - index * self._batch_size)
        return clips * self._clip_length
