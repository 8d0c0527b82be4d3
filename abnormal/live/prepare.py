"""A camera's picture becomes a frame that is ready for the model, in the camera's thread."""

import numpy as np

from abnormal.live.frame import LiveFrame, Moment
from abnormal.live.gate import PictureGate
from abnormal.video.flow import FlowMeter
from abnormal.video.jpeg import to_jpeg
from abnormal.video.resample import resize
from abnormal.video.stream import Frame


class Preparation:
    """Resizes the frames of one camera, measures speeds, and checks each picture by the gate.

    Attributes:
        fps: Frames per second of the model.
    """

    def __init__(self, size: int, fps: float, flow: bool, pictures: bool) -> None:
        """Starts without a frame to measure a speed from.

        Args:
            size: Height and width that the model was made for.
            fps: Frames per second that it was trained on.
            flow: Whether speeds are measured.
            pictures: Whether pictures for people are kept.
        """
        self.fps = fps
        self._size = size
        self._flow = FlowMeter() if flow else None
        self._pictures = pictures
        self._gate = PictureGate(fps)
        self._before: np.ndarray | None = None

    def begin(self) -> None:
        """Forgets the last frame, as there is a gap after it: the next frame gets no speed."""
        self._before = None

    def __call__(self, frame: Frame, moment: Moment, arrival_sec: float) -> LiveFrame:
        """Makes a frame ready for the model.

        Args:
            frame: The camera's next frame, at its own size.
            moment: When it was taken.
            arrival_sec: When it came, by a clock that never goes back.
        """
        image = np.ascontiguousarray(resize(frame.image, self._size, self._size))
        speed = None
        if self._flow is not None and self._before is not None:
            speed = self._flow(self._before, image)
        self._before = image
        gate, detail = self._gate(image)
        jpeg = _jpeg_of(frame) if self._pictures else None
        return LiveFrame(moment, arrival_sec, image, speed, gate, detail, jpeg)


def _jpeg_of(frame: Frame) -> bytes:
    """Encodes a frame for people to look at, unless it came as a JPEG."""
    if frame.jpeg is not None:
        return frame.jpeg
    return to_jpeg(frame.get_rgb() if frame.get_rgb else frame.image)
