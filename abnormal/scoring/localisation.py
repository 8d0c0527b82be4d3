"""Where in a frame it is not regular: the pixels around which the reconstruction is far off.

As the comparison of three autoencoders on UCSD Ped1 does it: the absolute difference of frame and
reconstruction, on the scale of 0 to 255, summed over boxes of 4x4 pixels; a pixel is anomalous
where that is more than 4 * 255.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.ndimage

from abnormal.scoring.boxes import Box, box_around, box_of

BOX_SIZE = 4
BOX_THRESHOLD = 4 * 255.0
WHITE = 255.0


class Localiser(NamedTuple):
    """How anomalous pixels are found.

    Attributes:
        box_size: Height and width of a box, in pixels.
        box_threshold: A pixel is anomalous where the sum over its box is above this.
    """

    box_size: int = BOX_SIZE
    box_threshold: float = BOX_THRESHOLD

    @property
    def largest_sum(self) -> float:
        """The sum over a box that could not be further off."""
        return self.box_size**2 * WHITE

    def localise(self, frames: np.ndarray, reconstruction: np.ndarray) -> "LocalisedFrames":
        """Finds the anomalous pixels of some frames.

        Args:
            frames: `(n, height, width)` float32 in [0, 1].
            reconstruction: The same shape and range.
        """
        difference = np.abs(frames - reconstruction) * np.float32(WHITE)
        sums = box_sums(difference, self.box_size)
        return LocalisedFrames(frames, reconstruction, difference, sums, sums > self.box_threshold)


DEFAULT_LOCALISER = Localiser()


@dataclass(frozen=True)
class LocalisedFrames:
    """Consecutive frames of a video, and what is anomalous in them; all `(n, height, width)`.

    Attributes:
        frames: float32 in [0, 1].
        reconstruction: float32 in [0, 1].
        difference: float32 in [0, 255], of the two, without its sign.
        sums: float32, of the difference over the box around each pixel.
        anomalous: bool, where the sum is above the threshold.
    """

    frames: np.ndarray
    reconstruction: np.ndarray
    difference: np.ndarray
    sums: np.ndarray
    anomalous: np.ndarray

    def box(self, number: int) -> Box:
        """The most anomalous place of a frame.

        It is the box around the connected anomalous pixels with the largest box sum among them;
        where no pixel is anomalous, the pixel with the largest sum.

        Args:
            number: Of the frame among these.

        Returns:
            Left, top, width and height, as parts of the picture's width and height.
        """
        height, width = self.sums.shape[1:]
        row, column = np.unravel_index(int(np.argmax(self.sums[number])), (height, width))
        if self.anomalous[number, row, column]:
            return box_around(self.anomalous[number], int(row), int(column))
        pixel = slice(int(row), int(row) + 1), slice(int(column), int(column) + 1)
        return box_of(*pixel, (height, width))


Sink = Callable[[LocalisedFrames], None]
"""Takes all frames of a video in order, some at a time, while the video is scored."""


def box_sums(images: np.ndarray, box_size: int) -> np.ndarray:
    """Sums over the box around each pixel; outside the picture is 0.

    A box of even size reaches one pixel further up and left than down and right, as in a
    convolution that keeps the picture's size.

    Args:
        images: `(n, height, width)` float32.
        box_size: Height and width of the box, in pixels.

    Returns:
        The same shape, float32.
    """
    means = scipy.ndimage.uniform_filter(images, (1, box_size, box_size), mode="constant")
    return means * np.float32(box_size**2)
