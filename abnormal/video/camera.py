"""Reads cameras and network streams as grey frames with times."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import av
import numpy as np

from abnormal.errors import AbnormalError
from abnormal.urls import without_secrets
from abnormal.video.decode import DEFAULT_FPS, has_decoder, shown_track
from abnormal.video.grey import is_upright, to_grey, upright
from abnormal.video.hosts import PROTOCOLS, open_at_host
from abnormal.video.resample import scaler
from abnormal.video.stamps import stamp_kind, stamps_of, tick_of
from abnormal.video.stream import Frame
from abnormal.video.times import FrameClock

av.logging.set_level(av.logging.PANIC)  # FFmpeg's own messages show addresses with passwords

LONGER_SIDE_PX = 640
"""The longer side of a picture that is kept for people has at most so many pixels."""

LARGEST_JPEG_BYTES = 2**16
"""A camera's own JPEG is kept up to this size, about that of 640x360 pixels of noise at quality 80.
"""

_OPTIONS = {
    "rtsp_transport": "tcp",  # over UDP, each lost packet spoils the picture
    "fflags": "nobuffer",
    "analyzeduration": "1000000",  # microseconds: cameras soon show what they send
    "protocol_whitelist": PROTOCOLS,
}


@dataclass(frozen=True)
class CameraStream:
    """An open connection to a camera.

    Attributes:
        frames: The frames in order, as they arrive, with times by `abnormal.video.times`.
        has_timestamps: Whether the stream has time stamps of its own. If not, the times only count
            the frames.
    """

    frames: Iterator[Frame]
    has_timestamps: bool


@contextlib.contextmanager
def open_camera(
    source: str, timeout_sec: float, allow_redirects: bool = False
) -> Iterator[CameraStream]:
    """Opens a camera, a network stream or a file for the length of a `with` block.

    Args:
        source: The number or path of a video device, or a URL or file that PyAV reads.
        timeout_sec: How long to wait for the connection, and then for each frame, in seconds.
        allow_redirects: Whether redirects and playlists may lead to other hosts; never to files.

    Yields:
        The stream. Iterating over its frames raises `AbnormalError` when no frame comes in time.

    Raises:
        AbnormalError: The source cannot be opened. The message does not contain the source, which
            may hold a password, unless it is a device.
    """
    try:
        container = _open(source, timeout_sec, allow_redirects)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        device = f"{_device(source)}: " if _device(source) else ""
        raise AbnormalError(device + _reason(error)) from None
    with container:
        track = shown_track(container)
        if track is None:
            raise AbnormalError("there is no video in it")
        if not has_decoder(track):
            raise AbnormalError("its video is in a format for which there is no decoder")
        track.thread_type = "SLICE"  # a thread for each frame would hold frames back
        kind = stamp_kind(container.format)
        rate = track.guessed_rate or DEFAULT_FPS
        clock = FrameClock(1 / float(rate), kind)
        yield CameraStream(_decode(container, track, clock, timeout_sec), kind.exist)


def _device(source: str) -> str:
    """Returns the path of a video device; empty if the source is none."""
    device = f"/dev/video{source}" if source.isdecimal() else source
    return device if device.startswith("/dev/") else ""


def _open(source: str, timeout_sec: float, allow_redirects: bool) -> Any:
    settings: dict[str, Any] = {
        "timeout": (timeout_sec, timeout_sec),
        "metadata_errors": "replace",
    }
    if device := _device(source):
        return av.open(device, format="v4l2", **settings)
    if "://" not in source:  # FFmpeg would take what precedes a colon in its name for a protocol
        options = {"protocol_whitelist": "file"}
        return av.open(f"file:{source}", options=options, **settings)

    def open_address(address: str, options: Mapping[str, str], **arguments: Any) -> Any:
        return av.open(address, options={**_OPTIONS, **options}, **settings, **arguments)

    if allow_redirects:
        return open_address(source, {})
    return open_at_host(source, open_address, timeout_sec)


def _decode(
    container: av.container.InputContainer,
    track: av.VideoStream,
    clock: FrameClock,
    timeout_sec: float,
) -> Iterator[Frame]:
    number, tick_sec = 0, tick_of(track)
    last_sec = time.monotonic()
    packets = container.demux()  # sound, too: its packets show that the connection is alive
    while (packet := _next_packet(packets)) is not None:
        pictures = _decode_packet(packet) if packet.stream is track else []
        for picture in pictures:
            time_sec, after_gap = clock(stamps_of(picture, tick_sec))
            get_rgb, jpeg = partial(small_rgb, picture), _small_jpeg(packet, picture)
            yield Frame(to_grey(picture), time_sec, number, get_rgb, jpeg, after_gap)
            number += 1
            last_sec = time.monotonic()
        if time.monotonic() - last_sec > timeout_sec:
            raise AbnormalError(f"no picture for {timeout_sec:g} s")


def small_rgb(picture: av.VideoFrame) -> np.ndarray:
    """Converts a picture to colour at a size at which people can recognise what it shows.

    Shrinking it during the conversion is ten times as fast as shrinking it afterwards.

    Returns:
        `(height, width, 3)` uint8, red first, upright; at most `LONGER_SIDE_PX` pixels high and
        wide.
    """
    scale = min(1.0, LONGER_SIDE_PX / max(picture.width, picture.height))
    width, height = (max(1, round(scale * side)) for side in (picture.width, picture.height))
    small = scaler().reformat(picture, width, height, "rgb24", interpolation="AREA", threads=1)
    return upright(small.to_ndarray(), picture)


def _small_jpeg(packet: av.Packet, picture: av.VideoFrame) -> bytes | None:
    """Returns the packet if it is an upright, intact JPEG that is small enough to be kept."""
    is_jpeg = packet.stream.codec_context.name == "mjpeg" and not picture.is_corrupt
    longer_side = max(picture.width, picture.height)
    is_small = longer_side <= LONGER_SIDE_PX and packet.size <= LARGEST_JPEG_BYTES
    return bytes(packet) if is_jpeg and is_small and is_upright(picture) else None


def _next_packet(packets: Iterator[av.Packet]) -> av.Packet | None:
    try:
        return next(packets, None)
    except (av.error.FFmpegError, OSError) as error:
        raise AbnormalError(_reason(error)) from None


def _decode_packet(packet: av.Packet) -> list[av.VideoFrame]:
    """Decodes the pictures in a packet. A damaged packet has none, and does not end the stream."""
    try:
        return [picture for picture in packet.decode() if isinstance(picture, av.VideoFrame)]
    except (av.error.FFmpegError, OSError):
        return []


def _reason(error: Exception) -> str:
    """Says what went wrong without the address, which the error's own text contains."""
    text = getattr(error, "strerror", None) or "it cannot be read"
    is_late = isinstance(error, av.error.ExitError)
    return "nothing came in time" if is_late else without_secrets(str(text))
