"""The clips of `img/` as data for Keras, NumPy and TensorFlow, each with its target."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypedDict

import keras
import numpy as np

from abnormal import checks
from abnormal.commands import preprocess_command
from abnormal.errors import AbnormalError, require_one_of
from abnormal.frames.cache import FrameCache, open_cache
from abnormal.frames.clips import Clip, end_to_end_clips, epoch_clips, to_input
from abnormal.frames.manifest import VideoRecord, read_manifest
from abnormal.frames.reader import read_labels, read_masks
from abnormal.models.backend import tf_dataset
from abnormal.names import LARGEST_SIZE
from abnormal.training.choices import MOST, MOST_CLIP_LENGTH, strides_of
from abnormal.training.footage import cache_of_parts, parts_of
from abnormal.video.resample import resize_masks

SPLITS = ("training", "testing")


class ClipChoices(TypedDict, total=False):
    """What may be chosen about clips.

    Attributes:
        targets: What comes with each clip, a key of `TARGETS`: `"clips"` (the default) for the clip
            itself, which an autoencoder reproduces, `"labels"` or `"masks"`.
        size: Height and width of a frame in pixels; by default those under `img/`.
        batch_size: Number of clips in a batch, by default 8.
        seed: Seed of the first frames and of the order, by default 0. With None the clips lie end
            to end from the first frame of each video, in the order of the footage.
        epoch: 0-based number of the epoch, by default 0. A training run with the same seed that
            holds nothing out trains on the same clips in this epoch.
    """

    targets: str
    size: int | None
    batch_size: int
    seed: int | None
    epoch: int


class ClipData(keras.utils.PyDataset):
    """Batches of clips with their targets, which are the same each time that they are read.

    Each item is `(clips, targets)`, where the clips are `(batch, T, size, size, 1)` float32 in
    [0, 1], and axis 1 is time. Targets are the clips themselves, labels `(batch, T)` uint8, 1 for
    an abnormal frame, or masks `(batch, T, size, size, 1)` bool, True for an abnormal pixel. The
    last batch may be smaller.

    Args:
        cache: The frames.
        clips: All clips, in order.
        length: Number of frames of a clip.
        batch_size: Number of clips in a batch.
        targets: For each video of the cache the targets of its frames; None for the clips
            themselves.

    Attributes:
        clips: The video, the first frame and the stride of each clip, in order. A video with gaps
            counts as several, because no clip spans a gap.
    """

    def __init__(
        self,
        cache: FrameCache,
        clips: Sequence[Clip],
        length: int,
        batch_size: int,
        targets: Sequence[np.ndarray] | None,
    ) -> None:
        super().__init__()
        self.clips = tuple(clips)
        self._cache, self._length, self._batch_size = cache, length, batch_size
        self._targets = targets

    def __len__(self) -> int:
        """Returns the number of batches."""
        return -(-len(self.clips) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Reads a batch by its 0-based number."""
        if not 0 <= index < len(self):
            raise IndexError(f"There is no batch {index}: there are {len(self)}, from 0.")
        return self._read(self.clips[index * self._batch_size :][: self._batch_size])

    def as_numpy(self) -> tuple[np.ndarray, np.ndarray]:
        """Reads all clips and all targets into memory, as one batch."""
        return self._read(self.clips)

    def as_tf_data(self) -> Any:
        """Returns the batches as a `tf.data.Dataset`, which can be read any number of times."""
        return tf_dataset(self)

    def _read(self, clips: Sequence[Clip]) -> tuple[np.ndarray, np.ndarray]:
        frames = np.stack([self._cache.clip(clip, self._length) for clip in clips])
        inputs = to_input(frames)[..., None]
        if self._targets is None:
            return inputs, inputs
        return inputs, np.stack([self._target(self._targets[clip.video], clip) for clip in clips])

    def _target(self, of_video: np.ndarray, clip: Clip) -> np.ndarray:
        target = of_video[clip.start :: clip.stride][: self._length]
        if target.ndim == 1:
            return target
        size = self._cache.frames.shape[1]
        return np.unpackbits(target, axis=-1, count=size).view(bool)[..., None]


