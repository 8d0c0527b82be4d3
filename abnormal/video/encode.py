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
from abnormal.files import make_folder
from abnormal.replacing import replacing

WritePicture = Callable[[np.ndarray], None]
"""Writes the next picture, `(height, width, 3)` uint8, red first; all have the same size."""
WriteTimedPicture = Callable[[np.ndarray, float], None]
"""The same, given also the seconds since the first picture, which have to grow."""

CONSTANT_RATE_FACTOR = "20"
"""Quality of x264; 18 can hardly be told from the original, and 23 is x264's default."""
_BT709 = 1  # the number of this colour space in H.264
_USUAL_RATE = Fraction(25)  # for x264, where each picture has a time of its own
_TIME_BASE = Fraction(1, 90000)  # seconds; the clock of MPEG
_LAST_SEC = Fraction(1, 5)  # the last picture of an uneven video is shown so many seconds at most


@contextlib.contextmanager
def open_encoder(path: Path, fps: float) -> Iterator[WritePicture]:
    """Opens a video file of a fixed frame rate for writing, for the length of a `with` block.

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
    rate = Fraction(fps).limit_denominator(1001) or Fraction(1, 1001)
    with _open_encoder(path, rate) as encoder:
        yield lambda picture: encoder.write(picture, encoder.frames / rate)


@contextlib.contextmanager
def open_timed_encoder(path: Path) -> Iterator[WriteTimedPicture]:
    """Like `open_encoder`, but each picture is shown until the time of the next one.

    The last picture is shown as long as the one before it, but 0.2 s at most.
    """
    with _open_encoder(path, None) as encoder:
        yield lambda picture, sec: encoder.write(picture, Fraction(sec))


@contextlib.contextmanager
def _open_encoder(path: Path, rate: Fraction | None) -> Iterator["_Encoder"]:
    make_folder(path.absolute().parent)
    with replacing(path) as partial, _naming_file(path):
        with av.open(str(partial), "w", options={"movflags": "+faststart"}) as container:
            encoder = _Encoder(container, rate)
            yield encoder
            encoder.finish()
        if not encoder.frames:
            raise AbnormalError(f"{path} is not written: there is no frame to show.")
        _check(partial, path, encoder.frames, encoder.size, encoder.last_sec)


@contextlib.contextmanager
def _naming_file(path: Path) -> Iterator[None]:
    """Turns an error of FFmpeg into one that names the file."""
    try:
        yield
    except av.error.FFmpegError as error:
        raise CannotWriteError(f"{path} cannot be written: {error.strerror}.") from error


class _Encoder:
    """The video stream of a container, which takes its size from the first picture.

    Attributes:
        rate: Frames per second; None if each picture has a time of its own.
        frames: Number of pictures so far.
        size: Their height and width, in pixels.
        last_sec: Time of the last picture, in seconds since the first.
    """

    def __init__(self, container: av.container.OutputContainer, rate: Fraction | None) -> None:
        self._container = container
        self._stream = container.add_stream("libx264", rate=rate or _USUAL_RATE)
        self._stream.pix_fmt = "yuv420p"  # what browsers play
        options: dict[str, object] = {"preset": "veryfast", "crf": CONSTANT_RATE_FACTOR}
        # With B-frames, the length of a video of uneven rate in its header would be wrong.
        self._stream.options = options if rate else {**options, "bf": "0"}
        self._stream.codec_context.colorspace = _BT709
        self._time_base = 1 / rate if rate else _TIME_BASE
        self._stream.codec_context.time_base = self._time_base
        self.rate = rate
        self.frames = 0
        self.size = (0, 0)
        self.last_sec = self._last_gap_sec = Fraction(0)

    def write(self, picture: np.ndarray, time_sec: Fraction) -> None:
        """Encodes one picture, `(height, width, 3)` uint8, red first."""
        height, width = (length // 2 * 2 for length in picture.shape[:2])
        if not self.frames:
            self.size = self._stream.height, self._stream.width = height, width
        if (height, width) != self.size:
            raise ValueError(f"a picture of {height}x{width} in a video of {self.size}")
        rgb = np.ascontiguousarray(picture[:height, :width])
        frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
        frame.pts, frame.time_base = round(time_sec / self._time_base), self._time_base
        self._container.mux(self._stream.encode(frame))
        self.frames += 1
        self._last_gap_sec, self.last_sec = time_sec - self.last_sec, time_sec

    def finish(self) -> None:
        """Writes the frames that the encoder still holds."""
        packets = self._stream.encode() if self.frames else []
        if packets and not self.rate and self._last_gap_sec:
            packets[-1].duration = round(min(self._last_gap_sec, _LAST_SEC) / self._time_base)
        self._container.mux(packets)


def _check(
    written: Path, path: Path, frames: int, size: tuple[int, int], last_sec: Fraction
) -> None:
    """Compares number, size and times of the frames in the file with what was written."""
    with av.open(str(written)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size > 0]
        times = [
            float(packet.pts * packet.time_base) for packet in packets if packet.pts is not None
        ]
        found = (len(packets), (stream.height, stream.width), max(times) - min(times))
    expected = (frames, size, float(last_sec))
    if found[:2] != expected[:2] or not math.isclose(found[2], expected[2], abs_tol=0.01):
        raise CannotWriteError(
            f"{path} came out wrong: (frames, size, seconds) are {found}, not {expected}."
        )
