"""Divides normal footage by the regimes that it shows, such as the days and nights of a camera.

Ten seconds of footage have one median picture, in which nobody is who only walks by. If it does not
resemble any picture found before, it is the first of another regime. A regime with too little
footage is not learnt by itself; its footage stays with the regime that is most like it.
"""

import contextlib
import dataclasses
import itertools
import logging
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.files import natural_key
from abnormal.frames.gaps import Gap
from abnormal.inference.normal_video import NormalVideo
from abnormal.inference.regimes import SAME
from abnormal.scoring.regime_names import regime_name
from abnormal.video.view import View, shrink

log = logging.getLogger(__name__)

WINDOW_SEC = 10
"""The median picture of so many seconds tells the regime."""

ENOUGH_SEC = 60
"""A regime with less footage, in seconds, is not learnt by itself."""

MARGIN_SEC = 2
"""So many seconds before and after a change of regime are left out."""

Seconds = np.ndarray
"""The small pictures of a video, one of each second, `(seconds, SIDE_PX, SIDE_PX)` uint8."""


def split_regimes(videos: Sequence[NormalVideo], fps: float) -> list[NormalVideo]:
    """Divides the footage of each camera by its regimes.

    Args:
        videos: The normal footage.
        fps: Frames per second.

    Returns:
        The videos as they are, if each camera has one regime, but for `is_one_view`. Otherwise each
        part of a video that shows one regime is a video of its own, whose camera is the name of the
        regime.
    """
    videos = sorted(videos, key=lambda video: (video.camera, natural_key(video.name)))
    return [
        part
        for camera, of_camera in itertools.groupby(videos, lambda video: video.camera)
        for part in _split_camera(camera, list(of_camera), max(1, round(fps)))
    ]


def _split_camera(camera: str, videos: list[NormalVideo], fps: int) -> list[NormalVideo]:
    pictures = [_one_each_second(video, fps) for video in videos]
    views, is_one_view = _find_views([of_video for of_video in pictures if len(of_video)])
    if len(views) < 2:
        return [v if is_one_view else dataclasses.replace(v, is_one_view=False) for v in videos]
    log.info(
        "camera %sshows %d regimes, such as day and night; each is learnt by itself",
        *(f"{camera} " if camera else "", len(views)),
    )
    parts: dict[int, list[NormalVideo]] = {number: [] for number in range(len(views))}
    for video, of_video in zip(videos, pictures, strict=True):
        if not len(of_video):  # what is wrong with it is told when it is measured
            parts[0].append(dataclasses.replace(video, camera=regime_name(camera, 0)))
        for number, first, stop in _stretches(of_video, views):
            name = regime_name(camera, number)
            parts[number].append(_part_of(video, name, first * fps, stop * fps))
    return [part for number in parts for part in parts[number]]


def _one_each_second(video: NormalVideo, fps: int) -> Seconds:
    taken: list[np.ndarray] = []
    # A video that cannot be read is reported when it is measured.
    with contextlib.suppress(AbnormalError), video.open_frames() as frames:
        taken += [
            shrink(frame).astype(np.uint8) for frame in itertools.islice(frames, 0, None, fps)
        ]
    return np.stack(taken) if taken else np.zeros((0, 1, 1), np.uint8)


def _find_views(pictures: Sequence[Seconds]) -> tuple[list[View], bool]:
    """Returns the views with enough footage, the one with most footage first.

    A black picture, as of a camera that starts or is covered, is no view unless it is there for as
    long as one.

    Also returns whether there are such views or one that most of the footage shows. Otherwise,
    several cameras were probably taken for one.
    """
    views: list[View] = []
    seconds: list[int] = []
    plain = 0
    for of_video in pictures:
        for window in _windows(of_video):
            median = np.median(window, axis=0)
            view = View(median.astype(np.uint8))
            if view.is_plain:
                plain += len(window)
                continue
            number = _most_like(median.astype(np.float32), views, SAME)
            if number is None:
                number = len(views)
                views.append(view)
                seconds.append(0)
            seconds[number] += len(window)
    if plain >= ENOUGH_SEC or not views:
        return [], True  # no picture could be told from that one
    order = sorted(range(len(views)), key=lambda number: -seconds[number])
    found = [views[number] for number in order if seconds[number] >= ENOUGH_SEC]
    return found, len(found) > 1 or 2 * max(seconds, default=0) >= sum(seconds)


def _windows(pictures: Seconds) -> list[np.ndarray]:
    return np.array_split(pictures, max(1, len(pictures) // WINDOW_SEC))


def _most_like(small: np.ndarray, views: Sequence[View], least: float) -> int | None:
    likeness = [view.likeness(small) for view in views]
    best = int(np.argmax(likeness)) if views else 0
    return best if views and likeness[best] >= least else None


def _stretches(pictures: Seconds, views: Sequence[View]) -> Iterator[tuple[int, int, int]]:
    """Yields the regime of each stretch of a video, and its first and last but one second.

    A second has the regime of most of the seconds around it, so that somebody who stands close to
    the camera is not another regime.
    """
    found = [_most_like(picture.astype(np.float32), views, 0.0) or 0 for picture in pictures]
    near = WINDOW_SEC // 2
    around = (found[max(0, second - near) : second + near + 1] for second in range(len(found)))
    usual = [max(set(some), key=some.count) for some in around]
    second = 0
    for number, same in itertools.groupby(usual):
        stop = second + len(list(same))
        first = second + MARGIN_SEC * (second > 0)
        last = stop - MARGIN_SEC * (stop < len(usual))
        if first < last:
            yield number, first, last
        second = stop


def _part_of(video: NormalVideo, regime: str, first: int, stop: int) -> NormalVideo:
    """Returns the frames of a video from one number to another, as a video of a regime."""

    @contextlib.contextmanager
    def open_frames() -> Iterator[Iterable[np.ndarray]]:
        with video.open_frames() as frames:
            yield itertools.islice(frames, first, stop)

    gaps = [Gap(gap.frame - first, gap.sec) for gap in video.gaps if first < gap.frame < stop]
    length = min(stop, video.length) - first if video.length else 0
    return dataclasses.replace(
        video, camera=regime, open_frames=open_frames, length=length, gaps=gaps
    )
