"""The normal footage of a training run: read from `img/`, and parted for training and judging."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from abnormal.commands import command
from abnormal.errors import AbnormalError
from abnormal.frames.cache import FrameCache, open_cache
from abnormal.frames.manifest import VideoRecord, fingerprint, read_manifest
from abnormal.inference.calibrate import NormalVideo
from abnormal.training.options import TrainingOptions
from abnormal.training.split import Part, split_videos

MOST_FRAMES = 25_000
"""How many frames of the training footage a model is calibrated on at most.

That many are enough to learn what is normal at a place, and take no longer than an epoch of a small
data set.
"""


@dataclass(frozen=True)
class Footage:
    """What a run trains on, and what is held out to judge it.

    Attributes:
        records: The videos that are used, for training or held out.
        too_short: The videos that are left out because they are shorter than a clip.
        training: The frames to train on.
        held_out: The frames held out; without any video if nothing is held out.
        training_records: The videos that the frames to train on are from, in the same order.
        held_out_records: The videos that the frames held out are from, in the same order.
        fps: The frame rate of the videos, or the median where they differ.
        fingerprint: A hash of the videos.
    """

    records: tuple[VideoRecord, ...]
    too_short: tuple[VideoRecord, ...]
    training: FrameCache
    held_out: FrameCache
    training_records: tuple[VideoRecord, ...]
    held_out_records: tuple[VideoRecord, ...]
    fps: float
    fingerprint: str

    @property
    def held_out_names(self) -> tuple[str, ...]:
        """The names of the videos that the frames held out are from."""
        return tuple(record.video for record in self.held_out_records)

    def normal_videos(self) -> list[NormalVideo]:
        """Returns the footage that a model is calibrated on.

        That is all that is held out, and of the footage that the network was trained on the middle
        of each video, at most `MOST_FRAMES` frames in all.
        """
        kept = min(1.0, MOST_FRAMES / max(1, sum(self.training.lengths)))
        return [
            NormalVideo(
                record.video,
                record.camera,
                partial(_open, cache, first, stop),
                stop - first,
                held_out,
            )
            for cache, records, held_out, share in (
                (self.training, self.training_records, False, kept),
                (self.held_out, self.held_out_records, True, 1.0),
            )
            for record, (first, stop) in zip(records, _middles(cache, share), strict=True)
        ]


def open_footage(options: TrainingOptions) -> Footage:
    """Reads the training videos of `img/`, and holds some of them out.

    Raises:
        AbnormalError: There is no video that is long enough for a clip.
    """
    clip_length = options.clip_length
    found = read_manifest(options.img, "training")
    records = tuple(record for record in found if record.frames >= clip_length)
    if not records:
        shorter = f" of at least {clip_length} frames, which a clip has" if found else ""
        raise AbnormalError(
            f"There is no training video{shorter} in {options.img}. Videos of ordinary life are "
            f"needed: `{command('preprocess')} --videos FOLDER --split training`."
        )
    cache = open_cache(options.img, records, options.size)
    training, held_out = split_videos(cache.lengths, clip_length, options.validation, options.seed)
    return Footage(
        records=records,
        too_short=tuple(record for record in found if record.frames < clip_length),
        training=_cache_of_parts(cache, training),
        held_out=_cache_of_parts(cache, held_out),
        training_records=tuple(records[part.video] for part in training),
        held_out_records=tuple(records[part.video] for part in held_out),
        fps=float(np.median([record.fps for record in records])),
        fingerprint=fingerprint(records),
    )


def _middles(cache: FrameCache, share: float) -> Iterator[tuple[int, int]]:
    """Yields where in the cache the middle of each video begins and ends.

    Args:
        cache: The frames of the videos.
        share: How large the middle is, as a part of each video in (0, 1].
    """
    for first, length in zip(cache.firsts, cache.lengths, strict=True):
        count = max(1, round(share * length))
        start = first + (length - count) // 2
        yield start, start + count


@contextlib.contextmanager
def _open(cache: FrameCache, first: int, stop: int) -> Iterator[Iterator[np.ndarray]]:
    yield cache.between(first, stop)


def _cache_of_parts(cache: FrameCache, parts: list[Part]) -> FrameCache:
    """Returns a cache that has these parts for its videos."""
    return FrameCache(
        cache.frames,
        tuple(cache.firsts[part.video] + part.start for part in parts),
        tuple(part.stop - part.start for part in parts),
    )
