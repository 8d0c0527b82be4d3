"""Notices which of a camera's regimes a picture shows: day or night, or a preset of its position.

A regime is known by the background that was learnt with what is normal in it. If a picture no
longer resembles that, nothing is an alarm until it is known again what the camera shows.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from abnormal.frames.gaps import Gap, split_at_gaps
from abnormal.inference.stream import ScoredFrames
from abnormal.scoring.local import is_local
from abnormal.scoring.normality import Normality
from abnormal.video.view import View, shrink

SAME = 0.5
"""A picture with at least this likeness to a background shows its regime. People, vehicles, dusk
and a picture that has moved by up to 3 % leave 0.56 or more, another view or an infrared picture
has 0.4 at most."""

LEFT = 0.4
"""The present regime is only left at a likeness below this."""

BETTER = 0.2
"""Between `LEFT` and `SAME`, it is left for one with a likeness that is higher by this."""

CHECK_SEC = 0.2
"""While it is not sure what a picture shows, it is looked for once in so many seconds."""

UNKNOWN_SEC = 5.0
"""After so many seconds of pictures that show no known regime, the regime is not known."""

PICTURE_SEC = 1.0
"""A picture counts for at most so many seconds, because nothing was seen in a longer break."""

SETTLE_SEC = 1.0
"""Nothing is sure for so many seconds after a change: exposure settles, and scores are averages."""


class Seen(NamedTuple):
    """What a picture shows.

    Attributes:
        regime: 0-based number of the camera's regime; None if it is none that is known.
        is_sure: Whether there may be alarms: the picture shows this regime, and has for a while.
        is_known: Whether the picture shows a regime that is known.
    """

    regime: int | None = 0
    is_sure: bool = True
    is_known: bool = True


class RegimeWatch:
    """Follows which regime the pictures of one camera show, in order.

    Args:
        regimes: What is normal in each of them. If one has no background, or one that is too plain
            or that its footage does not resemble, all pictures show the first.
        fps: Pictures per second.
    """

    def __init__(self, regimes: Sequence[Normality], fps: float) -> None:
        views = [
            View(one.background)
            for one in regimes
            if one.background is not None and one.is_one_view
        ]
        blind = len(views) < len(regimes) or any(view.is_plain for view in views)
        self._views = [] if blind else views
        self._check = max(1, round(CHECK_SEC * fps))
        self._unknown, self._settle = round(UNKNOWN_SEC * fps), round(SETTLE_SEC * fps)
        self._longest = max(1, round(PICTURE_SEC * fps))
        self._regime: int | None = 0
        self._is_there = True
        self._until_check = self._lost = 0  # in pictures
        self._since_change = self._settle
        self._is_first = True

    @property
    def can_tell(self) -> bool:
        """Whether regimes can be told from one another."""
        return bool(self._views)

    def knows(self, background: np.ndarray) -> bool:
        """Whether a background, `(height, width)` uint8, shows one of the regimes."""
        small = shrink(background)
        return any(view.likeness(small) >= SAME for view in self._views)

    def add(self, background: np.ndarray) -> None:
        """Adds a regime that has been learnt, which the next pictures may show.

        Args:
            background: `(height, width)` uint8, its background.
        """
        self._views = [*self._views, View(background)]  # at once, as another thread looks at them

    def __call__(self, picture: np.ndarray, after: int = 1) -> Seen:
        """Looks at the next picture.

        Args:
            picture: `(height, width)` uint8, grey.
            after: How many pictures it is after the one that was looked at last.
        """
        if not self._views:
            return Seen()
        self._since_change += after
        self._until_check -= after
        if self._until_check < 0:
            self._until_check = 0
            self._look(shrink(picture))
        if not self._is_there:
            self._since_change = -1
            self._lost += min(after, self._longest)
            if self._lost > self._unknown:
                self._regime = None
        self._is_first = False
        is_sure = self._is_there and self._since_change >= self._settle
        return Seen(self._regime, is_sure, self._is_there)

    def _look(self, small: np.ndarray) -> None:
        now = self._likeness_now(small)
        if self._is_there and now >= SAME:
            return
        self._until_check = self._check - 1
        likeness = [view.likeness(small) for view in self._views]
        best = int(np.argmax(likeness))
        if likeness[best] >= SAME and likeness[best] >= now + BETTER * self._is_there:
            if best != self._regime and not self._is_first:
                self._since_change = 0
            self._regime, self._is_there, self._lost, self._until_check = best, True, 0, 0
        else:
            self._is_there = self._is_there and not self._is_first and now >= LEFT

    def _likeness_now(self, small: np.ndarray) -> float:
        """Returns the likeness to the present regime, if there is one."""
        if self._regime is None or not self._is_there:
            return 0.0
        return self._views[self._regime].likeness(small, SAME)


class RegimePart(NamedTuple):
    """Consecutive frames of a video that show one regime, without a gap.

    Attributes:
        regime: 0-based number of the regime; None if it is none that is known.
        frames: The frames, `(height, width)` uint8 each; to be read before the next part.
        seen: What each frame shows, of those that have been read so far and perhaps some more.
    """

    regime: int | None
    frames: Iterator[np.ndarray]
    seen: Sequence[Seen]

    def is_sure(self, count: int) -> np.ndarray:
        """Returns for each of the part's first frames, `(count,)` bool, whether it is sure."""
        return np.array([seen.is_sure for seen in self.seen[:count]], bool)


def split_at_regimes(
    frames: Iterable[np.ndarray], gaps: Sequence[Gap], watch: RegimeWatch
) -> Iterator[RegimePart]:
    """Splits a video where it has gaps and where its regime changes.

    Args:
        frames: The frames of the video, `(height, width)` uint8 each.
        gaps: Its gaps. More may be added until the frame after them is read.
        watch: Follows the regime; a new one for each video.
    """
    breaks, seen = list[Gap](), list[list[Seen]]()

    def followed() -> Iterator[np.ndarray]:
        for number, frame in enumerate(frames):
            now = watch(frame)
            changes = bool(seen) and now.regime != seen[-1][-1].regime
            if changes or any(gap.frame == number for gap in gaps):
                breaks.append(Gap(number, 0.0))
            if not seen or (breaks and breaks[-1].frame == number):
                seen.append([])
            seen[-1].append(now)
            yield frame

    for part in split_at_gaps(followed(), breaks):
        of_part = seen[-1]  # its first frame has been read
        yield RegimePart(of_part[0].regime, part, of_part)


def silenced(scored: ScoredFrames, is_sure: np.ndarray) -> ScoredFrames:
    """Takes the local scores back of frames that may show another regime than they were judged by.

    Args:
        scored: The scores of `n` frames.
        is_sure: `(n,)` bool of `RegimePart.is_sure`.

    Returns:
        The scores, with local ones of 0 and without unusual things where it is not sure.
    """
    if is_sure.all():
        return scored
    raw, causal = (
        {name: np.where(is_sure | (not is_local(name)), v, 0) for name, v in values.items()}
        for values in (scored.raw, scored.causal)
    )
    things = tuple(
        of_frame if sure else () for of_frame, sure in zip(scored.things, is_sure, strict=False)
    )
    return dataclasses.replace(scored, raw=raw, causal=causal, things=things)
