"""Frames at another rate or size."""

import threading
from collections.abc import Iterator

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from abnormal.video.stream import Frame

_CLOSE_SEC = 6e-4
"""Times closer than this are the same: many containers round them to milliseconds."""

_FEW_PIXELS = 16

_of_thread = threading.local()


def at_rate(frames: Iterator[Frame], fps: float) -> Iterator[Frame]:
    """Frames at a fixed rate: at each tick, the picture that a viewer would see then.

    Args:
        frames: Frames with growing times, at any and at a variable rate.
        fps: Frames per second wanted.

    Yields:
        One frame for each `k / fps` seconds from the first to the last frame's time. Each keeps
        the number of the frame that it is taken from, so that labels stay with their pictures.
    """
    tick = 0
    shown: Frame | None = None
    for frame in frames:
        while shown is not None and tick / fps < frame.time_sec - _CLOSE_SEC:
            yield shown._replace(time_sec=tick / fps)
            tick += 1
        shown = frame
    while shown is not None and tick / fps <= shown.time_sec + _CLOSE_SEC:
        yield shown._replace(time_sec=tick / fps)
        tick += 1


class RateWatch:
    """Finds out, while frames pass, whether they keep the rate that their file speaks of.

    Attributes:
        fps: Frames per second according to the file.
    """

    _TOLERATED = 0.02
    """The part of all frames that may come early or late: a camera drops one now and then."""

    def __init__(self, fps: float) -> None:
        self.fps = fps
        self._frames = 0
        self._uneven = 0
        self._last_sec = 0.0
        self._last_number = 0

    def watch(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """The same frames."""
        for frame in frames:
            gap = (frame.time_sec - self._last_sec) * self.fps
            late = gap - (frame.number - self._last_number)  # one that is broken left a gap
            self._uneven += bool(self._frames and abs(late) > 0.5)
            self._last_sec, self._last_number = frame.time_sec, frame.number
            self._frames += 1
            yield frame

    @property
    def varies(self) -> bool:
        """Whether many frames came early or late."""
        return self._uneven > self._TOLERATED * self._frames

    @property
    def mean_fps(self) -> float:
        """Frames per second from the first to the last one."""
        return (self._frames - 1) / self._last_sec if self._last_sec else self.fps


def resize(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resizes a `(height, width)` picture by area: every source pixel counts once.

    FFmpeg does so with a picture from a camera in a tenth of the time that OpenCV needs; the two
    differ by 1 of 255 at most, but FFmpeg not so exactly where a side has a few pixels only.
    """
    if image.shape == (height, width):
        return image
    shrinks = _FEW_PIXELS <= height <= image.shape[0] and _FEW_PIXELS <= width <= image.shape[1]
    if image.dtype == np.uint8 and shrinks:
        picture = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(image), "gray")
        small = scaler().reformat(picture, width, height, "gray", interpolation="AREA", threads=1)
        return small.to_ndarray()
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def scaler() -> VideoReformatter:
    """This thread's own: it remembers how the last picture was resized."""
    if not hasattr(_of_thread, "scaler"):
        _of_thread.scaler = VideoReformatter()
    return _of_thread.scaler
