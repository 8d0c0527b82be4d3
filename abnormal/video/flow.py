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

MOST_REPEATS = 4
"""A picture that is the same in so many further frames, 0.2 s at 25 frames a second, is taken for
one of a source with fewer frames. If it stays for longer, nothing moves."""
_EARLY_OR_LATE = 0.5
"""Frames of a live camera may be so much early or late, in frames at the model's rate. Those that
are later come from a slower camera, or frames were lost before them."""


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


class SpeedMeter:
    """Measures the speed in each frame of one video or camera as the frames arrive.

    A frame may show the last picture once more, because the source has fewer frames than the model.
    Things move on meanwhile, as fast as they were seen to move. If it is the same array, it is such
    a repeat. If it is another array that is equal, such as a file has that was filmed at half its
    rate, the scene may also stand still. It does if the picture stays for more than `MOST_REPEATS`
    frames.

    The next picture is compared with the repeated one over the whole time that it was shown.
    """

    def __init__(self) -> None:
        """Starts without a frame before the next one, which therefore gets no speed."""
        self._flow = FlowMeter()
        self._shown: np.ndarray | None = None
        self._since = 0.0  # when that picture was shown first
        self._speed: np.ndarray | None = None

    def restart(self) -> None:
        """Forgets the last frame, because frames are missing after it; the next gets no speed."""
        self._shown = self._speed = None

    def __call__(self, image: np.ndarray, time: float, is_wanted: bool = True) -> np.ndarray | None:
        """Measures the speed in the next frame.

        Args:
            image: `(height, width)` uint8.
            time: When it was taken, in frames at the model's rate.
            is_wanted: Whether the speed is needed. If not, no flow is computed.

        Returns:
            `(height, width)` float32, at least 0, in pixels per frame; None if it was not measured.
        """
        before, passed = self._shown, time - self._since
        self._shown = image
        if image is before:
            return self._speed
        if before is not None and np.array_equal(image, before):
            if self._speed is None or passed > MOST_REPEATS + _EARLY_OR_LATE:
                self._speed = np.zeros(image.shape, np.float32)
            return self._speed
        self._since, self._speed = time, None
        if before is not None and is_wanted:
            self._speed = self._flow(before, image)
            self._speed /= np.float32(passed if passed > 1 + _EARLY_OR_LATE else 1)
        return self._speed


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
    """Measures the speed in each frame of a video as the frames arrive; see `SpeedMeter`.

    Args:
        frames: `(height, width)` uint8 each, in order.

    Yields:
        Each frame with its speed. The first frame has none, because there is no frame before it.
    """
    measure = SpeedMeter()
    for number, frame in enumerate(frames):
        yield MovingFrame(frame, measure(frame, number))


def without_speed(frames: Iterable[np.ndarray]) -> Iterator[MovingFrame]:
    """Wraps the frames of a video, `(height, width)` uint8 each, without measuring speeds."""
    return map(MovingFrame, frames)
