"""Cameras and streams, which do not end but by dying, as grey frames."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import av
import numpy as np

from abnormal.errors import AbnormalError
from abnormal.video.grey import to_grey, upright
from abnormal.video.resample import scaler
from abnormal.video.stream import Frame

av.logging.set_level(av.logging.PANIC)  # FFmpeg's own messages hold addresses with passwords

_WITHOUT_CLOCK = {"mpjpeg", "mjpeg", "image2pipe", "jpeg_pipe", "h264", "hevc", "m4v"}
"""Containers without time stamps, for which FFmpeg makes some up."""

LONGER_SIDE_PX = 640
JPEG_BYTES = 2**16  # about what 640x360 pixels of noise take at quality 80

_OPTIONS = {
    "rtsp_transport": "tcp",  # a lost UDP packet is a picture of grey mud
    "fflags": "nobuffer",
    "analyzeduration": "1000000",  # microseconds: a camera says soon what it sends
}


@dataclass(frozen=True)
class CameraStream:
    """What a camera gives.

    Attributes:
        frames: In order, as they come; `time_sec` is the stream's own time, or the number of the
            frame where it has none.
        has_clock: Whether it has times of its own.
    """

    frames: Iterator[Frame]
    has_clock: bool


@contextlib.contextmanager
def open_camera(source: str, patience_sec: float) -> Iterator[CameraStream]:
    """Opens a camera or a stream.

    Args:
        source: The number of a video device, its path, any URL or file that PyAV reads.
        patience_sec: How long to wait for the connection, and then for each frame.

    Raises:
        AbnormalError: It cannot be opened, or gives nothing any more. The message does not have
            the source, which may hold a password.
    """
    device = f"/dev/video{source}" if source.isdecimal() else source
    is_device = device.startswith("/dev/")
    try:
        container = av.open(
            device,
            format="v4l2" if is_device else None,
            options=_OPTIONS if "://" in source else {},
            timeout=(patience_sec, patience_sec),
        )
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise AbnormalError(_reason(error)) from None
    with container:
        if not container.streams.video:
            raise AbnormalError("there is no video in it")
        track = container.streams.video[0]
        track.thread_type = "SLICE"  # a thread for each frame would hold frames back
        has_clock = not _WITHOUT_CLOCK & set(container.format.name.split(","))
        yield CameraStream(_decode(container, track, has_clock, patience_sec), has_clock)


def _decode(
    container: av.container.InputContainer,
    track: av.VideoStream,
    has_clock: bool,
    patience_sec: float,
) -> Iterator[Frame]:
    number = 0
    last_sec = time.monotonic()
    packets = container.demux()  # of sound, too: they tell that the connection lives
    while (packet := _next(packets)) is not None:
        pictures = _pictures(packet) if packet.stream is track else []
        for picture in pictures:
            time_sec = picture.time if has_clock and picture.time is not None else float(number)
            in_colours, jpeg = partial(small_rgb, picture), _small_jpeg(packet, picture)
            yield Frame(to_grey(picture), time_sec, number, in_colours, jpeg)
            number += 1
            last_sec = time.monotonic()
        if time.monotonic() - last_sec > patience_sec:
            raise AbnormalError(f"no picture for {patience_sec:g} s")


def small_rgb(picture: av.VideoFrame) -> np.ndarray:
    """A picture in colours, no larger than people need to know what it was.

    Made small while it is converted, that is ten times as fast as afterwards.

    Returns:
        `(height, width, 3)` uint8, red first.
    """
    times = min(1.0, LONGER_SIDE_PX / max(picture.width, picture.height))
    width, height = (max(1, round(times * side)) for side in (picture.width, picture.height))
    small = scaler().reformat(picture, width, height, "rgb24", interpolation="AREA", threads=1)
    return upright(small.to_ndarray(), picture)


def _small_jpeg(packet: av.Packet, picture: av.VideoFrame) -> bytes | None:
    """The packet, where it is a JPEG that can be kept as well as one made of `small_rgb`."""
    is_jpeg = packet.stream.codec_context.name == "mjpeg" and not picture.is_corrupt
    is_small = max(picture.width, picture.height) <= LONGER_SIDE_PX and packet.size <= JPEG_BYTES
    return bytes(packet) if is_jpeg and is_small and not picture.rotation else None


def _next(packets: Iterator[av.Packet]) -> av.Packet | None:
    try:
        return next(packets, None)
    except (av.error.FFmpegError, OSError) as error:
        raise AbnormalError(_reason(error)) from None


def _pictures(packet: av.Packet) -> list[av.VideoFrame]:
    """Those of a packet; of a damaged one none: the stream goes on."""
    try:
        return [picture for picture in packet.decode() if isinstance(picture, av.VideoFrame)]
    except (av.error.FFmpegError, OSError):
        return []


def _reason(error: Exception) -> str:
    """What went wrong, without the address, which the text of the error has."""
    said = getattr(error, "strerror", None) or "it cannot be read"
    return "nothing came in time" if isinstance(error, av.error.ExitError) else str(said)
