"""The normal footage of a run: read from `img/`, parted, and ready as clips."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.frames.cache import FrameCache, open_cache
from abnormal.frames.manifest import VideoRecord, fingerprint, read_manifest
from abnormal.training.options import TrainingOptions
from abnormal.training.split import Part, split_videos

Progress = Callable[[Iterable[int]], Iterable[int]]


@dataclass(frozen=True)
class Footage:
    """What a run trains on and what it is judged by.

    Attributes:
        records: The videos used, training and held out.
        too_short: The videos left out because they are shorter than a clip.
        training: Frames to train on.
        held_out: Frames held out; of no video where nothing could be.
        held_out_names: Names of the videos that these are from.
        fps: Frames per second.
        fingerprint: Hash of the videos.
    """

    records: tuple[VideoRecord, ...]
    too_short: tuple[VideoRecord, ...]
    training: FrameCache
    held_out: FrameCache
    held_out_names: tuple[str, ...]
    fps: float
    fingerprint: str


def open_footage(options: TrainingOptions, progress: Progress) -> Footage:
    """Reads the training videos of `img/` and holds some of them out.

    Raises:
        AbnormalError: There is nothing to train on.
    """
    clip_length = options.clip_length
    found = read_manifest(options.img, "training")
    records = tuple(record for record in found if record.frames >= clip_length)
    if not records:
        shorter = f" of at least {clip_length} frames, which a clip has" if found else ""
        raise AbnormalError(
            f"There is no training video{shorter} in {options.img}. Videos of ordinary life are "
            "needed: `python preprocess.py --videos FOLDER --split training`."
        )
    cache = open_cache(options.img, records, options.size, progress)
    training, held_out = split_videos(cache.lengths, clip_length, options.validation, options.seed)
    return Footage(
        records=records,
        too_short=tuple(record for record in found if record.frames < clip_length),
        training=_part(cache, training),
        held_out=_part(cache, held_out),
        held_out_names=tuple(records[part.video].video for part in held_out),
        fps=float(np.median([record.fps for record in records])),
        fingerprint=fingerprint(records),
    )


def videos_of(cache: FrameCache) -> Iterator[np.ndarray]:
    """The `(n, size, size)` uint8 frames of each video."""
    for first, length in zip(cache.firsts, cache.lengths, strict=True):
        yield cache.frames[first : first + length]


def _part(cache: FrameCache, parts: list[Part]) -> FrameCache:
    return FrameCache(
        cache.frames,
        tuple(cache.firsts[part.video] + part.start for part in parts),
        tuple(part.stop - part.start for part in parts),
    )
