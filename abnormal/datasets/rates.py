"""Brings the videos of cameras with different frame rates to one rate, as one model has one."""

import contextlib
import dataclasses
import logging
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from abnormal.datasets.source import SourceVideo
from abnormal.errors import AbnormalError
from abnormal.frames.manifest import VideoRecord, read_record
from abnormal.frames.rates import describe_rates, is_same_rate, rates_differ

log = logging.getLogger(__name__)


def with_common_rate(videos: Sequence[SourceVideo], img: Path) -> list[SourceVideo]:
    """Chooses one frame rate for videos of different rates, and says so for each camera.

    It is the lowest of the cameras' usual rates. A higher one would show frames several times, and
    nothing would seem to move in between. Frames that exist at this rate, or nearly so, are not to
    be made again because a video was added or taken away.

    Args:
        videos: The videos. Those without a frame rate, such as folders of pictures, have no say.
        img: The folder of frames.

    Returns:
        Copies of the videos, each with the rate of its frames; None for its own.
    """
    own = [_rate_of(video) for video in videos]
    records = [_record_of(video, img) for video in videos]
    rates: dict[str, list[float]] = defaultdict(list)
    for video, fps in zip(videos, own, strict=True):
        if fps:
            rates[video.camera].append(fps)
    chosen = None
    if rates_differ(rates):
        chosen = _earlier_rate(records, min(map(statistics.median_low, rates.values())))
        for text in describe_rates(rates).values():
            log.info(
                "%s, brought to %.4g like all others; choose another rate with --fps", text, chosen
            )
    return [
        dataclasses.replace(video, fps=_rate_for(record, fps, chosen))
        for video, record, fps in zip(videos, records, own, strict=True)
    ]


def _earlier_rate(records: Iterable[VideoRecord | None], wanted: float) -> float:
    """Returns the rate to which most videos were brought before if it is nearly the wanted one."""
    before = Counter(record.source.get("fps") for record in records if record)
    return next(
        (fps for fps, _ in before.most_common() if fps and is_same_rate(fps, wanted)), wanted
    )


def _rate_for(record: VideoRecord | None, own: float | None, chosen: float | None) -> float | None:
    """Returns the rate to bring a video to: the one that its frames already have, if that will do.

    Args:
        record: The frames that exist, if any.
        own: The rate of the video; None if it has no clock.
        chosen: The rate of all videos; None if they have the same one.
    """
    wanted = chosen or own
    if record and wanted and is_same_rate(record.fps, wanted):
        stored = record.source.get("fps")
        if stored or own is None or is_same_rate(own, wanted):  # it may be another video now
            return stored
    return chosen


def _record_of(video: SourceVideo, img: Path) -> VideoRecord | None:
    with contextlib.suppress(AbnormalError):  # it is reported when the video is extracted
        return read_record(img / video.split / video.name)
    return None


def _rate_of(video: SourceVideo) -> float | None:
    """Returns the rate of a video; None for drawn footage, of which all has one rate."""
    if video.path is None:
        return None
    # What is wrong is reported when the video is extracted.
    with contextlib.suppress(Exception), video.open_frames() as stream:
        return stream.fps
    return None
