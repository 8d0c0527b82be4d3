"""Measures how fast things move from one frame to the next, by dense optical flow."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import cv2
import numpy as np

from abnormal.video.medians import median

# The flow is computed at half the resolution and without refinement. On a frame of 227x227 pixels
# this takes 3 ms instead of 10, and distinguishes runners from walkers equally well.
FINEST_SCALE = 1
GRADIENT_DESCENT_ITERATIONS = 8

LEAST_CHANGE = 6.0
"""A pixel whose brightness changes by less does not count as moving, in grey levels (0 to 255)."""
NOISE_FACTOR = 2.0
"""So many times the median change of the whole picture is added to `LEAST_CHANGE`, as noise."""
BLUR_PX = 5
"""Side of the square over which a change is averaged, in pixels."""

MEDIAN_STEP = 4
"""The median over a picture is computed from every fourth row and column, which is enough."""
LEAST_SIDE_PX = 16
"""Smaller frames have no coarser scale at which the search for the flow could begin, in pixels."""


class FlowMeter:
    """Measures how fast things move between two frames. Each thread needs its own instance.

    The flow is computed by dense inverse search (Kroeger et al., 2016, arXiv:1603.03590) as
    implemented in OpenCV. What affects most of the picture is attributed to the camera and taken
    off: the median of the flow as its shift, and the median change of the brightness as a change
    of the light.
    """

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._flow.setFinestScale(FINEST_SCALE)
        self._flow.setGradientDescentIterations(GRADIENT_DESCENT_ITERATIONS)
        self._flow.setVariationalRefinementIterations(0)

    def __call__(self, before: np.ndarray, frame: np.ndarray) -> np.ndarray:
        """Measures the speed from one frame to the next.

        Args:
            before: `(height, width)` uint8, the frame before.
            frame: `(height, width)` uint8, of the same size.

        Returns:
            `(height, width)` float32, at least 0, in pixels per frame, without the camera's own
            shift; 0 where nothing moves, and everywhere if a side has fewer than 16 pixels.
        """
        if min(frame.shape) < LEAST_SIDE_PX:
            return np.zeros(frame.shape, np.float32)
        change: np.ndarray = cv2.subtract(frame, before, dtype=cv2.CV_32F)
        change -= _median(change)
        change = cv2.blur(np.abs(change, out=change), (BLUR_PX, BLUR_PX))
        moved = change > LEAST_CHANGE + NOISE_FACTOR * _median(change)
        speed = np.zeros(frame.shape, np.float32)
        rows, columns = (np.flatnonzero(moved.any(axis=axis)) for axis in (1, 0))
        if not rows.size:
            return speed
        pair = (np.ascontiguousarray(before), np.ascontiguousarray(frame))
        flow = self._flow.calc(*pair, None)  # type: ignore[call-overload]
        # The flow relative to most of the picture, where anything has moved. It is computed in
        # place, because allocating memory costs more than the arithmetic, and not by
        # cv2.magnitude, because the last bit of its results depends on the alignment of the flow
        # in memory.
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        right, down = (flow[(*box, axis)] - _median(flow[..., axis]) for axis in (0, 1))
        right *= right
        down *= down
        right += down
        speed[box] = np.sqrt(right, out=right) * moved[box]
        return speed


def _median(values: np.ndarray) -> np.floating:
    """Returns the median over a picture."""
    return median(values[::MEDIAN_STEP, ::MEDIAN_STEP].ravel())


class MovingFrame(NamedTuple):
    """A frame, and how fast things in it move.

    Attributes:
        image: `(height, width)` uint8.
        speed: `(height, width)` float32, at least 0, in pixels per frame, from the last other
            frame to this one; None if it was not measured.
    """

    image: np.ndarray
    speed: np.ndarray | None = None


def with_speed(frames: Iterable[np.ndarray]) -> Iterator[MovingFrame]:
    """Measures the speed in each frame of a video as the frames arrive.

    A frame that is shown several times, because the source has fewer frames than the model, is the
    same array each time. Things move on meanwhile, as fast as they were seen to move.

    Args:
        frames: `(height, width)` uint8 each, in order.

    Yields:
        Each frame with its speed. The first frame has none, because there is no frame before it.
    """
    meter = FlowMeter()
    before: np.ndarray | None = None
    speed: np.ndarray | None = None
    shown = 0  # how many times the frame before was shown
    for frame in frames:
        if frame is not before:
            speed = None if before is None else meter(before, frame) / np.float32(shown)
            before, shown = frame, 0
        shown += 1
        yield MovingFrame(frame, speed)


def without_speed(frames: Iterable[np.ndarray]) -> Iterator[MovingFrame]:
    """Wraps the frames of a video, `(height, width)` uint8 each, without measuring speeds."""
    return map(MovingFrame, frames)
