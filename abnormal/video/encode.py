"""Writes videos as H.264 in MP4, which ordinary browsers and players show."""

import contextlib
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import Colorspace

from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.files import make_folder, replacing

WritePicture = Callable[[np.ndarray], None]
"""Writes the next picture, `(height, width, 3)` uint8, red first; all have the same size."""

CONSTANT_RATE_FACTOR = "20"
"""Quality of x264; 18 can hardly be told from the original, and 23 is x264's default."""
_BT709 = 1  # the number of this colour space in H.264


@contextlib.contextmanager
def open_encoder(path: Path, fps: float) -> Iterator[WritePicture]:
    """Opens a video file for writing, for the length of a `with` block.

    The file appears only when it is complete; a file that exists is replaced.

    Args:
        path: Name of the file, which ends in `.mp4`; its folder is made if it is missing.
        fps: Frames per second.

    Yields:
        A function that takes the pictures one by one. A picture of odd height or width loses its
        last row or column.

    Raises:
        AbnormalError: No picture was written, the folder cannot be written to, or the file does
            not have the expected frames when it is read back.
    """
    make_folder(path.absolute().parent)
    rate = Fraction(fps).limit_denominator(1001) or Fraction(1, 1001)
    with replacing(path) as partial, _naming_file(path):
        with av.open(str(partial), "w", options={"movflags": "+faststart"}) as container:
            encoder = _Encoder(container, rate)
            yield encoder.write
            encoder.finish()
        if not encoder.frames:
            raise AbnormalError(f"{path} is not written: there is no frame to show.")
        _check(partial, path, encoder.frames, encoder.size, rate)


@contextlib.contextmanager
def _naming_file(path: Path) -> Iterator[None]:
    """Turns an error of FFmpeg into one that names the file."""
    try:
        yield
    except av.error.FFmpegError as error:
        raise CannotWriteError(f"{path} cannot be written: {error.strerror}.") from error


class _Encoder:
    """The video stream of a container, which takes its size from the first picture."""

    def __init__(self, container: av.container.OutputContainer, rate: Fraction) -> None:
        self._container = container
        self._stream = container.add_stream("libx264", rate=rate)
        self._stream.pix_fmt = "yuv420p"  # what browsers play
        self._stream.options = {"preset": "veryfast", "crf": CONSTANT_RATE_FACTOR}
        self._stream.codec_context.colorspace = _BT709
        self.frames = 0
        self.size = (0, 0)

    def write(self, picture: np.ndarray) -> None:
        """Encodes one picture, `(height, width, 3)` uint8, red first."""
        height, width = (length // 2 * 2 for length in picture.shape[:2])
        if not self.frames:
            self.size = self._stream.height, self._stream.width = height, width
        if (height, width) != self.size:
            raise ValueError(f"a picture of {height}x{width} in a video of {self.size}")
        rgb = np.ascontiguousarray(picture[:height, :width])
        frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
        self._container.mux(self._stream.encode(frame))
        self.frames += 1

    def finish(self) -> None:
        """Writes the frames that the encoder still holds."""
        if self.frames:
            self._container.mux(self._stream.encode())


def _check(written: Path, path: Path, frames: int, size: tuple[int, int], rate: Fraction) -> None:
    """Compares the number and size of the frames in the file with what was written."""
    with av.open(str(written)) as container:
        stream = container.streams.video[0]
        count = sum(packet.size > 0 for packet in container.demux(stream))
        found = (count, (stream.height, stream.width), float(stream.average_rate or 0))
    expected = (frames, size, float(rate))
    if found[:2] != expected[:2] or not math.isclose(found[2], expected[2], rel_tol=1e-3):
        raise CannotWriteError(
            f"{path} came out wrong: (frames, size, frames per second) are {found}, not {expected}."
        )
