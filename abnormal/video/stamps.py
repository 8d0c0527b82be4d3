"""What files say about time: the stamps of their pictures, and their frame rate."""

import itertools
import statistics
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import av

ANNOUNCED_SHARE, STANDARD_SHARE = 0.01, 0.0005
"""A rate that the file announces is taken instead of the measured one if they differ by less than
the first share; otherwise, a usual rate such as 15 or 29.97 if they differ by less than the second.
"""

_WITHOUT_STAMPS, _CLOCK_MAY_JUMP = 0x0080, 0x0200
"""Flags of FFmpeg's formats: AVFMT_NOTIMESTAMPS and AVFMT_TS_DISCONT."""

_DECODING_STAMPS_ONLY = {"avi"}
"""FFmpeg's formats that only say when a picture is decoded; the stamps for showing are guesses."""


class Stamps(NamedTuple):
    """What a file says about the time of a picture or packet.

    Attributes:
        shown_sec: When it is shown (FFmpeg's pts), in seconds; None if that is not known.
        decoded_sec: When it is decoded (FFmpeg's dts), in seconds; None if that is not known.
    """

    shown_sec: float | None
    decoded_sec: float | None = None


def stamps_of(item: av.VideoFrame | av.Packet, tick_sec: float) -> Stamps:
    """Returns the stamps of a picture or packet.

    Args:
        item: The picture or packet.
        tick_sec: Length of a tick of its track's clock, in seconds.
    """
    shown, decoded = item.pts, item.dts
    return Stamps(
        None if shown is None else shown * tick_sec,
        None if decoded is None else decoded * tick_sec,
    )


def tick_of(track: av.VideoStream) -> float:
    """Returns the length of a tick of a track's clock, in seconds."""
    return float(track.time_base or 1)


class StampKind(NamedTuple):
    """What the stamps of a container are worth.

    Attributes:
        exist: Whether it has any; if not, those that FFmpeg invents are ignored.
        may_jump: Whether its clock may jump, because recordings can be joined byte by byte.
        by_decoding: Whether only the stamps for decoding are in the file.
    """

    exist: bool = True
    may_jump: bool = False
    by_decoding: bool = False


ANY_STAMPS = StampKind()
"""The stamps of a container of which nothing is known."""


def stamp_kind(container_format: av.ContainerFormat) -> StampKind:
    """Tells what the stamps of a container are worth."""
    name, flags = container_format.name, container_format.flags
    # Pictures one after the other, for which FFmpeg has no flag.
    is_pipe = name.endswith("_pipe") or name == "image2pipe"
    return StampKind(
        exist=not (is_pipe or flags & _WITHOUT_STAMPS),
        may_jump=bool(flags & _CLOCK_MAY_JUMP),
        by_decoding=name in _DECODING_STAMPS_ONLY,
    )


def measured_spacing(stamps: Sequence[Stamps]) -> float | None:
    """Measures the usual spacing of pictures: the mean of all steps that are near the median.

    The mean undoes the rounding of stamps to milliseconds; gaps and lost pictures are not near.

    Args:
        stamps: The stamps of consecutive packets, in the order in which they are decoded.

    Returns:
        Seconds; None if fewer than three in four packets have stamps, or fewer than three do.
    """
    # Those for decoding are in order, so that none is missing where the last packet has been read.
    decoded = [stamp.decoded_sec for stamp in stamps if stamp.decoded_sec is not None]
    shown = sorted(stamp.shown_sec for stamp in stamps if stamp.shown_sec is not None)
    known = decoded if len(decoded) >= len(shown) else shown
    if len(known) < max(3, 0.75 * len(stamps)):
        return None
    steps = [now - before for before, now in itertools.pairwise(known) if now > before]
    if not steps:
        return None
    usual = statistics.median_low(steps)
    return statistics.fmean(step for step in steps if usual / 2 <= step <= 1.6 * usual)


def frame_rate(spacing_sec: float | None, announced: Iterable[float]) -> float | None:
    """Returns the frames per second of a video.

    Args:
        spacing_sec: The measured spacing of its pictures, in seconds; None if it is not known.
        announced: Frames per second that the file announces in various places, the best first.

    Returns:
        The announced or usual rate that is closest to the measured one, if it is close; otherwise
        the measured one. Without a measured one, the first announced one; None if there is none.
    """
    rates = list(announced)
    if spacing_sec is None:
        return rates[0] if rates else None
    whole = round(1 / spacing_sec)
    for known, share in ((rates, ANNOUNCED_SHARE), ((whole, whole / 1.001), STANDARD_SHARE)):
        closest = min(known, key=lambda rate: abs(rate * spacing_sec - 1), default=0.0)
        if abs(closest * spacing_sec - 1) < share:
            return float(closest)
    return 1 / spacing_sec
