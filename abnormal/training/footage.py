"""The normal footage of a run: read from `img/`, parted, and ready as clips."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
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
"""Enough for what is normal at a place, and no longer to look at than an epoch of a small set."""

Progress = Callable[[Iterable[int]], Iterable[int]]


@dataclass(frozen=True)
class Footage:
    """What a run trains on and what it is judged by.

    Attributes:
        records: The videos used, training and held out.
        too_short: The videos left out because they are shorter than a clip.
        training: Frames to train on.
        held_out: Frames held out; of no video where nothing could be.
        training_records: The videos that the frames to train on are from, in their order.
        held_out_records: The same for those held out.
        fps: Frames per second.
        fingerprint: Hash of the videos.
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
        """Names of the videos that the frames held out are from."""
        return tuple(record.video for record in self.held_out_records)

    def normal_videos(self) -> list[NormalVideo]:
        """All that a model is calibrated on.

        Of the footage that the network was trained on, that is at most `MOST_FRAMES`: the middle of
        each video.
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
            f"needed: `{command('preprocess')} --videos FOLDER --split training`."
        )
    cache = open_cache(options.img, records, options.size, progress)
    training, held_out = split_videos(cache.lengths, clip_length, options.validation, options.seed)
    return Footage(
        records=records,
        too_short=tuple(record for record in found if record.frames < clip_length),
        training=_part(cache, training),
        held_out=_part(cache, held_out),
        training_records=tuple(records[part.video] for part in training),
        held_out_records=tuple(records[part.video] for part in held_out),
        fps=float(np.median([record.fps for record in records])),
        fingerprint=fingerprint(records),
    )


def _middles(cache: FrameCache, share: float) -> Iterator[tuple[int, int]]:
    """Where the frames of each video begin and end, or those of the middle of it."""
    for first, length in zip(cache.firsts, cache.lengths, strict=True):
        count = max(1, round(share * length))
        start = first + (length - count) // 2
        yield start, start + count


@contextlib.contextmanager
def _open(cache: FrameCache, first: int, stop: int) -> Iterator[Iterator[np.ndarray]]:
    yield cache.between(first, stop)


def _part(cache: FrameCache, parts: list[Part]) -> FrameCache:
    return FrameCache(
        cache.frames,
        tuple(cache.firsts[part.video] + part.start for part in parts),
        tuple(part.stop - part.start for part in parts),
    )
