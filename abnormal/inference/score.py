"""Scores of every frame of a video, computed as its clips become complete."""

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.frames.clips import ClipWindow, stream_clips
from abnormal.inference.ahead import ahead
from abnormal.inference.overlap import ClipReconstructor, Overlap
from abnormal.inference.runtimes import Reconstruct
from abnormal.inference.stream import (
    FrameScorer,
    ResidualStream,
    ScoredFrames,
    joined,
)
from abnormal.scoring.residual import ClipResidual

BATCH_FRAMES = 40
"""Of the clips that go through the network together, and of those that wait for it."""

READ_AHEAD = 10
"""Frames that are decoded before their flow is asked for: a decoder works in bursts."""

Item = TypeVar("Item")

TakePair = Callable[[np.ndarray, np.ndarray], None]
"""Takes the frames of a video in order, some at a time, and their reconstruction:
`(n, size, size)` float32 in [0, 1] both."""


def frame_scores(
    frames: Iterable[np.ndarray],
    reconstruct: Reconstruct,
    clip_length: int,
    scorer: FrameScorer,
    stream: ResidualStream,
    take: TakePair | None = None,
    overlap: Overlap | None = None,
) -> ScoredFrames:
    """All scores of every frame of a video.

    Memory does not depend on the video's length, but for the scores themselves.

    Args:
        frames: `(size, size)` uint8 each, in order.
        reconstruct: The network.
        clip_length: Frames of a clip.
        scorer: Makes scores of residuals.
        stream: Makes residuals.
        take: Takes all frames and their reconstruction.
        overlap: Of the clips; None where they lie end to end.
    """
    parts = []
    for residual, new in residuals(frames, reconstruct, clip_length, stream, overlap):
        parts.append(scorer.add(residual, new))
        if take:
            take(residual.frames[new], residual.reconstruction[new])
    if not parts:
        raise AbnormalError("No frame of it could be read.")
    return joined(parts)


def residuals(
    frames: Iterable[np.ndarray],
    reconstruct: Reconstruct,
    clip_length: int,
    stream: ResidualStream,
    overlap: Overlap | None = None,
) -> Iterator[tuple[ClipResidual, slice]]:
    """The residuals of a video's clips, each with its frames that no clip before showed.

    While one is used, the network computes the next, and frames are read and their flow is
    measured for those after it.

    Raises:
        AbnormalError: The network gives something that is not finite.
    """
    with contextlib.ExitStack() as threads:

        def apart(items: Iterable[Item], count: int) -> Iterator[Item]:
            # It ends here, whatever happens: a thread that reads a closed file kills the process.
            return threads.enter_context(contextlib.closing(ahead(items, count)))

        # A batch of frames is ready when the network has done the one before.
        moving = apart(stream.moving(apart(frames, READ_AHEAD)), BATCH_FRAMES)
        windows = stream_clips(moving, clip_length, overlap.hop if overlap else None)
        clips = ClipReconstructor(reconstruct, overlap)
        batches = apart(_reconstructed(windows, clips, clip_length), 1)
        for window, output in itertools.chain.from_iterable(batches):
            residual = stream.add(window, output)
            yield residual, slice(window.first - residual.place, window.stop - residual.place)


def _reconstructed(
    windows: Iterator[ClipWindow], clips: ClipReconstructor, clip_length: int
) -> Iterator[list[tuple[ClipWindow, np.ndarray]]]:
    """Some clips at a time, each with its reconstruction."""
    while batch := list(itertools.islice(windows, max(1, BATCH_FRAMES // clip_length))):
        outputs = clips.add(batch)
        if not all(np.isfinite(output).all() for output in outputs):
            raise AbnormalError(
                "The network's reconstruction of it is not finite. Train the model again, with "
                "another --learning-rate or --precision."
            )
        yield list(zip(batch, outputs, strict=True))