def open_clips(
    img: Path, split: str, length: int, strides: Sequence[int], choices: ClipChoices
) -> ClipData:
    """Opens the clips of a split; see `abnormal.clips`.

    Raises:
        AbnormalError: A value is out of its range, no video is long enough for a clip, a test video
            lacks what the targets need, or the frames have several sizes and none is chosen.
    """
    wanted = choices.get("targets", "clips")
    strides = strides_of(strides)
    _check(split, length, strides, choices)
    found = read_manifest(img, split)
    if not found:
        raise AbnormalError(
            f"There is no {split} video in {img}. Add some with `{preprocess_command(img, split)}`."
        )
    records = [record for record in found if parts_of(0, record, length)]
    parts = [part for video in enumerate(records) for part in parts_of(*video, length)]
    lengths, seed = [part.stop - part.start for part in parts], choices.get("seed", 0)
    if seed is None:
        clips = end_to_end_clips(lengths, length, strides)
    else:
        clips = epoch_clips(lengths, length, strides, seed, choices.get("epoch", 0))
    if not clips:
        raise AbnormalError(
            f"No {split} video in {img} has the {length} frames of a clip with the strides "
            f"{', '.join(map(str, strides))}. Choose a smaller length or smaller strides."
        )
    size = choices.get("size") or _common_size(img, records)
    targets = None
    if open_targets := TARGETS[wanted]:
        of_video = [open_targets(img, record, size) for record in records]
        targets = [of_video[part.video][part.start : part.stop] for part in parts]
    cache = cache_of_parts(open_cache(img, records, size), parts)
    return ClipData(cache, clips, length, choices.get("batch_size", 8), targets)


def _check(split: str, length: int, strides: Sequence[int], choices: ClipChoices) -> None:
    for name in choices:
        require_one_of("argument", name, ClipChoices.__annotations__)
    require_one_of("targets", choices.get("targets", "clips"), TARGETS)
    require_one_of("split", split, SPLITS)
    try:
        checks.whole("length", length, 1, MOST_CLIP_LENGTH)
        for stride in checks.sequence("strides", strides, 1):
            checks.whole("a stride", stride, 1, MOST)
        if choices.get("size") is not None:
            checks.whole("size", choices["size"], 1, LARGEST_SIZE)
        checks.whole("batch_size", choices.get("batch_size", 8), 1, MOST)
        if choices.get("seed") is not None:
            checks.whole("seed", choices["seed"], 0, 2**32 - 1)
        checks.whole("epoch", choices.get("epoch", 0), 0, MOST)
    except ValueError as error:
        raise AbnormalError(f"There are no such clips: {error}.") from None


def _common_size(img: Path, records: Sequence[VideoRecord]) -> int:
    """Returns the height and width of all frames."""
    sizes = {side for record in records for side in (record.height, record.width)}
    if len(sizes) > 1:
        raise AbnormalError(
            f"The frames under {img} have several sizes: {', '.join(map(str, sorted(sizes)))}. "
            "Choose one of them for the clips, such as size=227."
        )
    return sizes.pop()


def _labels(img: Path, record: VideoRecord, size: int) -> np.ndarray:
    labels = read_labels(img, record)
    return _normal(record, "labels", (record.frames,)) if labels is None else labels


def _masks(img: Path, record: VideoRecord, size: int) -> np.ndarray:
    """Returns the masks of a video, `(frames, size, size / 8)` uint8: each pixel is a bit."""
    masks = read_masks(img, record)
    if masks is None:
        return _normal(record, "masks", (record.frames, size, -(-size // 8)))
    return np.packbits(resize_masks(masks, size, size), axis=-1)


def _normal(record: VideoRecord, kind: str, shape: tuple[int, ...]) -> np.ndarray:
    """Returns the labels or masks of training footage that has none, which is all normal."""
    if record.split != "training":
        raise AbnormalError(
            f"The test video {record.video} has no {kind}. Preprocess it again with labels, or "
            "choose other targets."
        )
    return np.zeros(shape, np.uint8)


TARGETS: dict[str, Callable[[Path, VideoRecord, int], np.ndarray] | None] = {
    "clips": None,
    "labels": _labels,
    "masks": _masks,
}
"""Maps each kind of targets to what reads those of a video, one for each frame; None stands for the
clips themselves."""
