"""Scores of every frame of a video, computed as its clips become complete."""

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
from abnormal.inference.stream import (
    FrameScorer,
    ResidualStream,
    ScoredFrames,
    joined,
)
from abnormal.scoring.residual import ClipResidual

BATCH_FRAMES = 40
"""Frames of the clips that go through the network together. As many wait for it meanwhile."""

READ_AHEAD = 10
"""Frames that are decoded before their flow is measured: a decoder works in bursts."""

Item = TypeVar("Item")

TakePair = Callable[[np.ndarray, np.ndarray], None]
"""Takes the frames of a video in order, some at a time, and their reconstruction:
`(n, size, size)` float32 in [0, 1] both."""


def frame_scores(
    clips: Generator[ClipResidual], scorer: FrameScorer, take: TakePair | None = None
) -> ScoredFrames:
    """All scores of every frame of a video.

    Memory does not depend on the video's length, but for the scores themselves.

    Args:
        clips: Those of `residuals`. The generator is closed at the end, after an error too.
        scorer: Makes scores of residuals.
        take: Takes all frames and their reconstruction.

    Raises:
        AbnormalError: The video has no frame.
    """
    parts = []
    with contextlib.closing(clips):  # or its threads would go on reading a file that is closed
        for clip in clips:
            parts.append(scorer.add(clip))
            if take:
                take(clip.frames[clip.new], clip.reconstruction[clip.new])
    if not parts:
        raise AbnormalError("No frame of it could be read.")
    return joined(parts)


def residuals(
    frames: Iterable[np.ndarray],
    reconstruct: Reconstruct,
    clip_length: int,
    stream: ResidualStream,
    overlap: Overlap | None = None,
) -> Generator[ClipResidual]:
    """The residuals of a video's clips.

    While one is used, the network computes the next, and frames are read and their flow is
    measured for those after it, in threads that end with the generator.

    Args:
        frames: `(size, size)` uint8 each, in order.
        reconstruct: The network.
        clip_length: Frames of a clip.
        stream: Completes residuals; a new one for each video.
        overlap: How the clips overlap; None where they lie end to end.

    Raises:
        NotFiniteError: The network gave something that is not finite.
    """
    with contextlib.ExitStack() as threads:

        def in_thread(items: Iterable[Item], count: int) -> Iterator[Item]:
            # It ends here, whatever happens: a thread that reads a closed file kills the process.
            return threads.enter_context(contextlib.closing(prefetch(items, count)))

        # A batch of frames is ready when the network has done the one before.
        moving = in_thread(stream.moving(in_thread(frames, READ_AHEAD)), BATCH_FRAMES)
        hop = overlap.hop if overlap else None
        windows = stream_clips(moving, clip_length, hop, stream.with_speed)
        reconstructor = ClipReconstructor(reconstruct, overlap)
        batch = max(1, BATCH_FRAMES // clip_length)
        batches = in_thread(_reconstructed(windows, reconstructor, batch), 1)
        yield from map(stream.add, itertools.chain.from_iterable(batches))


def _reconstructed(
    windows: Iterator[ClipWindow], reconstructor: ClipReconstructor, count: int
) -> Iterator[list[ClipResidual]]:
    while batch := list(itertools.islice(windows, count)):
        yield reconstructor.add(batch)
