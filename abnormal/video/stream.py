"""The form in which every source gives its frames: 8-bit grey, with a time and a number."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np


class Frame(NamedTuple):
    """One frame of a video.

    Attributes:
        image: `(height, width)` uint8, grey.
        time_sec: Seconds since the first frame, growing from frame to frame.
        number: 0-based number of the frame in the source, which labels refer to.
        get_rgb: Returns the frame in colour, for people to look at: `(height, width, 3)` uint8,
            red first. None if the source has no colours.
        jpeg: The JPEG that the frame was decoded from, if it is small; otherwise None.
        after_gap: Whether it must not be compared with the frame before it, because there is a gap
            or because the clock jumped; see `abnormal.video.times`.
    """

    image: np.ndarray
    time_sec: float
    number: int
    get_rgb: Callable[[], np.ndarray] | None = None
    jpeg: bytes | None = None
    after_gap: bool = False


@dataclass
class FrameStream:
    """An open source of frames, read one at a time to keep memory independent of its length.

    Attributes:
        frames: The frames in order. Broken frames are skipped if the format allows it.
        fps: Frames per second; None if the source has no times.
        length: Number of frames in the source including broken ones, but not those that an edit
            list hides, once all have been read.
        notes: Problems with the source, each a short sentence for the user; complete once all
            frames have been read.
    """

    frames: Iterator[Frame]
    fps: float | None
    length: int = 0
    notes: list[str] = field(default_factory=list)


OpenFrames = Callable[[], AbstractContextManager[FrameStream]]
"""Opens a source of frames. It has to be picklable, as it is sent to other processes."""
