"""Scores every frame of a video, clip by clip."""

import contextlib
import itertools
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TypeVar

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.frames.clips import ClipWindow, stream_clips
from abnormal.inference.overlap import Overlap
from abnormal.inference.prefetch import prefetch
from abnormal.inference.reconstruct import ClipReconstructor
from abnormal.inference.runtimes import Reconstruct
from abnormal.inference.still import StillClips, reconstruct_new
from abnormal.inference.stream import (
    FrameScorer,
    ResidualStream,
    ScoredFrames,
    concatenated,
)
from abnormal.scoring.residual import ClipResidual

BATCH_FRAMES = 40
"""Number of frames in the clips that the network computes in one call. Meanwhile, as many frames
are prepared for the next call."""

READ_AHEAD = 10
"""Number of decoded frames that may wait until their optical flow is measured. A decoder works in
bursts."""

Item = TypeVar("Item")

TakeScored = Callable[[np.ndarray, np.ndarray, ScoredFrames], None]
"""Receives the frames of a video in order, some at a time, their reconstruction, both
`(n, size, size)` float32 in [0, 1], and their scores."""


def frame_scores(
    clips: Generator[ClipResidual], scorer: FrameScorer, take: TakeScored | None = None
) -> ScoredFrames:
    """Computes all scores of every frame of a video.

    Memory grows with the length of the video only by the scores themselves.

    Args:
        clips: The clips of the video, from `residuals`. The generator is closed at the end, even
            after an error.
        scorer: Computes the scores; a new one for each video.
        take: Receives all frames, their reconstruction and their scores, if given.

    Raises:
        AbnormalError: The video has no frames.
    """
    parts = []
    with contextlib.closing(clips):  # otherwise its threads would go on reading a closed file
        for clip in clips:
            parts.append(scorer.add(clip))
            if take:
                take(clip.frames[clip.new], clip.reconstruction[clip.new], parts[-1])
    if not parts:
        raise AbnormalError("No frame of it could be read.")
    return concatenated(parts)


def residuals(
    frames: Iterable[np.ndarray],
    reconstruct: Reconstruct,
    clip_length: int,
    stream: ResidualStream,
    overlap: Overlap | None = None,
    still: StillClips | None = None,
) -> Generator[ClipResidual]:
    """Computes the residuals of the clips of a video.

    While the caller uses one clip, threads compute the next ones, measure optical flow and read
    frames. They end with the generator.

    Args:
        frames: The frames in order, `(size, size)` uint8 each.
        reconstruct: The network.
        clip_length: Number of frames in a clip.
        stream: Completes the residuals; a new one for each video.
        overlap: How the clips overlap; None if each begins where the last one ends.
        still: Tells which clips show nothing new, a new one for each video; None to run the
            network on each clip. There is none if clips overlap.

    Yields:
        The residual of each clip, in order.

    Raises:
        NotFiniteError: The reconstruction has infinite values, or values that are not numbers.
    """
    with contextlib.ExitStack() as threads:

        def in_thread(items: Iterable[Item], count: int) -> Iterator[Item]:
            # The thread always ends here, because one that reads a closed file kills the process.
            return threads.enter_context(contextlib.closing(prefetch(items, count)))

        # The next batch of frames is ready when the network has finished the last one.
        moving = in_thread(stream.moving(in_thread(frames, READ_AHEAD)), BATCH_FRAMES)
        hop = overlap.hop if overlap else None
        windows = stream_clips(moving, clip_length, hop, stream.with_speed)
        reconstructor = ClipReconstructor(reconstruct, overlap)
        batch = max(1, BATCH_FRAMES // clip_length)
        batches = in_thread(_reconstructed(windows, reconstructor, still, batch), 1)
        yield from map(stream.add, itertools.chain.from_iterable(batches))


def _reconstructed(
    windows: Iterator[ClipWindow],
    reconstructor: ClipReconstructor,
    still: StillClips | None,
    count: int,
) -> Iterator[list[ClipResidual]]:
    while batch := list(itertools.islice(windows, count)):
        yield reconstruct_new([(still, window) for window in batch], reconstructor.add)
