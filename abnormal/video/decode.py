"""Reads video files in any container that PyAV supports as grey frames with time stamps."""

import contextlib
import itertools
import mimetypes
import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import av
from av.stream import Disposition

from abnormal.errors import AbnormalError
from abnormal.reading import require_regular
from abnormal.video.deep_video import OpenTrack, find_conversion
from abnormal.video.numbering import FrameNumbers, is_shown
from abnormal.video.stamps import (
    Stamps,
    frame_rate,
    measured_spacing,
    stamp_kind,
    stamps_of,
    tick_of,
)
from abnormal.video.stream import Frame, FrameStream
from abnormal.video.times import FrameClock

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


_HEAD_PACKETS, _HEAD_BYTES = 128, 16 << 20
"""The frame rate is measured on so many packets, or on so many bytes, at the start of a file."""

_TICKS_PER_SEC = 1000
"""So high a rate is that of the clock, in ticks per second, and not that of the pictures."""

DEFAULT_FPS = 25.0
"""Frames per second of sources that have no frame rate, unless one is given."""


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
    container = _open(path)
    with container:
        track = _require_track(container, path)
        yield _VideoFile(container, track, partial(_open_track, path)).stream


def _open(path: Path) -> av.container.InputContainer:
    try:
        # Tags have any encoding.
        return av.open(_url(path), metadata_errors="replace", timeout=_TIMEOUT_SEC)
    except FileNotFoundError:
        raise AbnormalError(f"There is no file {path}.") from None
    except (av.error.FFmpegError, OSError, ValueError) as error:  # texts in it may be no UTF-8
        why = getattr(error, "strerror", error)
        raise AbnormalError(f"{path} is not a video that can be read ({why}).") from None


def _open_track(path: Path) -> tuple[av.container.InputContainer, av.VideoStream]:
    container = _open(path)
    return container, _require_track(container, path)


def shown_track(container: av.container.InputContainer) -> av.VideoStream | None:
    """Returns the video track that a player would show, which is not always the first one.

    Returns:
        The track that FFmpeg prefers, by the file's own mark and by resolution; None if there is
        none but pictures, such as the cover of a piece of music.
    """
    track = container.streams.best("video")
    if not isinstance(track, av.VideoStream) or Disposition.attached_pic in track.disposition:
        return None
    return track


def has_decoder(track: av.VideoStream) -> bool:
    """Whether the format of a track is one that can be decoded."""
    return track.codec_context is not None


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
    """Counts the frames of a video file by its packets, without decoding them if possible.

    Raises:
        AbnormalError: The file is missing, or it contains no video.
    """
    try:
        with av.open(_url(path), metadata_errors="replace") as container:
            packets = container.demux(_require_track(container, path))
            first = next(packets)
            if first.is_keyframe:
                return is_shown(first) + sum(map(is_shown, packets))
    except (av.error.FFmpegError, OSError, ValueError, IndexError) as error:
        raise AbnormalError(f"The frames of {path} cannot be counted ({error}).") from None
    with open_video(path) as stream:  # only a decoder knows with which frame it can begin
        for _ in stream.frames:
            pass
        return stream.length


