"""What every source of frames gives: 8-bit grey pictures, each with its time and its number."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np


class Frame(NamedTuple):
    """One picture of a video.

    Attributes:
        image: `(height, width)` uint8, grey.
        time_sec: Seconds since the first frame.
        number: 0-based place in the source, which labels refer to.
        in_colours: Gives the same picture as `(height, width, 3)` uint8, red first, where the
            source has colours; for people to look at.
        jpeg: The same picture as it came, where it came as a small JPEG.
    """

    image: np.ndarray
    time_sec: float
    number: int
    in_colours: Callable[[], np.ndarray] | None = None
    jpeg: bytes | None = None


@dataclass
class FrameStream:
    """Frames as they come, one at a time, so that memory does not depend on a video's length.

    Attributes:
        frames: The frames in order. Broken ones are skipped where the format allows it.
        fps: Frames per second, or None where the source has no clock.
        length: Frames of the source, broken ones included; right once all are read.
        notes: What was wrong, each a short sentence for the user; complete once all are read.
    """

    frames: Iterator[Frame]
    fps: float | None
    length: int = 0
    notes: list[str] = field(default_factory=list)


OpenFrames = Callable[[], AbstractContextManager[FrameStream]]
"""Opens a source of frames. It is sent to other processes, so it is picklable: no lambda."""
