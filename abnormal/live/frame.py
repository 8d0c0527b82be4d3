"""What travels from a camera's thread to the scoring."""

from typing import NamedTuple

import numpy as np


class Moment(NamedTuple):
    """When a frame was taken.

    Attributes:
        number: Its place among the frames of its camera at the model's rate; where some are
            missing, there is a gap.
        sec: Seconds since the first frame of its camera.
        utc: Seconds since 1970.
    """

    number: int
    sec: float
    utc: float


class LiveFrame(NamedTuple):
    """A frame, ready for the model.

    Attributes:
        moment: When it was taken.
        arrival_sec: When it came, by a clock that never goes back.
        image: `(size, size)` uint8.
        speed: `(size, size)` float32, pixels per frame; None where none was measured.
        gate: What is wrong with the picture, one of `abnormal.live.gate.KINDS`; empty for nothing.
        detail: What that was seen by.
        jpeg: The picture for people, where it may be kept.
    """

    moment: Moment
    arrival_sec: float
    image: np.ndarray
    speed: np.ndarray | None = None
    gate: str = ""
    detail: str = ""
    jpeg: bytes | None = None


class Lost(NamedTuple):
    """A camera has stopped giving frames.

    Attributes:
        moment: When that was noticed.
        reason: Why, as far as that is known; without a password.
        ended: Whether there will be no more, as it was a file.
    """

    moment: Moment
    reason: str
    ended: bool = False


class Failed(NamedTuple):
    """A camera's thread has come upon a bug.

    Attributes:
        error: What was raised.
    """

    error: Exception


Message = LiveFrame | Lost | Failed
