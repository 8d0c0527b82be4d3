"""Brings the videos of cameras with different frame rates to one rate, as one model has one."""

import contextlib
import logging
import statistics
from collections import defaultdict
from collections.abc import Sequence

from abnormal.datasets.source import SourceVideo
from abnormal.frames.rates import describe_rates, rates_differ

log = logging.getLogger(__name__)


def common_rate(videos: Sequence[SourceVideo]) -> float | None:
    """Chooses one frame rate for videos of different rates, and says so for each camera.

    It is the lowest of the cameras' usual rates. A higher one would show frames several times, and
    nothing would seem to move in between.

    Args:
        videos: The videos. Those without a frame rate, such as folders of pictures, have no say.

    Returns:
        Frames per second; None if all videos have the same rate already.
    """
    rates: dict[str, list[float]] = defaultdict(list)
    for video in videos:
        # Drawn footage has one rate. Whatever is wrong is reported when the video is extracted.
        with contextlib.suppress(Exception):
            if video.path is not None and (fps := _rate_of(video)):
                rates[video.camera].append(fps)
    if not rates_differ(rates):
        return None
    chosen = min(map(statistics.median_low, rates.values()))
    for text in describe_rates(rates).values():
        log.info(
            "%s, brought to %.4g like all others; choose another rate with --fps", text, chosen
        )
    return chosen


def _rate_of(video: SourceVideo) -> float | None:
    with video.open_frames() as stream:
        return stream.fps
