"""Reads video files in any container that PyAV supports as grey frames with time stamps."""

import contextlib
import mimetypes
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import av

from abnormal.errors import AbnormalError
from abnormal.reading import require_regular
from abnormal.video.grey import to_grey, to_rgb
from abnormal.video.stream import Frame, FrameStream

# Suffixes that the `mimetypes` table of some systems lacks.
_MORE_SUFFIXES = {".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".mts"}
_MORE_SUFFIXES |= {".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv", ".3gp", ".h264", ".hevc"}

av.logging.set_level(av.logging.PANIC)  # problems are reported in `notes`, not by FFmpeg

_TIMEOUT_SEC = 30.0
"""How long to wait for a packet. A playlist without an end would be waited on for ever."""

_threads = os.cpu_count() or 1
"""How many threads may decode a video in this process."""

_DECODER_BYTES = 64 << 20
"""Memory for the pictures in the decoder's threads, each of which holds at least one, in bytes."""


def limit_threads(count: int) -> None:
    """Limits the number of threads that decode a video in this process."""
    global _threads
    _threads = count


def is_video(path: Path) -> bool:
    """Whether the suffix of a file name is one of a video."""
    suffix = path.suffix.lower()
    return suffix in _MORE_SUFFIXES or (mimetypes.guess_type(f"x{suffix}")[0] or "").startswith(
        "video/"
    )


@contextlib.contextmanager
def open_video(path: Path) -> Iterator[FrameStream]:
    """Opens a video file for the length of a `with` block.

    Args:
        path: A file in any container and codec that PyAV reads.

    Yields:
        The frames at their own size. Damaged parts are skipped and reported in the notes.

    Raises:
        AbnormalError: The file is missing, or it contains no video.
    """
    try:
        container = av.open(_url(path), timeout=_TIMEOUT_SEC)
    except FileNotFoundError:
        raise AbnormalError(f"There is no file {path}.") from None
    except (av.error.FFmpegError, OSError, ValueError) as error:  # texts in it may be no UTF-8
        why = getattr(error, "strerror", error)
        raise AbnormalError(f"{path} is not a video that can be read ({why}).") from None
    with container:
        if not container.streams.video:
            raise AbnormalError(f"{path} has no video in it.")
        track = container.streams.video[0]
        if track.codec_context is None:
            raise AbnormalError(f"{path} has a video of an unknown codec in it.")
        track.thread_type = "AUTO"
        track.codec_context.thread_count = _threads_for(track.width * track.height)
        rate = track.average_rate or track.guessed_rate
        stream = FrameStream(iter(()), float(rate) if rate else None)
        stream.frames = _decode(container, track, stream)
        yield stream


def _url(path: Path) -> str:
    """Returns a URL, as FFmpeg would take what precedes a colon in a file name for a protocol.

    Raises:
        AbnormalError: It is a pipe, a device or a socket, which would be read without end.
    """
    require_regular(path)
    return f"file:{path}"


def _threads_for(pixels: int) -> int:
    return max(1, min(_threads, _DECODER_BYTES // max(1, 2 * pixels)))


def count_frames(path: Path) -> int:
    """Counts the frames of a video file by its packets, without decoding them.

    Raises:
        AbnormalError: The file is missing, or it contains no video.
    """
    try:
        with av.open(_url(path)) as container:
            return sum(packet.size > 0 for packet in container.demux(video=0))
    except (av.error.FFmpegError, OSError, ValueError, IndexError) as error:
        raise AbnormalError(f"The frames of {path} cannot be counted ({error}).") from None


def _decode(
    container: av.container.InputContainer, track: av.VideoStream, stream: FrameStream
) -> Iterator[Frame]:
    start = None
    time_sec = 0.0
    damaged = 0
    for packet in _packets(container, track, stream):
        try:
            pictures = track.decode(packet)
        except (av.error.FFmpegError, OSError):
            damaged += 1
            continue
        for picture in pictures:
            shown_sec = stream.length / (stream.fps or 25) if picture.time is None else picture.time
            start = shown_sec if start is None else start
            time_sec = shown_sec - start
            get_rgb = partial(to_rgb, picture)
            yield Frame(to_grey(picture), time_sec, stream.length, get_rgb)
            stream.length += 1
    if damaged:
        stream.notes.append(f"{damaged} damaged parts of it were skipped")
    _note_truncation(container, track, stream, time_sec)


def _packets(
    container: av.container.InputContainer, track: av.VideoStream, stream: FrameStream
) -> Iterator[av.Packet | None]:
    """Reads packets as far as the file is readable, then None, which flushes the decoder."""
    try:
        yield from container.demux(track)
    except (av.error.FFmpegError, OSError) as error:
        stream.notes.append(f"reading it stopped early ({error.strerror})")
        yield None


def _note_truncation(
    container: av.container.InputContainer,
    track: av.VideoStream,
    stream: FrameStream,
    last_sec: float,
) -> None:
    """Notes if fewer frames or seconds were read than the file's header announces, if it does."""
    if stream.length < 0.98 * track.frames - 1:
        stream.notes.append(f"truncated: {stream.length} of {track.frames} frames could be read")
    elif not track.frames and container.duration and len(container.streams) == 1:
        announced_sec = container.duration / av.time_base
        if last_sec < 0.98 * announced_sec - 2 / (stream.fps or 25):
            stream.notes.append(f"truncated: {last_sec:.1f} of {announced_sec:.1f} s could be read")
