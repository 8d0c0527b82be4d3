"""Gaps in a video: what came before one is not compared with what comes after it."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from abnormal.video.stream import Frame

Item = TypeVar("Item")


class Gap(NamedTuple):
    """A gap in a video, or a jump of its clock; see `abnormal.video.times`.

    Attributes:
        frame: 0-based number of the first frame after it, in frames that are used.
        sec: Time of that frame, in seconds since the first frame of the video.
    """

    frame: int
    sec: float


def note_gaps(frames: Iterable[Frame], gaps: list[Gap]) -> Iterator[Frame]:
    """Passes frames on unchanged, and adds each gap to a list before the frame that follows it."""
    for number, frame in enumerate(frames):
        if frame.after_gap:
            gaps.append(Gap(number, frame.time_sec))
        yield frame


def stretches(count: int, gaps: Sequence[Gap]) -> list[tuple[int, int]]:
    """Returns the parts of a video between its gaps.

    Args:
        count: Number of frames of the video.
        gaps: Its gaps, in the order of time.

    Returns:
        Half-open intervals of frame numbers, which together cover the video.
    """
    return list(itertools.pairwise((0, *(gap.frame for gap in gaps), count)))


def split_at_gaps(items: Iterable[Item], gaps: Sequence[Gap]) -> Iterator[Iterator[Item]]:
    """Splits the frames of a video where it has gaps.

    Args:
        items: One item for each frame.
        gaps: The gaps. More may be added until the item after them is read.

    Yields:
        The items of each part, at least one, which have to be read before the next part.
    """
    numbered = enumerate(items)
    following = next(numbered, None)

    def read_part() -> Iterator[Item]:
        nonlocal following
        is_first = True
        while following and (is_first or not any(gap.frame == following[0] for gap in gaps)):
            yield following[1]
            following, is_first = next(numbered, None), False

    while following:
        yield read_part()


def times_sec(frames: np.ndarray, fps: float, gaps: Sequence[Gap]) -> np.ndarray:
    """Returns when frames are shown, `(n,)` float64, in seconds since the first one of the video.

    Args:
        frames: `(n,)` 0-based numbers of frames.
        fps: Frames per second between gaps.
        gaps: The gaps of the video.
    """
    starts = np.array([(0, 0.0), *gaps])
    before = np.searchsorted(starts[:, 0], frames, side="right") - 1
    return starts[before, 1] + (frames - starts[before, 0]) / fps