def _require_track(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    track = shown_track(container)
    if track is None:
        raise AbnormalError(f"{path} has no video in it.")
    if not has_decoder(track):
        raise AbnormalError(f"{path} has video in a format for which there is no decoder.")
    return track


class _VideoFile:
    """An open video file, and the stream of its frames."""

    def __init__(
        self,
        container: av.container.InputContainer,
        track: av.VideoStream,
        open_again: OpenTrack,
    ) -> None:
        track.thread_type = "AUTO"
        track.codec_context.thread_count = _threads_for(track.width * track.height)
        self._container, self._track, self._tick_sec = container, track, tick_of(track)
        self._kind = stamp_kind(container.format)
        self.stream = FrameStream(iter(()), None)
        self._convert = find_conversion(track, open_again, self.stream.notes)
        packets = self._read_packets()
        head = list(_head(packets))
        self.stream.fps = self._frame_rate(head)
        self._clock = FrameClock(1 / (self.stream.fps or DEFAULT_FPS), self._kind)
        self._numbers = FrameNumbers(self._kind)
        self._damaged = 0
        self.stream.frames = self._frames(self._pictures(itertools.chain(head, packets)))

    def _read_packets(self) -> Iterator[av.Packet | None]:
        """Reads packets as far as the file is readable, then None, which flushes the decoder."""
        try:
            yield from self._container.demux(self._track)
        except (av.error.FFmpegError, OSError) as error:
            self.stream.notes.append(f"reading it stopped early ({error.strerror})")
            yield None

    def _frame_rate(self, head: Iterable[av.Packet | None]) -> float | None:
        """Returns the rate by the stamps of the first packets and by what the file announces."""
        in_stream = self._track.codec_context.framerate
        if not self._kind.exist:  # what the container announces is FFmpeg's guess
            return float(in_stream) if in_stream else None
        shown = (packet for packet in head if packet and is_shown(packet))
        stamps = [stamps_of(packet, self._tick_sec) for packet in shown]
        announced = (self._track.average_rate, self._track.guessed_rate, in_stream)
        plausible = [float(rate) for rate in announced if rate and rate < _TICKS_PER_SEC]
        return frame_rate(measured_spacing(stamps), plausible)

    def _pictures(
        self, packets: Iterable[av.Packet | None]
    ) -> Iterator[tuple[av.VideoFrame, Stamps, int]]:
        """Yields pictures with their stamps, and with the number of lost frames before each."""
        for packet in packets:
            if packet:
                self._numbers.add_packet(packet, stamps_of(packet, self._tick_sec))
            try:
                pictures = self._track.decode(packet)
            except (av.error.FFmpegError, OSError):
                self._numbers.add_error()
                self._damaged += 1
                continue
            for picture in pictures:
                stamps = stamps_of(picture, self._tick_sec)
                lost = self._numbers.lost_before(stamps, self._clock.spacing_sec)
                yield picture, stamps, lost

    def _frames(self, pictures: Iterator[tuple[av.VideoFrame, Stamps, int]]) -> Iterator[Frame]:
        """Yields pictures as frames. It decodes one picture ahead, whose stamps the clock sees."""
        last_sec = longest_sec = 0.0
        for now, following in itertools.pairwise(itertools.chain(pictures, [None])):
            assert now is not None
            picture, stamps, lost = now
            time = self._clock(stamps, following and following[1], lost)
            if not time.after_gap:
                longest_sec = max(longest_sec, time.sec - last_sec)
            number, last_sec = self.stream.length + lost, time.sec
            self.stream.length = number + 1
            image, get_rgb = self._convert(picture)
            yield Frame(image, time.sec, number, get_rgb, after_gap=time.after_gap)
        self.stream.length += self._numbers.lost_at_end(self._clock.spacing_sec)
        if damaged := max(self._damaged, self._numbers.lost):
            self.stream.notes.append(f"{damaged} damaged parts of it were skipped")
        self.stream.notes += self._clock.notes()
        self._note_truncation(last_sec + longest_sec)

    def _note_truncation(self, end_sec: float) -> None:
        """Notes if fewer frames or seconds were read than the file announces.

        Args:
            end_sec: When the last frame ends if it is shown for as long as any other, in seconds.
        """
        if not self._kind.exist or self._clock.jumps:
            return  # what the file announces means nothing
        track, read = self._track, self.stream.length
        announced_sec = 0.0
        if track.duration:
            announced_sec = track.duration * self._tick_sec
        elif self._container.duration and len(self._container.streams) == 1:
            announced_sec = self._container.duration / av.time_base
        spacing_sec = self._clock.spacing_sec
        if track.frames and "mov" not in self._container.format.name:
            # MP4 and MOV also count frames that an edit list hides, AVI those that are left out.
            announced_sec = float(track.frames / (track.average_rate or 1 / spacing_sec))
        if self._numbers.lead_sec + end_sec >= 0.98 * announced_sec - spacing_sec:
            return
        if not track.frames:
            note = f"truncated: {end_sec:.1f} of {announced_sec:.1f} s could be read"
        elif read < 0.98 * track.frames - 1:
            note = f"truncated: {read} of {track.frames} frames could be read"
        else:
            return
        self.stream.notes.append(note)


def _head(packets: Iterator[av.Packet | None]) -> Iterator[av.Packet | None]:
    """Yields the packets at the start of a file, on which its frame rate is measured."""
    size = 0
    for packet in itertools.islice(packets, _HEAD_PACKETS):
        yield packet
        size += packet.size if packet else 0
        if size > _HEAD_BYTES:
            return
