"""Whether alarms come as often as was asked for, tested on normal footage that was held out."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.special import betaincinv, gammaincinv  # `scipy.stats` takes a second to import

from abnormal.scoring.alarm import GAP_SEC

ASKED_SHARE = 0.01
"""Fraction of the normal frames that may be above the default threshold."""

CONFIDENCE = 0.95
"""Probability that an interval contains the true value."""

PART_SEC = 60
"""Length in seconds of the parts of a video whose differences tell how much passages differ."""

PASSAGE_SEC = 10.0
"""Assumed length in seconds of a passage above the threshold, before any has been seen."""

STEP = 0.02
"""Step in which a threshold is corrected, as a surprise."""

MOST_RAISED = 0.7
"""Most that a surprise is raised by: a factor of 5 in the fraction of frames. A frame in which
hardly anything happens must stay below the value at which an event ends."""

MOST_LOWERED = 2.0
"""Most that a surprise is lowered by: a factor of 100 in the fraction of frames."""


class EventRate(NamedTuple):
    """Number of events per hour, as counted in some footage; as a text `2 [0.412, 5.84]`.

    Attributes:
        per_hour: Number of events per hour.
        low: Lower limit of the exact interval of a Poisson rate, with `CONFIDENCE`.
        high: Its upper limit.
    """

    per_hour: float
    low: float
    high: float

    def __str__(self) -> str:
        rate, low, high = (f"{n:.3g}" if n < 1000 else f"{n:.0f}" for n in self)
        return f"{rate} [{low}, {high}]"


def event_rate(events: int, hours: float) -> EventRate:
    """Returns the rate of so many events in so many hours, which are above 0, with its interval."""
    half = (1 - CONFIDENCE) / 2
    low = float(gammaincinv(events, half)) if events else 0.0
    high = float(gammaincinv(events + 1, 1 - half))
    return EventRate(events / hours, low / hours, high / hours)


@dataclass(frozen=True)
class RateCheck:
    """How often normal footage raises alarms in a model that has not learnt from it.

    Attributes:
        share: Fraction of the frames that are above the default threshold.
        low: Lower limit of that fraction, with `CONFIDENCE`.
        high: Upper limit of that fraction.
        events: Number of alarms.
        hours: Length of the footage, in hours.
    """

    share: float
    low: float
    high: float
    events: int
    hours: float

    @property
    def events_per_hour(self) -> EventRate:
        """Number of alarms per hour, and its interval."""
        return event_rate(self.events, self.hours)

    def as_metrics(self) -> dict[str, Any]:
        """Returns all figures as `metrics.json` has them."""
        rate, low, high = self.events_per_hour
        return {
            "asked_share": ASKED_SHARE,
            "share": self.share,
            "share_interval": [self.low, self.high],
            "events": self.events,
            "hours": self.hours,
            "events_per_hour": rate,
            "events_per_hour_interval": [low, high],
        }

    def __str__(self) -> str:
        """Says how often there were alarms, and how certain that is."""
        time = f"{self.hours:.1f} hours" if self.hours >= 1 else f"{60 * self.hours:.1f} minutes"
        return (
            f"{self.share:.1%} [{self.low:.1%}, {self.high:.1%}] of the frames are above the "
            f"threshold for {ASKED_SHARE:.0%}; {self.events} alarm{'s' * (self.events != 1)} in "
            f"{time}, which are {self.events_per_hour} an hour"
        )


def share_above(
    values: Sequence[np.ndarray], threshold: float, fps: float
) -> tuple[float, float, float]:
    """Computes the fraction of frames that are above a threshold, and its confidence interval.

    Neighbouring frames are alike, and so are the frames of a minute. The interval is the exact one
    of a binomial proportion for the effective number of frames, which follows from how much short
    videos and the minutes of long ones differ (Korn and Graubard, 1998, Survey Methodology 24,
    193-201). There are at most as many effective frames as seconds.

    In little footage that sees too few passages above the threshold to tell how much they differ,
    and calls it calm where it may only have been lucky. The upper limit is therefore at least that
    of the passages; see `_most_of_passages`.

    Args:
        values: For each video `(n,)` float64, one per frame. One of them at least has a frame.
        threshold: The threshold.
        fps: Frames per second.

    Returns:
        The fraction, and the lower and the upper limit of its interval, each in [0, 1].
    """
    parts = [
        part
        for of_video in values
        for part in np.array_split(of_video, max(1, round(len(of_video) / (PART_SEC * fps))))
    ]
    frames = np.array([len(part) for part in parts], np.float64)
    above = np.array([(part > threshold).sum() for part in parts], np.float64)
    total, count = frames.sum(), len(parts)
    share = above.sum() / total
    effective = max(1.0, total / fps)
    squares = np.square(above - share * frames).sum() * count / max(1, count - 1) / total**2
    if squares and count > 1:
        effective = min(effective, share * (1 - share) / squares)
    reached, half = share * effective, (1 - CONFIDENCE) / 2
    low = betaincinv(reached, effective - reached + 1, half) if reached else 0.0
    high = betaincinv(reached + 1, effective - reached, 1 - half) if reached < effective else 1.0
    high = max(high, _most_of_passages(_passages_sec(values, threshold, fps)) * fps / total)
    return float(share), float(low), min(1.0, float(high))


def _passages_sec(values: Sequence[np.ndarray], threshold: float, fps: float) -> np.ndarray:
    """Measures for how long each passage is above a threshold.

    Those that are at most `GAP_SEC` apart are one passage, as in an event.

    Returns:
        `(passages,)` float64, for each passage of all videos the time above, in seconds.
    """
    frames: list[int] = []
    for of_video in values:
        above = np.flatnonzero(of_video > threshold)
        if len(above):
            firsts = np.flatnonzero(np.diff(above) > GAP_SEC * fps + 1) + 1
            frames += np.diff([0, *firsts, len(above)]).tolist()
    return np.array(frames) / fps


def _most_of_passages(passages: np.ndarray) -> float:
    """Computes the upper limit, with `CONFIDENCE`, of the expected time in passages.

    Passages begin independently of one another, and have different lengths. Their time is a sum of
    Poisson events, each with its own weight, which has the gamma interval of Fay and Feuer (1997,
    Statistics in Medicine 16, 791-801). The weight of the passage that might have come in addition
    is a mean, as in Tiwari, Clegg and Zou (2006, Statistical Methods in Medical Research 15,
    547-569): that of all passages and of one of `PASSAGE_SEC`.

    Args:
        passages: `(passages,)` float64, the length of each passage, in seconds. There may be none.

    Returns:
        The upper limit, in seconds.
    """
    one_more = np.append(passages, PASSAGE_SEC)
    mean = passages.sum() + one_more.mean()
    variance = np.square(passages).sum() + np.square(one_more).mean()
    return float(variance / mean * gammaincinv(mean**2 / variance, (1 + CONFIDENCE) / 2))


def correct_surprise(
    held_out: Sequence[np.ndarray],
    threshold: float,
    fps: float,
    footage_frames: int | None = None,
) -> float:
    """Computes what must be added to a surprise for alarms to come as often as was asked for.

    If too few held-out frames are above the threshold, the surprise is raised until `ASKED_SHARE`
    of them are. If too many are, it is lowered only as far as the confidence interval proves that.
    A single odd video in little footage does not make a model blind that way.

    Args:
        held_out: For each held-out video the surprise of each frame, `(n,)` float64.
        threshold: The default threshold.
        fps: Frames per second.
        footage_frames: Number of frames of all footage, if `held_out` is a part of it that stands
            for the whole; None if it is all.

    Returns:
        The correction, in [-`MOST_LOWERED`, `MOST_RAISED`]. It is 0 if the footage is too short for
        `ASKED_SHARE` of it to be a second.
    """

    def share(threshold: float) -> float:
        return share_above(held_out, threshold, fps)[0]

    def at_least(threshold: float) -> float:
        return share_above(held_out, threshold, fps)[1]

    if footage_frames is None:
        footage_frames = sum(map(len, held_out))
    if footage_frames / fps * ASKED_SHARE < 1:
        return 0.0
    steps = np.arange(0, MOST_LOWERED + STEP / 2, STEP).round(2).tolist()
    raised = [*itertools.takewhile(lambda step: share(threshold - step) <= ASKED_SHARE, steps)]
    if raised:
        return min(MOST_RAISED, raised[-1])
    too_low = [*itertools.takewhile(lambda step: at_least(threshold + step) > ASKED_SHARE, steps)]
    return -min(MOST_LOWERED, STEP * len(too_low)) if too_low else 0.0
