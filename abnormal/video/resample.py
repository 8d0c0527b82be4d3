"""Brings frames to another frame rate or size."""

import itertools
import threading
from collections.abc import Iterator

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from abnormal.video.stream import Frame

_SAME_TIME_SEC = 6e-4
"""Times that differ by less are equal, because many containers round them to milliseconds."""

_TOLERATED_FRAMES = 0.75
"""A frame may be so early or late, in periods, before `keep_pace` does something about it."""

_LEAST_SIDE_PX = 16
"""FFmpeg does not resize exactly enough to pictures with a shorter side, in pixels."""

_per_thread = threading.local()


def at_rate(frames: Iterator[Frame], fps: float) -> Iterator[Frame]:
    """Resamples frames to a fixed rate: each output frame is what a player would show then.

    Gaps are not filled: the output begins anew with the first frame after each.

    Args:
        frames: Frames with increasing times, at any rate, which may vary.
        fps: Frames per second of the output.

    Yields:
        A frame for each time `k / fps` up to that of the last frame before a gap or the end. Each
        keeps the number of the frame that it is taken from, so that labels stay with their
        pictures.
    """
    start_sec, tick = 0.0, 0
    following: Frame | None
    for frame, following in itertools.pairwise(itertools.chain(frames, [None])):
        assert frame is not None
        if frame.after_gap:
            start_sec, tick = frame.time_sec, 0
        if following is None or following.after_gap:
            until_sec = frame.time_sec + _SAME_TIME_SEC
        else:
            until_sec = following.time_sec - _SAME_TIME_SEC
        while (time_sec := start_sec + tick / fps) < until_sec:
            yield frame._replace(time_sec=time_sec, after_gap=frame.after_gap and tick == 0)
            tick += 1


def keep_pace(frames: Iterator[Frame], fps: float) -> Iterator[Frame]:
    """Keeps frames that have a rate already in step with their times.

    A frame is repeated where the next ones are missing, as if a recorder has lost them, and one
    that comes much too early is left out. Frames that are a little irregular pass unchanged.

    Args:
        frames: Frames with increasing times, usually `1 / fps` apart.
        fps: Frames per second.

    Yields:
        The frames. The `k`-th after a gap or the start is less than a period early or late.
    """
    start_sec, tick = 0.0, 0
    shown: Frame | None = None
    for frame in frames:
        if shown is None or frame.after_gap:
            start_sec, tick = frame.time_sec, 0
        late = (frame.time_sec - start_sec) * fps - tick
        if late < -_TOLERATED_FRAMES:
            continue
        while shown and late > _TOLERATED_FRAMES:
            yield shown._replace(time_sec=start_sec + tick / fps, after_gap=False)
            tick, late = tick + 1, late - 1
        yield frame
        shown, tick = frame, tick + 1


class RateWatch:
    """Finds out, while frames are read, whether they keep the frame rate that the file announces.

    Attributes:
        fps: Frames per second that the file announces.
    """

    _TOLERATED_SHARE = 0.02
    """Share of all frames that may be early or late, because cameras drop one now and then."""

    def __init__(self, fps: float) -> None:
        self.fps = fps
        self._frames = 0
        self._uneven = 0
        self._steps_sec = 0.0
        self._steps = 0
        self._last: Frame | None = None

    def watch(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """Passes frames on unchanged and keeps account of their times."""
        for frame in frames:
            if self._last and not frame.after_gap:
                step_sec = frame.time_sec - self._last.time_sec
                late = step_sec * self.fps - (frame.number - self._last.number)  # some may be lost
                self._uneven += abs(late) > 0.5
                self._steps_sec += step_sec
                self._steps += 1
            self._last = frame
            self._frames += 1
            yield frame

    @property
    def varies(self) -> bool:
        """Whether more than 2 % of the frames so far are early or late by half a frame."""
        return self._uneven > self._TOLERATED_SHARE * self._frames

    @property
    def mean_fps(self) -> float:
        """Mean frames per second so far, gaps left out."""
        return self._steps / self._steps_sec if self._steps_sec else self.fps


def resize(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resizes a picture by area averaging, so that every source pixel has the same weight.

    8-bit pictures are shrunk by FFmpeg, which takes a tenth of OpenCV's time for a camera's
    picture; the results differ by 1 grey level at most. OpenCV does the rest, among it results with
    a side of a few pixels, where FFmpeg is less exact.

    Args:
        image: `(height, width)` of a type that OpenCV supports.
        height: Height of the result, in pixels.
        width: Width of the result, in pixels.

    Returns:
        `(height, width)` of the same type.
    """
    if image.shape == (height, width):
        return image
    shrinks = (
        _LEAST_SIDE_PX <= height <= image.shape[0] and _LEAST_SIDE_PX <= width <= image.shape[1]
    )
    if image.dtype == np.uint8 and shrinks:
        picture = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(image), "gray")
        small = scaler().reformat(picture, width, height, "gray", interpolation="AREA", threads=1)
        return small.to_ndarray()
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def resize_masks(masks: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resizes masks, so that they can be compared with others of the same frames.

    Args:
        masks: `(n, ...)` bool of any height and width.
        height: The new height, in pixels.
        width: The new width, in pixels.

    Returns:
        `(n, height, width)` bool, True for each pixel of which the mask covers at least half.
    """
    if masks.shape[1:] == (height, width):
        return masks
    covered = [resize(mask.astype(np.uint8) * 255, height, width) for mask in masks]
    return np.stack(covered) > 127


def fit(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """Brings a picture to a size without distorting it; what it does not cover is black.

    Args:
        picture: `(height, width, 3)` uint8.
        height: Height of the result, in pixels.
        width: Width of the result, in pixels.

    Returns:
        `(height, width, 3)` uint8.
    """
    if picture.shape[:2] == (height, width):
        return picture
    scale = min(height / picture.shape[0], width / picture.shape[1])
    rows, columns = (max(1, int(scale * side + 0.5)) for side in picture.shape[:2])
    result = np.zeros((height, width, 3), np.uint8)
    top, left = (height - rows) // 2, (width - columns) // 2
    small = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
    result[top : top + rows, left : left + columns] = small
    return result


def scaler() -> VideoReformatter:
    """Returns this thread's own scaler, which can be reused for pictures of the same size."""
    if not hasattr(_per_thread, "scaler"):
        _per_thread.scaler = VideoReformatter()
    return _per_thread.scaler
