"""What the footage of each camera says of thresholds, and of all cameras together."""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from abnormal.commands import calibrate_command
from abnormal.errors import AbnormalError
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.false_alarms import RELEASE_DROP, FalseAlarms
from abnormal.scoring.folds import LEAST_SEC
from abnormal.scoring.local import is_local
from abnormal.scoring.rate_check import RateCheck
from abnormal.scoring.surprise import Surprise

Value = TypeVar("Value")


@dataclass(frozen=True)
class Pool:
    """What was learnt from the normal footage of a camera, or of several, for their thresholds.

    Attributes:
        cameras: Names of the cameras whose footage it is.
        surprises: For each score that is not local, the distribution of its values.
        false_alarms: For each score, the false alarms that it raised.
        frames: Number of normal frames.
        videos: Names of the normal videos.
        held_out: Whether there were videos that the network had not been trained on.
        rate_check: How often held-out normal footage raised alarms; None if that is not known.
        is_mixed: Whether there is footage of other cameras among it, which an older version did not
            tell apart.
    """

    cameras: tuple[str, ...]
    surprises: dict[str, Surprise]
    false_alarms: dict[str, FalseAlarms]
    frames: int
    videos: tuple[str, ...]
    held_out: bool
    rate_check: RateCheck | None = None
    is_mixed: bool = False

    @property
    def is_judged_by_itself(self) -> bool:
        """Whether the footage is a video that is too short for a part of it to judge another."""
        seconds = 3600 * self.rate_check.hours if self.rate_check else LEAST_SEC
        return len(self.videos) == 1 and seconds < LEAST_SEC

    def knows(self, score: str) -> bool:
        """Tells whether the footage can tell the threshold of a score for a rate."""
        return score in self.false_alarms and (is_local(score) or score in self.surprises)

    def alarm(self, score: str, per_hour: float) -> Alarm:
        """Returns the alarm of a score for a rate of false alarms per hour, above 0.

        Raises:
            AbnormalError: The score was not calibrated.
        """
        surprise = self.false_alarms_of(score).surprise_for(per_hour)
        threshold = self.score_at(score, surprise)
        return Alarm(score, threshold, self.release(score, threshold))

    def release(self, score: str, threshold: float) -> float:
        """Returns the release that belongs to a threshold; see `Alarm`."""
        if score in self.surprises:
            surprise = float(self.surprises[score].of(np.array(threshold)))
        elif score in self.false_alarms:
            surprise = threshold
        else:
            return threshold
        return min(threshold, self.score_at(score, max(0.0, surprise - RELEASE_DROP)))

    def score_at(self, score: str, surprise: float) -> float:
        """Returns the value of a score at a surprise; local scores are surprises themselves.

        Raises:
            AbnormalError: The score was not calibrated.
        """
        if is_local(score):
            self.false_alarms_of(score)
            return surprise
        return _look_up(self.surprises, score).score(surprise)

    def false_alarms_of(self, score: str) -> FalseAlarms:
        """Returns the false alarms of a score.

        Raises:
            AbnormalError: The score was not calibrated.
        """
        return _look_up(self.false_alarms, score)

    def extended(self, by: "Pool", score: str, per_hour: float) -> "Pool":
        """Returns what is known of one score if as much footage can guarantee a rate as is needed.

        The hours that are missing are taken to be like other footage. So a camera with little
        footage is taken for a usual one, and one with enough for what it is.

        Args:
            by: The other footage, which has at least as many hours as are added.
            score: Name of the score, which both know.
            per_hour: Number of false alarms per hour, above 0.
        """
        own, others = self.false_alarms[score], by.false_alarms[score]
        hours = min(own.missing_hours(per_hour), others.hours)
        false_alarms = {score: own.extended(others, hours)}
        if is_local(score) or not hours:
            return replace(self, false_alarms=false_alarms)
        added = by.surprises[score]
        added = replace(added, frames=max(1, round(added.frames * hours / others.hours)))
        return replace(
            self,
            false_alarms=false_alarms,
            surprises={score: mix([self.surprises[score], added])},
        )


def _look_up(by_score: Mapping[str, Value], score: str) -> Value:
    try:
        return by_score[score]
    except KeyError:
        way = "Use --score gradient with a" if is_local(score) else "Give a"
        raise AbnormalError(
            f"The model is not calibrated for the score {score!r}. {way} --threshold, or calibrate "
            f"it: `{calibrate_command()}` with normal footage."
        ) from None


