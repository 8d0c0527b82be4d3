"""Localisation: the anomalous pixels of a frame, around which the reconstruction is far off.

The method is that of the comparison of three autoencoders on UCSD Ped1. The absolute difference
between frame and reconstruction, on a scale of 0 to 255, is summed over boxes of 4x4 pixels. A
pixel is anomalous if the sum over its box is more than 4 * 255.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import scipy.ndimage

from abnormal.scoring.boxes import Box, component_box_at, relative_box

BOX_SIZE = 4
"""Height and width of a box, in pixels."""

BOX_THRESHOLD = 4 * 255.0
"""A pixel is anomalous if the sum over its box is above this, on a scale of 0 to 255 per pixel."""

WHITE = 255.0
"""Value of a white pixel on the scale of the differences."""


class Localiser(NamedTuple):
    """Finds anomalous pixels.

    Attributes:
        box_size: Height and width of a box, in pixels.
        box_threshold: A pixel is anomalous if the sum over its box is above this, on a scale of 0
            to 255 per pixel; None for the threshold that each camera was calibrated for.
    """

    box_size: int = BOX_SIZE
    box_threshold: float | None = BOX_THRESHOLD

    @property
    def largest_sum(self) -> float:
        """The largest possible sum over a box."""
        return self.box_size**2 * WHITE

    def localise(self, frames: np.ndarray, reconstruction: np.ndarray) -> "LocalisedFrames":
        """Finds the anomalous pixels of some frames.

        Args:
            frames: `(n, height, width)` float32 in [0, 1].
            reconstruction: `(n, height, width)` float32 in [0, 1].

        Raises:
            ValueError: The threshold is still to be looked up; see `Detector.localiser`.
        """
        if self.box_threshold is None:
            raise ValueError("a threshold that is not known yet")
        difference = np.abs(frames - reconstruction) * np.float32(WHITE)
        sums = box_sums(difference, self.box_size)
        return LocalisedFrames(frames, reconstruction, difference, sums, sums > self.box_threshold)


DEFAULT_LOCALISER = Localiser()


@dataclass(frozen=True)
class LocalisedFrames:
    """Consecutive frames of a video with their anomalous pixels.

    Attributes:
        frames: The frames, `(n, height, width)` float32 in [0, 1].
        reconstruction: Their reconstruction, `(n, height, width)` float32 in [0, 1].
        difference: Absolute difference of the two, `(n, height, width)` float32 in [0, 255].
        sums: Sum of the difference over the box around each pixel, `(n, height, width)` float32 in
            [0, `Localiser.largest_sum`].
        anomalous: Whether the sum is above the threshold, `(n, height, width)` bool.
        causal: For each score's name, its values as alarms use them, `(n,)` float64; empty where
            frames are only localised.
    """

    frames: np.ndarray
    reconstruction: np.ndarray
    difference: np.ndarray
    sums: np.ndarray
    anomalous: np.ndarray
    causal: Mapping[str, np.ndarray] = field(default_factory=dict)

    def only(self, number: int) -> "LocalisedFrames":
        """Returns one of these frames alone, without its scores."""
        one = slice(number, number + 1)
        return LocalisedFrames(
            *(self.frames[one], self.reconstruction[one], self.difference[one]),
            *(self.sums[one], self.anomalous[one]),
        )

    def box(self, number: int) -> Box:
        """Finds the most anomalous place in a frame.

        Args:
            number: 0-based number of the frame among these frames.

        Returns:
            The box around the connected component of anomalous pixels that has the pixel with the
            largest sum. If no pixel is anomalous, the box of that pixel alone.
        """
        height, width = self.sums.shape[1:]
        row, column = np.unravel_index(int(np.argmax(self.sums[number])), (height, width))
        if self.anomalous[number, row, column]:
            return component_box_at(self.anomalous[number], int(row), int(column))
        pixel = slice(int(row), int(row) + 1), slice(int(column), int(column) + 1)
        return relative_box(*pixel, (height, width))


Sink = Callable[[LocalisedFrames], None]
"""Receives all frames of a video in order, some at a time, while the video is scored."""


def box_sums(images: np.ndarray, box_size: int) -> np.ndarray:
    """Computes the sum over the box around each pixel, with zeros outside the picture.

    A box of even size reaches one pixel further up and left than down and right, as in a
    convolution that keeps the size of the picture.

    Args:
        images: `(n, height, width)` float32 of any range.
        box_size: Height and width of the box, in pixels.

    Returns:
        `(n, height, width)` float32.
    """
    means = scipy.ndimage.uniform_filter(images, (1, box_size, box_size), mode="constant")
    return means * np.float32(box_size**2)
