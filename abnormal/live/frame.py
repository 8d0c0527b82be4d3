"""The messages that a camera's thread sends to the scoring: frames, and what went wrong."""

from typing import NamedTuple

import numpy as np

from abnormal.inference.regimes import Seen


class Moment(NamedTuple):
    """When a frame was taken.

    Attributes:
        number: Number of the frame in its camera's stream at the model's frame rate. Missing
            frames leave a gap in the numbers.
        sec: Seconds since the first frame of its camera.
        utc: Seconds since 1970.
    """

    number: int
    sec: float
    utc: float


class LiveFrame(NamedTuple):
    """A frame that is ready for the model.

    Attributes:
        moment: When the frame was taken.
        arrival_sec: When the frame arrived, in seconds by a clock that never goes back.
        image: `(size, size)` uint8, grey.
        speed: `(size, size)` float32, at least 0, in pixels per frame; None if it was not measured.
        fault: What is wrong with the picture, one of `abnormal.live.gate.FAULTS`; empty if nothing
            is.
        detail: The measurement that showed the fault, for people; empty if there is no fault.
        seen: Which regime of its camera it shows.
        jpeg: The picture for people to look at; None if no pictures are kept.
        is_dropped: Whether it is not scored, because the scoring does not keep up. It is looked at
            for faults, and is part of clips. Most dropped frames are not prepared at all.
    """

    moment: Moment
    arrival_sec: float
    image: np.ndarray
    speed: np.ndarray | None = None
    fault: str = ""
    detail: str = ""
    seen: Seen = Seen()
    jpeg: bytes | None = None
    is_dropped: bool = False


class ConnectionLost(NamedTuple):
    """A camera has stopped sending frames.

    Attributes:
        moment: When this was noticed.
        reason: Why, as far as it is known; without a password.
        ended: Whether no more frames will come, because the source is a file.
    """

    moment: Moment
    reason: str
    ended: bool = False


class ReaderFailed(NamedTuple):
    """A camera's thread has ended by an unexpected exception, which is a bug.

    Attributes:
        error: The exception.
    """

    error: Exception


ReaderMessage = LiveFrame | ConnectionLost | ReaderFailed
