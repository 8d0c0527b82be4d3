"""Which frames make a clip. Clips never cross a video's border, and axis 0 of a clip is time."""

import collections
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from abnormal.video.flow import MovingFrame


class Clip(NamedTuple):
    """Frames `start, start + stride, ...` of one video.

    Attributes:
        video: Number of the video in its list.
        start: Number of the first frame in its video.
        stride: Frames from one frame of the clip to the next.
    """

    video: int
    start: int
    stride: int


def clip_span(length: int, stride: int) -> int:
    """Frames from a clip's first to its last, both included."""
    return (length - 1) * stride + 1


def epoch_clips(
    video_lengths: Sequence[int], length: int, strides: Sequence[int], seed: int, epoch: int
) -> list[Clip]:
    """The clips of one epoch in the order in which they are trained on.

    For each stride, each video is cut into clips end to end without overlap, from a random first
    frame. The strides are those of Chong & Tay, 2017 (arXiv:1701.01546), section 3.1: 1, 2 and 3.

    Args:
        video_lengths: Frames of each video. Too short a video gives no clip.
        length: Frames of a clip.
        strides: Each gives clips of its own.
        seed: The run's seed.
        epoch: 0-based.

    Returns:
        The clips, a function of the arguments alone: what ran before does not matter.
    """
    clips = []
    for stride in strides:
        span = clip_span(length, stride)
        for video, frames in enumerate(video_lengths):
            if frames < span:
                continue
            draw = np.random.default_rng([seed, epoch, video, stride])
            first = int(draw.integers(min(length * stride, frames - span + 1)))
            starts = range(first, frames - span + 1, length * stride)
            clips += [Clip(video, start, stride) for start in starts]
    order = np.random.default_rng([seed, epoch]).permutation(len(clips))
    return [clips[place] for place in order]


def validation_clips(video_lengths: Sequence[int], length: int) -> list[Clip]:
    """The clips that a validation loss is computed on: end to end from each first frame."""
    return [
        Clip(video, start, 1)
        for video, frames in enumerate(video_lengths)
        for start in range(0, frames - length + 1, length)
    ]


class ClipWindow(NamedTuple):
    """A clip cut from a stream of frames.

    Attributes:
        frames: `(length, height, width)` uint8.
        speed: The same shape, float32, as `abnormal.video.flow` measures it; None where it is not.
        first: Position of the first frame that no clip before showed.
        stop: Position behind the last such frame; less than `length` where the video is shorter
            than a clip, whose last frame then fills the clip up.
    """

    frames: np.ndarray
    speed: np.ndarray | None
    first: int
    stop: int


def stream_clips(
    frames: Iterable[MovingFrame], length: int, hop: int | None = None
) -> Iterator[ClipWindow]:
    """Cuts frames into clips that together show every frame, as soon as each is complete.

    Args:
        frames: Of one video, in order.
        length: Frames of a clip.
        hop: Frames from the beginning of a clip to that of the next, at most `length`; None for
            `length`, so that clips lie end to end. The last clip ends with the video.
    """
    window: collections.deque[MovingFrame] = collections.deque(maxlen=length)
    hop = hop or length
    new = 0
    wanted = length
    for frame in frames:
        window.append(frame)
        new += 1
        if new == wanted:
            yield _window(window, length - new, length)
            new, wanted = 0, hop
    if new:
        seen = len(window)
        window.extend([window[-1]] * (length - seen))
        yield _window(window, seen - new, seen)


def _window(frames: Iterable[MovingFrame], first: int, stop: int) -> ClipWindow:
    images, speeds = zip(*frames, strict=True)
    speed = None if speeds[0] is None else np.stack(speeds)
    return ClipWindow(np.stack(images), speed, first, stop)
