"""Selects the frames of clips. A clip never spans two videos, and its axis 0 is time."""

import collections
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from abnormal.video.flow import MovingFrame


class Clip(NamedTuple):
    """Frames `start, start + stride, ...` of one video.

    Attributes:
        video: Index of the video in the list of videos.
        start: 0-based number of the clip's first frame in the video.
        stride: Distance between consecutive frames of the clip, in frames of the video.
    """

    video: int
    start: int
    stride: int


def clip_span(length: int, stride: int) -> int:
    """Returns how many frames of a video a clip spans, from its first to its last frame."""
    return (length - 1) * stride + 1


def epoch_clips(
    video_lengths: Sequence[int], length: int, strides: Sequence[int], seed: int, epoch: int
) -> list[Clip]:
    """Returns the clips of one epoch in the order in which they are trained on.

    For each stride, each video is cut into clips end to end without overlap, from a random first
    frame. The strides are those of Chong & Tay, 2017 (arXiv:1701.01546), section 3.1: 1, 2 and 3.

    Args:
        video_lengths: Number of frames of each video. A video that is too short gives no clip.
        length: Number of frames of a clip.
        strides: Distances between the frames of a clip, in frames. Each stride adds clips.
        seed: Random seed of the run.
        epoch: 0-based number of the epoch.

    Returns:
        The clips. They depend on the arguments only, so that a resumed run gets the same ones.
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
    return [clips[index] for index in order]


def end_to_end_clips(
    video_lengths: Sequence[int], length: int, strides: Sequence[int] = (1,)
) -> list[Clip]:
    """Returns clips that lie end to end from the first frame of each video, in order.

    Args:
        video_lengths: Number of frames of each video. A video that is too short gives no clip.
        length: Number of frames of a clip.
        strides: Distances between the frames of a clip, in frames. Each stride adds clips.
    """
    return [
        Clip(video, start, stride)
        for stride in strides
        for video, frames in enumerate(video_lengths)
        for start in range(0, frames - clip_span(length, stride) + 1, length * stride)
    ]


class ClipWindow(NamedTuple):
    """A clip cut from a stream of frames.

    Attributes:
        frames: `(length, height, width)` uint8 in 0 to 255.
        speed: Speed of each pixel, of the same shape, float32, at least 0, in pixels per frame;
            None if it is not measured.
        new: The frames that no earlier clip has shown. They end before `length` if the video is
            shorter than a clip, which is then filled up with the last frame of the video.
    """

    frames: np.ndarray
    speed: np.ndarray | None
    new: slice


class ClipCutter:
    """Cuts one video, frame by frame, into clips that together show every frame.

    The first frame of a video (of a live camera: the first one after a gap) has no frame before it
    from which a speed could be measured. It takes the speed of the second frame, for which it
    waits. If it is the only frame, its speed is 0.

    Args:
        length: Number of frames of a clip.
        hop: Number of frames from the start of one clip to the start of the next, 1 to `length`.
            None stands for `length`: the clips lie end to end.
        with_speed: Whether the clips have speeds. If not, speeds of the frames are ignored.
    """

    def __init__(self, length: int, hop: int | None = None, with_speed: bool = False) -> None:
        self._length = length
        self._hop = hop or length
        self._with_speed = with_speed
        self._window: collections.deque[MovingFrame] = collections.deque(maxlen=length)
        self._new = 0  # number of frames in the window that no clip has shown yet
        self._wanted = length  # number of new frames that complete the next clip
        self._first: MovingFrame | None = None  # waits for the speed of the second frame

    def add(self, frame: MovingFrame) -> list[ClipWindow]:
        """Takes the next frame.

        Returns:
            The clips that it completes. A frame completes at most one, or two if clips have a
            single frame and this is the second one of the video.
        """
        if self._first is not None:
            return self._add_first(frame.speed) + self._add(frame)
        if self._with_speed and frame.speed is None and not self._window:
            self._first = frame
            return []
        return self._add(frame)

    def finish(self) -> list[ClipWindow]:
        """Cuts the last clip, after the last frame of the video has been added.

        Returns:
            The clip that shows the frames which no clip has shown so far, if there are any. It ends
            with the last frame and reaches back as far as it has to.
        """
        clips = [] if self._first is None else self._add_first(None)
        return clips + self._cut() if self._new else clips

    def _add_first(self, speed: np.ndarray | None) -> list[ClipWindow]:
        assert self._first is not None
        first, self._first = self._first, None
        return self._add(first._replace(speed=speed))

    def _add(self, frame: MovingFrame) -> list[ClipWindow]:
        self._window.append(frame)
        self._new += 1
        return self._cut() if self._new == self._wanted else []

    def _cut(self) -> list[ClipWindow]:
        frames, stop = list(self._window), len(self._window)
        new = slice(stop - self._new, stop)
        frames += frames[-1:] * (self._length - stop)
        self._new, self._wanted = 0, self._hop
        speed = np.stack([_speed(frame) for frame in frames]) if self._with_speed else None
        return [ClipWindow(np.stack([frame.image for frame in frames]), speed, new)]


def _speed(frame: MovingFrame) -> np.ndarray:
    return np.zeros(frame.image.shape, np.float32) if frame.speed is None else frame.speed


def stream_clips(
    frames: Iterable[MovingFrame], length: int, hop: int | None = None, with_speed: bool = False
) -> Iterator[ClipWindow]:
    """Cuts the frames of one video into clips, each as soon as it is complete.

    Args:
        frames: All frames in order.
        length: Number of frames of a clip.
        hop: See `ClipCutter`.
        with_speed: See `ClipCutter`.
    """
    cutter = ClipCutter(length, hop, with_speed)
    for frame in frames:
        yield from cutter.add(frame)
    yield from cutter.finish()


def to_input(frames: np.ndarray) -> np.ndarray:
    """Converts frames to inputs of the networks.

    Args:
        frames: `(..., height, width)` uint8 in 0 to 255.

    Returns:
        The same shape, float32 in [0, 1].
    """
    return frames.astype(np.float32) / np.float32(255)
