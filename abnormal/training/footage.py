"""Reads the normal footage of a training run from `img/`, and splits off the held-out part."""

import contextlib
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from abnormal.commands import command, preprocess_command
from abnormal.errors import AbnormalError
from abnormal.frames.cache import FrameCache, open_cache
from abnormal.frames.gaps import stretches
from abnormal.frames.manifest import VideoRecord, fingerprint, read_manifest
from abnormal.frames.rates import warn_of_different_rates
from abnormal.inference.normal_video import NormalVideo
from abnormal.scoring.folds import FOLDS
from abnormal.training.options import TrainingOptions
from abnormal.training.split import BY_CAMERA, NEAR_SHARE, Part, split_by_camera

log = logging.getLogger(__name__)

Range = tuple[VideoRecord, tuple[int, int]]
"""A video, and a half-open range of indices in a cache of frames that are a part of it."""

MOST_HOURS = 3.0
"""Hours of the training footage that a model is calibrated on at most, and of what is held out.

One false alarm an hour can be promised after three hours, whatever cameras they are of. At 25
frames a second, they take 2 GB of the disk while the calibration goes on.
"""

LEAST_HOURS = 0.5
"""Hours of each of many cameras that are taken in any case, if there are so many."""


@dataclass(frozen=True)
class Footage:
    """The footage that a run trains on, and the footage that is held out for validation.

    A video with gaps counts as several, because clips do not span gaps.

    Attributes:
        found: All training videos of `img/`, in its order.
        records: The videos that are used, whether for training or held out.
        too_short: The videos that are left out because nowhere between two gaps they are as long
            as a clip.
        training: The frames to train on.
        held_out: The held-out frames; contains no video if nothing is held out.
        training_records: The video that each video of `training` is a part of.
        held_out_records: The video that each video of `held_out` is a part of.
        fps: Frames per second of the videos; the median if they differ.
        fingerprint: Hash of the records of the videos.
        split: `NEAR_SHARE` if the end of a video is held out where whole videos would be far from
            the share; `BY_CAMERA` if there are several cameras and a part of each is held out; None
            if it was a matter of chance from which cameras the held-out part comes.
    """

    found: tuple[VideoRecord, ...]
    records: tuple[VideoRecord, ...]
    too_short: tuple[VideoRecord, ...]
    training: FrameCache
    held_out: FrameCache
    training_records: tuple[VideoRecord, ...]
    held_out_records: tuple[VideoRecord, ...]
    fps: float
    fingerprint: str
    split: str | None

    @property
    def held_out_names(self) -> tuple[str, ...]:
        """Names of the videos that held-out frames come from."""
        return tuple(dict.fromkeys(record.video for record in self.held_out_records))

    def normal_videos(self) -> list[NormalVideo]:
        """Returns the footage to calibrate a model on.

        It is at most about `MOST_HOURS` of the training footage, and as much of what is held out,
        divided among the cameras; but `LEAST_HOURS` of each camera in any case. Of a camera with
        more, it is parts of its videos that are spread evenly over them.
        """
        cameras = len({record.camera for record in self.records})
        most = round(max(MOST_HOURS / cameras, LEAST_HOURS) * 3600 * self.fps)
        return [
            NormalVideo(
                record.video,
                record.camera,
                partial(_open_frames, cache, first, stop),
                stop - first,
                held_out,
            )
            for cache, records, held_out in (
                (self.training, self.training_records, False),
                (self.held_out, self.held_out_records, True),
            )
            for record, (first, stop) in _of_each_camera(cache, records, most)
        ]


def open_footage(options: TrainingOptions, rule: str | None = NEAR_SHARE) -> Footage:
    """Reads the training videos of `img/`, and holds out a part of them.

    Args:
        options: Options of the run.
        rule: What `Footage.split` may become: `NEAR_SHARE` for all that there is. Earlier versions
            of the program cut no videos (`BY_CAMERA`), or chose from all videos, whatever their
            camera (None).

    Raises:
        AbnormalError: No video is long enough for a clip.
    """
    clip_length = options.clip_length
    found = read_manifest(options.img, "training")
    records = tuple(record for record in found if parts_of(0, record, clip_length))
    if not records:
        shorter = f" of at least {clip_length} frames, which a clip has" if found else ""
        raise AbnormalError(
            f"There is no training video{shorter} in {options.img}. Videos of ordinary life are "
            f"needed: `{preprocess_command(options.img, 'training')}`."
        )
    warn_of_different_rates(records)
    _warn_of_nameless(records)
    cache = open_cache(options.img, records, options.size)
    parts = [part for video in enumerate(records) for part in parts_of(*video, clip_length)]
    cache = cache_of_parts(cache, parts)
    cameras = [records[part.video].camera for part in parts]
    training, held_out, split = _split(cache.lengths, cameras, options, rule)
    return Footage(
        found=tuple(found),
        records=records,
        too_short=tuple(record for record in found if not parts_of(0, record, clip_length)),
        training=cache_of_parts(cache, training),
        held_out=cache_of_parts(cache, held_out),
        training_records=tuple(records[parts[part.video].video] for part in training),
        held_out_records=tuple(records[parts[part.video].video] for part in held_out),
        fps=float(np.median([record.fps for record in records])),
        fingerprint=fingerprint(records),
        split=split,
    )