def read_pool(stored: Mapping[str, Any]) -> Pool:
    """Reads a pool as a model file stores it in JSON; what is missing is empty."""
    rate_check = stored.get("rate_check")
    return Pool(
        cameras=tuple(stored["cameras"]),
        surprises=read_surprises(stored.get("surprises", {})),
        false_alarms={
            name: FalseAlarms(value["hours"], tuple(value["counts"]))
            for name, value in stored.get("false_alarms", {}).items()
        },
        frames=stored.get("frames", 0),
        videos=tuple(stored.get("videos", ())),
        held_out=stored.get("held_out", False),
        rate_check=RateCheck(**rate_check) if rate_check else None,
        is_mixed=stored.get("is_mixed", False),
    )


def read_surprises(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Surprise]:
    """Reads distributions as a model file stores them in JSON."""
    return {
        name: Surprise(
            tuple(value["values"]),
            tuple(value["surprises"]),
            *(value["scale"], value["exceedances"], value["frames"]),
        )
        for name, value in stored.items()
    }


def without_cameras(pools: Iterable[Pool], cameras: Collection[str]) -> list[Pool]:
    """Leaves out the footage of some cameras.

    An older version did not tell the footage of its cameras apart. Such a pool stays as it is until
    all of its cameras are left out.
    """
    left = []
    for pool in pools:
        names = tuple(name for name in pool.cameras if name not in cameras)
        if names:
            is_mixed = pool.is_mixed or names != pool.cameras
            left.append(replace(pool, cameras=names, is_mixed=is_mixed))
    return left


def combine(pools: Sequence[Pool]) -> Pool:
    """Combines what was learnt from the footage of several cameras, of which there is at least one.

    Each camera counts as its footage is long. A score that some pools do not know is taken from the
    others.
    """
    if len(pools) == 1:
        return pools[0]
    checks = [pool.rate_check for pool in pools if pool.rate_check]
    return Pool(
        cameras=tuple(dict.fromkeys(name for pool in pools for name in pool.cameras)),
        surprises={
            name: mix(some) for name, some in _by_score([p.surprises for p in pools]).items()
        },
        false_alarms={
            name: FalseAlarms(
                sum(one.hours for one in some),
                tuple(map(sum, zip(*(one.counts for one in some), strict=True))),
            )
            for name, some in _by_score([p.false_alarms for p in pools]).items()
        },
        frames=sum(pool.frames for pool in pools),
        videos=tuple(dict.fromkeys(video for pool in pools for video in pool.videos)),
        held_out=any(pool.held_out for pool in pools),
        rate_check=combine_checks(checks) if checks else None,
    )


def mix(surprises: Sequence[Surprise]) -> Surprise:
    """Returns the distribution of the frames of several distributions together.

    It is exact at all values that one of them is stored by. Its tail begins where those of all have
    begun, and has the mean excess and the independent frames that they have there together.
    """
    if len(surprises) == 1:
        return surprises[0]
    weights = np.array([one.frames for one in surprises], np.float64)
    weights /= weights.sum()
    last = max(one.values[-1] for one in surprises)
    values = np.unique([*itertools.chain.from_iterable(one.values for one in surprises)])
    shares = weights @ np.stack([10.0 ** -one.of(values) for one in surprises])
    beyond = np.array([10.0 ** -float(one.of(np.array(last))) for one in surprises])
    tails = beyond / [10.0 ** -one.surprises[-1] for one in surprises]  # what is left of each
    return Surprise(
        values=tuple(values.tolist()),
        surprises=tuple(np.maximum.accumulate(np.maximum(-np.log10(shares), 0)).tolist()),
        scale=float(np.average([one.scale for one in surprises], weights=weights * beyond)),
        exceedances=max(1.0, float(tails @ [one.exceedances for one in surprises])),
        frames=sum(one.frames for one in surprises),
    )


def combine_checks(checks: Sequence[RateCheck]) -> RateCheck:
    """Combines how often the held-out footage of several cameras raises alarms.

    The limits of the share follow from those of the cameras by the method of variance estimates
    recovery (Donner and Zou, 2012, Statistical Methods in Medical Research 21, 347-359).
    """
    hours = sum(check.hours for check in checks)
    weights = np.array([check.hours / hours for check in checks])
    shares, lows, highs = np.array([(check.share, check.low, check.high) for check in checks]).T
    share = float(weights @ shares)
    below, above = (
        float(np.sqrt(np.square(weights * (shares - limits)).sum())) for limits in (lows, highs)
    )
    events = sum(check.events for check in checks)
    return RateCheck(share, max(0.0, share - below), min(1.0, share + above), events, hours)


def _by_score(tables: Sequence[Mapping[str, Value]]) -> dict[str, list[Value]]:
    """Returns for each score the values of the tables that have it."""
    names = dict.fromkeys(name for table in tables for name in table)
    return {name: [table[name] for table in tables if name in table] for name in names}
