"""Writes videos that ordinary browsers and players show: H.264 in MP4."""

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

Write = Callable[[np.ndarray], None]
"""Takes one picture `(height, width, 3)` uint8, red first; all have one size."""

QUALITY = "20"  # x264's constant rate factor: 18 is hardly told from the original, 23 its default
_BT709 = 1  # as H.264 numbers its colour spaces


@contextlib.contextmanager
def open_encoder(path: Path, fps: float) -> Iterator[Write]:
    """Opens a video to be written, whole or not at all; a file that is there is replaced.

    Args:
        path: Ends in `.mp4`.
        fps: Frames per second.

    Yields:
        What takes the pictures. Those of odd height or width lose their last row or column.

    Raises:
        AbnormalError: No picture came, the folder cannot be written to, or what was written does
            not read back.
    """
    make_folder(path.absolute().parent)
    rate = Fraction(fps).limit_denominator(1001) or Fraction(1, 1001)
    with replacing(path) as partial, _speaking_of(path):
        with av.open(str(partial), "w", options={"movflags": "+faststart"}) as container:
            encoder = _Encoder(container, rate)
            yield encoder.write
            encoder.finish()
        if not encoder.frames:
            raise AbnormalError(f"{path} is not written: there is no frame to show.")
        _check(partial, path, encoder.frames, encoder.size, rate)


@contextlib.contextmanager
def _speaking_of(path: Path) -> Iterator[None]:
    """Says in one line what FFmpeg cannot do."""
    try:
        yield
    except av.error.FFmpegError as error:
        raise CannotWriteError(f"{path} cannot be written: {error.strerror}.") from error


class _Encoder:
    """One stream of pictures."""

    def __init__(self, container: av.container.OutputContainer, rate: Fraction) -> None:
        self._container = container
        self._stream = container.add_stream("libx264", rate=rate)
        self._stream.pix_fmt = "yuv420p"  # what browsers play
        self._stream.options = {"preset": "veryfast", "crf": QUALITY}
        self._stream.codec_context.colorspace = _BT709
        self.frames = 0
        self.size = (0, 0)

    def write(self, picture: np.ndarray) -> None:
        """Encodes one picture."""
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
        """Encodes what is pending."""
        if self.frames:
            self._container.mux(self._stream.encode())


def _check(written: Path, path: Path, frames: int, size: tuple[int, int], rate: Fraction) -> None:
    """Reads the file's frames back, not decoded, and compares."""
    with av.open(str(written)) as container:
        stream = container.streams.video[0]
        count = sum(packet.size > 0 for packet in container.demux(stream))
        found = (count, (stream.height, stream.width), float(stream.average_rate or 0))
    expected = (frames, size, float(rate))
    if found[:2] != expected[:2] or not math.isclose(found[2], expected[2], rel_tol=1e-3):
        raise CannotWriteError(
            f"{path} came out wrong: (frames, size, frames per second) are {found}, not {expected}."
        )
