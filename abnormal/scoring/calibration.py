"""Calibration: the distribution of a model's scores on normal footage sets its alarms."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from abnormal.scoring.alarm import Alarm, require_usable
from abnormal.scoring.dismissal import Dismissal, read_dismissals, stack_levels
from abnormal.scoring.false_alarms import FalseAlarms
from abnormal.scoring.normality import BACKGROUND, Normality, read_normality
from abnormal.scoring.pools import Pool, combine, read_pool, read_surprises
from abnormal.scoring.rate_check import RateCheck
from abnormal.scoring.regime_names import camera_of
from abnormal.scoring.residual import SCORES
from abnormal.scoring.surprise import Surprise

ALARM_SURPRISE = 2.0
"""Surprise above which there is an alarm by default. One normal frame in a hundred reaches it."""


@dataclass(frozen=True)
class Calibration:
    """What was learnt about a model's scores from normal footage.

    Attributes:
        surprises: For each score that is not local, the distribution of its values.
        false_alarms: For each score, the false alarms that it raised.
        cameras: For each camera's name, what the local scores learnt about it. Further regimes of a
            camera have the names that `regime_name` gives.
        frames: Number of normal frames in all.
        videos: Names of the normal videos.
        held_out: Whether there were videos that the network had not been trained on.
        dismissed: Events that the user has dismissed as false alarms, and that are normal since,
            the oldest first; see `with_dismissed`.
        positions: For each reconstruction error, its usual size at each position in a clip, as a
            multiple of the mean over all positions. A recurrent network reconstructs the first
            frames of a clip worse than the others.
        rate_check: How often held-out normal footage raised alarms with `fused`; None in models of
            older versions.
        exams: For each camera's name and each kind of trial, how many of its trials the model has
            found and how many there were; see `abnormal.inference.exam`.
        box_thresholds: For each camera's name the `box_threshold` above which one normal frame in a
            hundred has any pixel; empty in models of older versions. See `Localiser`.
        pools: What the thresholds of each camera follow from, and together those of all cameras, so
            that one camera can be calibrated again; empty if there is a single part.
    """

    surprises: dict[str, Surprise]
    false_alarms: dict[str, FalseAlarms]
    cameras: dict[str, Normality]
    frames: int
    videos: tuple[str, ...]
    held_out: bool
    dismissed: tuple[Dismissal, ...] = field(default=())
    positions: dict[str, tuple[float, ...]] = field(default_factory=dict)
    rate_check: RateCheck | None = None
    exams: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)
    box_thresholds: dict[str, float] = field(default_factory=dict)
    pools: tuple[Pool, ...] = ()

    @property
    def camera_names(self) -> list[str]:
        """Names of the cameras that the model knows, whatever their regimes."""
        return list(dict.fromkeys(map(camera_of, self.cameras)))

    def regimes(self, camera: str) -> list[str]:
        """Returns the names in `cameras` of all regimes of a camera, such as day and night.

        A model that knows a single camera takes every unknown camera for that one.

        Args:
            camera: Name by which the model knows the camera.

        Returns:
            The regime with the most footage first; empty if the model does not know the camera.
        """
        known = self.camera_names
        if camera not in known and len(known) == 1:
            (camera,) = known
        return [name for name in self.cameras if camera_of(name) == camera]

    @property
    def arrays(self) -> dict[str, dict[str, np.ndarray]]:
        """For each camera's name, what a model file keeps as arrays and apart from `as_dict`.

        These are the levels that were learnt under the names of their scores, `(rows, columns)`
        float32 above 0; what the dismissals of the camera ask for, see `stack_levels`; and the
        background under `BACKGROUND`, `(size, size)` uint8.
        """
        return {
            name: (learnt := camera.learnt or camera.levels)
            | stack_levels(learnt, self._dismissed_of(name))
            | ({} if camera.background is None else {BACKGROUND: camera.background})
            for name, camera in self.cameras.items()
        }

    @property
    def all_pools(self) -> tuple[Pool, ...]:
        """The parts that what all cameras share consists of; it may be a single one."""
        return self.pools or (self._shared,)

    def with_dismissed(self, dismissed: Iterable[Dismissal]) -> "Calibration":
        """Returns the calibration with these dismissals instead of those that it has.

        The normal levels of each camera are then the largest of those that were learnt and those
        that its dismissals ask for.
        """
        changed = dataclasses.replace(self, dismissed=tuple(dismissed))
        cameras = {
            name: camera.with_dismissed(changed._dismissed_of(name))
            for name, camera in self.cameras.items()
        }
        return dataclasses.replace(changed, cameras=cameras)

    def _dismissed_of(self, camera: str) -> list[Dismissal]:
        return [dismissal for dismissal in self.dismissed if dismissal.camera == camera]

    def normality(self, camera: str) -> Normality | None:
        """Returns what is normal for a camera in its first regime; see `regimes`.

        Args:
            camera: Name by which the model knows the camera, or name of one of its regimes.

        Returns:
            None if the model does not know the camera.
        """
        if camera != camera_of(camera):
            return self.cameras.get(camera)
        return next((self.cameras[name] for name in self.regimes(camera)), None)

    def alarm(
        self, score: str, threshold: float | None = None, per_hour: float | None = None
    ) -> Alarm:
        """Returns the alarm of a score.

        If a rate is asked for and the model knows several cameras, each has a threshold of its own,
        which is chosen from its own footage. As far as that is too short to guarantee the rate,
        footage of all cameras stands for what is missing.

        Args:
            score: Name of the score.
            threshold: Score above which there is an alarm; None to take it from the calibration.
            per_hour: Number of false alarms per hour to expect at most, above 0; None for a
                threshold that one normal frame in a hundred reaches.

        Raises:
            AbnormalError: The score was not calibrated, and no threshold is given; or the threshold
                is not finite, or the rate not above 0.
        """
        require_usable(threshold, per_hour)
        if threshold is None and per_hour is not None:
            shared = self._shared.alarm(score, per_hour)
            pools = self._extended_pools(score, per_hour)
            own = {camera: pool.alarm(score, per_hour) for camera, pool in pools.items()}
            cameras = {name: own.get(name, shared) for name in self.camera_names} if own else {}
            return dataclasses.replace(shared, cameras=cameras)
        threshold = self.threshold(score) if threshold is None else threshold
        return Alarm(score, threshold, self._shared.release(score, threshold))

    def threshold(self, score: str, per_hour: float | None = None) -> float:
        """Returns the threshold of all cameras; see `alarm`, which has that of each, too.

        Raises:
            AbnormalError: The score was not calibrated.
        """
        if per_hour is None:
            return self._shared.score_at(score, ALARM_SURPRISE)
        return self._shared.alarm(score, per_hour).threshold

    def lowest_rate_per_hour(self, score: str) -> float:
        """Returns the lowest rate of false alarms that the normal footage can guarantee.

        Raises:
            AbnormalError: The score was not calibrated.
        """
        return self._shared.false_alarms_of(score).lowest_rate_per_hour

    def too_short(self, score: str, per_hour: float) -> list[str]:
        """Names the cameras whose own footage cannot guarantee a rate, if all of it together can.

        Args:
            score: Name of the score.
            per_hour: Number of false alarms per hour, above 0.

        Raises:
            AbnormalError: The score was not calibrated.
        """
        if self._shared.false_alarms_of(score).missing_hours(per_hour):
            return []
        return [
            camera
            for camera, pool in self._pools_of_cameras(score).items()
            if pool.false_alarms[score].missing_hours(per_hour)
        ]

    def not_counted(self, score: str, per_hour: float) -> list[str]:
        """Names the cameras for whose thresholds no false alarms were counted.

        Args:
            score: Name of the score.
            per_hour: Rate of false alarms that the thresholds are chosen for, above 0.

        Returns:
            The names of the cameras; an empty name if one threshold holds for all of them.

        Raises:
            AbnormalError: The score was not calibrated.
        """
        pools = self._extended_pools(score, per_hour) or {"": self._shared}
        return [
            camera
            for camera, pool in pools.items()
            if not pool.false_alarms_of(score).is_counted(per_hour)
        ]

    def _extended_pools(self, score: str, per_hour: float) -> dict[str, Pool]:
        """Returns the pool of each camera, extended by usual footage where it is too short."""
        return {
            camera: pool.extended(self._shared, score, per_hour)
            for camera, pool in self._pools_of_cameras(score).items()
        }

    def _pools_of_cameras(self, score: str) -> dict[str, Pool]:
        """Returns the pool of each camera's own footage; empty if the model knows a single camera.

        Cameras that an older version did not tell apart, or that do not know the score, are left
        out.
        """
        found = {}
        for camera in self.camera_names if len(self.camera_names) > 1 else ():
            pools = [pool for pool in self.pools if {*map(camera_of, pool.cameras)} == {camera}]
            if pools and not any(pool.is_mixed for pool in pools):
                found[camera] = combine(pools)
        return {camera: pool for camera, pool in found.items() if pool.knows(score)}

    @property
    def _shared(self) -> Pool:
        """What all cameras share."""
        return Pool(
            tuple(self.cameras),
            *(self.surprises, self.false_alarms, self.frames, self.videos),
            *(self.held_out, self.rate_check),
        )

    def as_dict(self) -> dict[str, Any]:
        """Returns all but the arrays, as a model file stores it in JSON."""
        cameras = {
            name: {key: dataclasses.asdict(value) for key, value in camera.surprises.items()}
            for name, camera in self.cameras.items()
        }
        corrections = {name: camera.correction for name, camera in self.cameras.items()}
        return dataclasses.asdict(dataclasses.replace(self, cameras={}, dismissed=())) | {
            "cameras": cameras,
            "corrections": corrections,
            "dismissed": [dict(dismissal.entry) for dismissal in self.dismissed],
            "several_views": [n for n, camera in self.cameras.items() if not camera.is_one_view],
        }


def read_calibration(
    stored: Mapping[str, Any], arrays: Mapping[str, Mapping[str, np.ndarray]]
) -> Calibration:
    """Reads a calibration as a model file stores it.

    A model has those local scores that it was calibrated for and that this version of the program
    knows. It does without the others.

    Args:
        stored: The value of `Calibration.as_dict`; empty if the model is not calibrated.
        arrays: For each camera's name what `Calibration.arrays` has.
    """
    corrections = stored.get("corrections", {})
    cameras = {
        name: dataclasses.replace(
            normality,
            correction=corrections.get(name, 0.0),
            is_one_view=name not in stored.get("several_views", ()),
        )
        for name, surprises in stored.get("cameras", {}).items()
        if (normality := read_normality(arrays[name], read_surprises(surprises)))
    }
    shared = read_pool({**stored, "cameras": tuple(cameras)})
    calibration = Calibration(
        *(shared.surprises, shared.false_alarms, cameras, shared.frames, shared.videos),
        held_out=shared.held_out,
        positions={
            name: tuple(value)
            for name, value in stored.get("positions", {}).items()
            if name in SCORES
        },
        rate_check=shared.rate_check,
        exams={
            camera: {kind: (found, trials) for kind, (found, trials) in exam.items()}
            for camera, exam in stored.get("exams", {}).items()
        },
        box_thresholds=dict(stored.get("box_thresholds", {})),
        pools=tuple(map(read_pool, stored.get("pools", ()))),
    )
    return calibration.with_dismissed(read_dismissals(stored.get("dismissed", ()), arrays))


def describe_rate_check(calibration: Calibration) -> str:
    """Says how often normal footage raised alarms, and whether the model has learnt from it."""
    learnt = " held out" if calibration.held_out else ", all of it known to the network"
    for pool in calibration.all_pools:
        if pool.is_judged_by_itself:
            of_camera = f" in the case of {pool.cameras[0]}" if any(pool.cameras) else ""
            learnt = f", judged{of_camera} by what was learnt from it"
            break
    return f"normal footage{learnt}: {calibration.rate_check}"


def describe_exam(results: Mapping[str, Sequence[int]]) -> str:
    """Says what a camera has found of its trials; see `Calibration.exams`."""
    found = [f"{kind} {count} of {trials}" for kind, (count, trials) in results.items()]
    return f"of its own things, made unusual, it finds: {', '.join(found)}"
