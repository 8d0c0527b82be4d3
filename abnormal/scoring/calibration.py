"""What a model's scores are on normal footage, and so what an alarm is."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from abnormal.commands import command
from abnormal.errors import AbnormalError
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.local import LOCAL_SCORES, knows_place
from abnormal.scoring.residual import SCORES
from abnormal.scoring.surprise import LARGEST, Surprise

ALARM_SURPRISE = 2.0
"""Above this surprise, which one normal frame in a hundred has, there is an alarm."""
RELEASE_DROP = 0.7
"""An event lasts until the surprise has fallen this far below the threshold of the alarm, to what
five times as many normal frames have."""

COUNTED_SURPRISES = tuple(np.arange(0.5, 5.01, 0.25).tolist())
"""Thresholds at which the false alarms of the normal footage are counted."""
ENOUGH = 10
"""So many false alarms make a rate; beyond where there are so many, it is extrapolated."""
RULE_OF_THREE = 3.0
"""Nothing seen in n hours: with 95 % confidence at most 3 / n an hour (Hanley and Lippman-Hand,
1983)."""


@dataclass(frozen=True)
class Normality:
    """What one camera's normal footage looks like to the scores that know the place.

    Attributes:
        levels: For each local score that the model has, the normal level of each cell,
            `(rows, columns)` float32 above 0.
        surprises: For each of them, how seldom normal footage is how far above that level.
    """

    levels: dict[str, np.ndarray]
    surprises: dict[str, Surprise]

    @property
    def frames(self) -> int:
        """How many frames of it there were."""
        return next(iter(self.surprises.values())).frames


@dataclass(frozen=True)
class FalseAlarms:
    """How often a score raised an alarm in normal footage.

    Attributes:
        hours: Of the footage.
        counts: Of events, for each of `COUNTED_SURPRISES`.
    """

    hours: float
    counts: tuple[int, ...]

    @property
    def promised_per_hour(self) -> float:
        """The lowest rate that footage of this length can vouch for."""
        return RULE_OF_THREE / self.hours

    def level(self, per_hour: float) -> float:
        """The surprise above which there are at most so many events an hour.

        Between levels with `ENOUGH` events, the rate is taken to fall evenly in its logarithm;
        beyond them by a factor of ten for each step of 1, as the share of frames does.

        Args:
            per_hour: Above 0.
        """
        counts = np.maximum.accumulate(self.counts[::-1])[::-1]
        first = last = 0
        if counts[0]:
            first = int((counts == counts[0]).sum()) - 1  # below, events run into one another
            last = int((counts >= min(ENOUGH, counts[0])).sum()) - 1
        rates = np.log10(np.maximum(counts[first : last + 1], 1) / self.hours)
        wanted = np.log10(per_hour)
        if wanted <= rates[-1]:
            return float(min(COUNTED_SURPRISES[last] + rates[-1] - wanted, LARGEST))
        return float(np.interp(-wanted, -rates, COUNTED_SURPRISES[first : last + 1]))


@dataclass(frozen=True)
class Calibration:
    """Scores on normal footage.

    Attributes:
        surprises: For each score that knows no place, how seldom which value is.
        false_alarms: For each score, how often it raised an alarm.
        cameras: The places by name.
        frames: How many normal frames were looked at.
        videos: Which ones these are from.
        held_out: Whether the network was not trained on some of them.
        dismissed: Events that were no alarm to the user, and are normal since.
        positions: For each reconstruction error, how large it normally is at each place in a clip,
            as a multiple of its mean: a recurrent network is further off in the first frames.
    """

    surprises: dict[str, Surprise]
    false_alarms: dict[str, FalseAlarms]
    cameras: dict[str, Normality]
    frames: int
    videos: tuple[str, ...]
    held_out: bool
    dismissed: tuple[dict[str, Any], ...] = field(default=())
    positions: dict[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def levels(self) -> dict[str, dict[str, np.ndarray]]:
        """The normal levels by camera and score: what is kept beside `as_dict`."""
        return {name: camera.levels for name, camera in self.cameras.items()}

    def normality(self, camera: str) -> Normality | None:
        """What is normal for a camera; where it is not known and there is one, for that one."""
        only = next(iter(self.cameras.values())) if len(self.cameras) == 1 else None
        return self.cameras.get(camera, only)

    def alarm(
        self, score: str, threshold: float | None = None, per_hour: float | None = None
    ) -> Alarm:
        """When a score raises an alarm.

        Args:
            score: Name of the score.
            threshold: Above it there is an alarm; None for what the normal footage says.
            per_hour: How many false alarms an hour there may be, above 0; None for one normal frame
                in a hundred.

        Raises:
            AbnormalError: The score was not calibrated, and no threshold is given.
        """
        threshold = self.threshold(score, per_hour) if threshold is None else threshold
        return Alarm(score, threshold, self._release(score, threshold))

    def threshold(self, score: str, per_hour: float | None = None) -> float:
        """The score above which there is an alarm; see `alarm`.

        Raises:
            AbnormalError: The score was not calibrated.
        """
        if per_hour is None:
            return self._score(score, ALARM_SURPRISE)
        return self._score(score, self._of(self.false_alarms, score).level(per_hour))

    def _release(self, score: str, threshold: float) -> float:
        """The score down to which an event lasts that began above a threshold."""
        if score in self.surprises:
            surprise = float(self.surprises[score].of(np.array(threshold)))
        elif score in self.false_alarms:
            surprise = threshold
        else:
            return threshold
        return min(threshold, self._score(score, max(0.0, surprise - RELEASE_DROP)))

    def promised_per_hour(self, score: str) -> float:
        """The lowest rate of false alarms that the normal footage can vouch for."""
        return self._of(self.false_alarms, score).promised_per_hour

    def _score(self, score: str, surprise: float) -> float:
        """The value of a score at a surprise; scores that know the place are surprises."""
        if knows_place(score):
            self._of(self.false_alarms, score)
            return surprise
        return self._of(self.surprises, score).score(surprise)

    def _of(self, known: Mapping[str, Any], score: str) -> Any:
        try:
            return known[score]
        except KeyError:
            way = "Use --score gradient with a" if knows_place(score) else "Give a"
            raise AbnormalError(
                f"The model is not calibrated for the score {score!r}. {way} --threshold, or "
                f"calibrate it: `{command('train')} --calibrate FOLDER` with normal footage."
            ) from None

    def as_dict(self) -> dict[str, Any]:
        """As it is kept in a model file, but for the levels, which are arrays."""
        cameras = {
            name: {key: dataclasses.asdict(value) for key, value in camera.surprises.items()}
            for name, camera in self.cameras.items()
        }
        return dataclasses.asdict(dataclasses.replace(self, cameras={})) | {"cameras": cameras}


def read_calibration(
    stored: Mapping[str, Any], levels: Mapping[str, Mapping[str, np.ndarray]]
) -> Calibration:
    """Reads what `Calibration.as_dict` made.

    A model has the local scores that it was calibrated for and that this version knows. A score
    that one of the two lacks is a score that the model does not have.

    Args:
        stored: What was made. Empty where nothing is calibrated.
        levels: For each camera's name the levels of its `Normality`.
    """
    return Calibration(
        surprises=_surprises(stored.get("surprises", {})),
        false_alarms={
            name: FalseAlarms(value["hours"], tuple(value["counts"]))
            for name, value in stored.get("false_alarms", {}).items()
        },
        cameras={
            name: normality
            for name, surprises in stored.get("cameras", {}).items()
            if (normality := _normality(levels[name], _surprises(surprises)))
        },
        frames=stored.get("frames", 0),
        videos=tuple(stored.get("videos", ())),
        held_out=stored.get("held_out", False),
        dismissed=tuple(stored.get("dismissed", ())),
        positions={
            name: tuple(value)
            for name, value in stored.get("positions", {}).items()
            if name in SCORES
        },
    )


def _normality(
    levels: Mapping[str, np.ndarray], surprises: Mapping[str, Surprise]
) -> Normality | None:
    """What is normal for a camera by the scores that are known on both sides; None without any."""
    names = [name for name in LOCAL_SCORES if name in levels and name in surprises]
    if not names:
        return None
    return Normality(
        {name: levels[name] for name in names}, {name: surprises[name] for name in names}
    )


def fuse(surprises: Mapping[str, np.ndarray], frames: int) -> tuple[np.ndarray, np.ndarray]:
    """One surprise from those of several scores that know the place.

    Each score may cause its share of all false alarms, so it counts for less by the logarithm of
    that share; the largest is what counts. Where each surprise is right, at most one normal frame
    in 10**x then has a fused surprise above x, however the scores depend on one another
    (Bonferroni's inequality).

    Beyond the logarithm of the frames that it was learnt from, no footage says that a surprise is
    right. From there on the score with the largest share ranks on, and the others count no more:
    a small share is no alarm where little footage vouches for it.

    Args:
        surprises: For each score `(n,)`.
        frames: How many normal frames they were learnt from, at least 1.

    Returns:
        `(n,)` float64, at least 0; `(n,)` int64, the number of the score that it is from.
    """
    shares = {name: LOCAL_SCORES[name].share for name in surprises}
    first = max(shares, key=shares.__getitem__)
    vouched = {name: np.inf if name == first else np.log10(frames) for name in shares}
    weighed = np.stack(
        [
            np.minimum(values, vouched[name]) + np.log10(shares[name] / sum(shares.values()))
            for name, values in surprises.items()
        ]
    )
    return np.maximum(weighed.max(axis=0), 0), weighed.argmax(axis=0)


def count_false_alarms(normal: Iterable[np.ndarray], fps: float) -> FalseAlarms:
    """Counts the events that a score has in normal footage.

    Args:
        normal: For each stretch of it the surprises, `(n,)`.
        fps: Frames per second.
    """
    stretches: Sequence[np.ndarray] = list(normal)
    alarms = [
        Alarm("surprise", level, max(0.0, level - RELEASE_DROP)) for level in COUNTED_SURPRISES
    ]
    counts = [sum(len(alarm.events(values, fps)) for values in stretches) for alarm in alarms]
    return FalseAlarms(sum(map(len, stretches)) / fps / 3600, tuple(counts))


def _surprises(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Surprise]:
    return {
        name: Surprise(
            tuple(value["values"]),
            tuple(value["surprises"]),
            *(value["scale"], value["exceedances"], value["frames"]),
        )
        for name, value in stored.items()
    }