def _split(
    lengths: Sequence[int], cameras: Sequence[str], options: TrainingOptions, rule: str | None
) -> tuple[list[Part], list[Part], str | None]:
    """Returns the parts to train on, the held-out parts, and what the split is called.

    Args:
        lengths: Number of frames of each part of a video.
        cameras: The camera of each part.
        options: Options of the run.
        rule: See `open_footage`.
    """
    by_camera = rule in (BY_CAMERA, NEAR_SHARE) and len({*cameras}) > 1
    names = cameras if by_camera else [""] * len(lengths)
    facts = (lengths, names, options.clip_length, options.validation, options.seed)
    whole, cut = (split_by_camera(*facts, may_cut) for may_cut in (False, True))
    if rule == NEAR_SHARE and cut != whole:
        return *cut, NEAR_SHARE
    return *whole, BY_CAMERA if by_camera else None


def _warn_of_nameless(records: Sequence[VideoRecord]) -> None:
    """Warns if some videos name their camera and others do not: any video is taken for those."""
    cameras = sorted({record.camera for record in records} - {""})
    if cameras and (nameless := [record.video for record in records if not record.camera]):
        log.warning(
            "%d videos (%s, ...) name no camera, beside those of %s. The model will take any video "
            "without a camera's name for theirs. Name all: `%s --camera-from PATTERN`.",
            *(len(nameless), nameless[0], ", ".join(cameras), command("preprocess")),
        )


def parts_of(number: int, record: VideoRecord, clip_length: int) -> list[Part]:
    """Returns the parts of a video between its gaps that are as long as a clip."""
    return [
        Part(number, start, stop)
        for start, stop in stretches(record.frames, record.gaps)
        if stop - start >= clip_length
    ]


def _of_each_camera(
    cache: FrameCache, records: Sequence[VideoRecord], most: int
) -> Iterator[Range]:
    """Yields at most about `most` frames of the videos of each camera, spread evenly.

    Args:
        cache: The frames.
        records: The video that each video of the cache is a part of.
        most: Number of frames.
    """
    by_camera = defaultdict[str, list[Range]](list)
    for record, first, length in zip(records, cache.firsts, cache.lengths, strict=True):
        by_camera[record.camera].append((record, (first, first + length)))
    for of_camera in by_camera.values():
        yield from _spread(of_camera, most)


def _spread(ranges: Sequence[Range], most: int) -> list[Range]:
    """Chooses at most about `most` frames, spread evenly, if there are more.

    Whole videos tell more than a second of each, because a score may be of a duration. Only videos
    that are longer than an eighth of the frames that are wanted are cut into parts, as the folds of
    the calibration do (`abnormal.scoring.folds`).
    """
    total = sum(stop - first for _, (first, stop) in ranges)
    if total <= most:
        return [*ranges]
    parts = [
        (record, (first + length * part // count, first + length * (part + 1) // count))
        for record, (first, stop) in ranges
        for length, count in [(stop - first, -(-(stop - first) * FOLDS // most))]
        for part in range(count)
    ]
    chosen, before, taken = list[Range](), 0, 0
    for record, (first, stop) in parts:
        before += stop - first
        if before * most >= (taken + (stop - first) / 2) * total:
            chosen.append((record, (first, stop)))
            taken += stop - first
    return chosen


@contextlib.contextmanager
def _open_frames(cache: FrameCache, first: int, stop: int) -> Iterator[Iterator[np.ndarray]]:
    yield cache.between(first, stop)


def cache_of_parts(cache: FrameCache, parts: list[Part]) -> FrameCache:
    """Returns a cache of the same frames whose videos are these parts."""
    return FrameCache(
        cache.frames,
        tuple(cache.firsts[part.video] + part.start for part in parts),
        tuple(part.stop - part.start for part in parts),
    )
