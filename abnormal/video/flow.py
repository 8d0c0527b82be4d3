"""How fast things move from one frame to the next, by dense optical flow."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import cv2
import numpy as np

# Half the resolution is as fine as it gets, without refinement: on a frame of 227x227 pixels three
# milliseconds in place of ten, and no worse at telling a runner from people who walk.
FINEST_SCALE = 1
GRADIENT_DESCENT_ITERATIONS = 8

NOISE = 6.0
"""Grey levels. A pixel whose brightness changes by less does not count as moving."""
NOISE_TIMES = 2.0
"""The median change of the whole picture is noise too: this many times of it is added."""
NOISE_PX = 5
"""Side of the square over which a change is averaged, in pixels."""

SAMPLING = 4  # every fourth pixel is enough for a median over the picture
LEAST_PX = 16  # below that there is no coarser scale to begin the search from


class FlowMeter:
    """Measures how fast things move between frames of one size; one for each thread.

    The flow is that of Kroeger et al., 2016 (arXiv:1603.03590), dense inverse search, as OpenCV
    has it. What most of the picture does is taken for the camera's own doing: its shift is the
    median of the flow, and a lamp that goes on is the median change of the brightness.
    """

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._flow.setFinestScale(FINEST_SCALE)
        self._flow.setGradientDescentIterations(GRADIENT_DESCENT_ITERATIONS)
        self._flow.setVariationalRefinementIterations(0)

    def __call__(self, before: np.ndarray, frame: np.ndarray) -> np.ndarray:
        """Measures the speed from one frame to the next.

        Args:
            before: `(height, width)` uint8, at least 16 pixels each way, or nothing is measured.
            frame: The same.

        Returns:
            `(height, width)` float32, pixels per frame, after the camera's own shift has been taken
            off; 0 where nothing is seen to move.
        """
        if min(frame.shape) < LEAST_PX:
            return np.zeros(frame.shape, np.float32)
        change: np.ndarray = cv2.subtract(frame, before, dtype=cv2.CV_32F)
        change -= _median(change)
        change = cv2.blur(np.abs(change, out=change), (NOISE_PX, NOISE_PX))
        moved = change > NOISE + NOISE_TIMES * _median(change)
        if not moved.any():
            return np.zeros(frame.shape, np.float32)
        pair = (np.ascontiguousarray(before), np.ascontiguousarray(frame))
        flow = self._flow.calc(*pair, None)  # type: ignore[call-overload]
        right, down = cv2.split(flow)
        # What is left when most of the picture is taken to stand. In place, as memory that is new
        # costs more than the arithmetic; and not by cv2.magnitude, whose last bit depends on where
        # in memory the flow lies.
        for way in (right, down):
            way -= _median(way)
            way *= way
        right += down
        return np.sqrt(right, out=right) * moved


def _median(values: np.ndarray) -> np.float32:
    """The median over the picture; `np.median` takes three times as long to say the same."""
    some = values[::SAMPLING, ::SAMPLING].ravel()
    middle = len(some) // 2
    if len(some) % 2:
        return np.partition(some, middle)[middle]
    return np.partition(some, (middle - 1, middle))[middle - 1 : middle + 1].mean()


class MovingFrame(NamedTuple):
    """A frame with how fast things in it move.

    Attributes:
        image: `(height, width)` uint8.
        speed: `(height, width)` float32, at least 0, pixels per frame, from the frame before to
            this one; None where it is not measured.
    """

    image: np.ndarray
    speed: np.ndarray | None = None


def with_speed(frames: Iterable[np.ndarray]) -> Iterator[MovingFrame]:
    """Measures the speed in each frame of a video as it comes.

    Args:
        frames: `(height, width)` uint8 each, in order.

    Yields:
        Each frame with its speed. The first frame has none, as there is no frame before it.
    """
    meter = FlowMeter()
    before: np.ndarray | None = None
    for frame in frames:
        yield MovingFrame(frame, None if before is None else meter(before, frame))
        before = frame


def without_speed(frames: Iterable[np.ndarray]) -> Iterator[MovingFrame]:
    """The frames of a video, `(height, width)` uint8 each, without measuring any speed."""
    return map(MovingFrame, frames)
