"""Prepares a camera's frames for the model, in the camera's thread."""

import numpy as np

from abnormal.inference.regimes import RegimeWatch, Seen
from abnormal.live.frame import LiveFrame, Moment
from abnormal.live.gate import PictureGate
from abnormal.video.flow import SpeedMeter
from abnormal.video.jpeg import to_jpeg
from abnormal.video.resample import resize
from abnormal.video.stream import Frame


class FramePreparer:
    """Resizes the frames of one camera, measures speeds, and checks the pictures for faults.

    A picture of another regime that is known is no fault, although it is unlike the last minute.

    Attributes:
        fps: Frames per second of the model.
    """

    def __init__(
        self, size: int, fps: float, flow: bool, pictures: bool, watch: RegimeWatch | None = None
    ) -> None:
        """Starts without a frame before the next one, which therefore gets no speed.

        Args:
            size: Height and width of the model's frames, in pixels.
            fps: Frames per second of the model.
            flow: Whether speeds are measured.
            pictures: Whether pictures for people are kept.
            watch: Follows the camera's regime; None if it has only one.
        """
        self.fps = fps
        self._size = size
        self._speed = SpeedMeter() if flow else None
        self._pictures = pictures
        self._gate, self._watch = PictureGate(fps), watch
        self._regime: int | None = 0
        self._number = -1  # of the last frame

    def start_after_gap(self) -> None:
        """Forgets the last frame, because frames are missing after it; the next gets no speed."""
        if self._speed:
            self._speed.restart()

    def start_connection(self) -> None:
        """Forgets the last frame for all purposes, because much time may have passed since."""
        self.start_after_gap()
        self._gate.start_connection()

    def __call__(
        self, frame: Frame, moment: Moment, arrival_sec: float, is_dropped: bool = False
    ) -> LiveFrame:
        """Makes a frame ready for the model.

        Args:
            frame: The camera's next frame, in its own size.
            moment: When the frame was taken.
            arrival_sec: When the frame arrived, in seconds by a clock that never goes back.
            is_dropped: Whether it will not be scored, so that its speed is not needed.
        """
        image = np.ascontiguousarray(resize(frame.image, self._size, self._size))
        speed = None
        if self._speed:
            speed = self._speed(image, moment.sec * self.fps, is_wanted=not is_dropped)
        after = max(1, moment.number - self._number)
        self._number = moment.number
        seen = self._watch(image, after) if self._watch else Seen()
        if seen.regime is not None and seen.regime != self._regime:
            self._gate.start_regime()
        self._regime = seen.regime
        fault, detail = self._gate(image, moment.sec)
        jpeg = _jpeg_of(frame) if self._pictures else None
        return LiveFrame(moment, arrival_sec, image, speed, fault, detail, seen, jpeg, is_dropped)


def _jpeg_of(frame: Frame) -> bytes:
    """Returns the camera's own JPEG if there is one, and encodes the frame otherwise."""
    if frame.jpeg is not None:
        return frame.jpeg
    return to_jpeg(frame.get_rgb() if frame.get_rgb else frame.image)
