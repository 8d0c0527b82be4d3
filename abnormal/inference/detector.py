"""A trained model on a runtime, and what it can say about its scores and cameras."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from abnormal.commands import calibrate_command
from abnormal.errors import AbnormalError
from abnormal.inference.choice import open_runtime
from abnormal.inference.overlap import Overlap, make_overlap
from abnormal.inference.runtimes import Reconstruct
from abnormal.inference.still import StillClips
from abnormal.inference.stored_calibration import calibration_of
from abnormal.models.model import ModelInfo, TrainedModel
from abnormal.models.model_file import read_model
from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm, describe_thresholds
from abnormal.scoring.calibration import ALARM_SURPRISE, Calibration
from abnormal.scoring.false_alarms import COUNTED_SURPRISES, RULE_OF_THREE
from abnormal.scoring.local import LOCAL_SCORES, is_local
from abnormal.scoring.localisation import (
    BOX_SIZE,
    BOX_THRESHOLD,
    Localiser,
)
from abnormal.scoring.normality import Normality
from abnormal.scoring.regime_names import camera_of
from abnormal.scoring.residual import SCORES
from abnormal.video.resample import resize

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Detector:
    """A trained model on a runtime.

    Attributes:
        name: Name of the model, for tables and plots.
        info: Description of the model, as it is in the model file.
        reconstruct: The network, on the runtime.
        calibration: What was learnt about the scores from normal footage.
        runtime: Name of the runtime that computes the network.
        overlap: How clips overlap; None if each begins where the last one ends.
        exact: Whether the network runs on each clip, also if it shows nothing new.
        path: The model file.
    """

    name: str
    info: ModelInfo
    reconstruct: Reconstruct
    calibration: Calibration
    runtime: str = "keras"
    overlap: Overlap | None = None
    exact: bool = False
    path: Path = Path()

    def alarm(
        self, score: str, threshold: float | None = None, per_hour: float | None = None
    ) -> Alarm:
        """Returns the alarm of a score; see `Calibration.alarm` for the arguments.

        Warnings tell if the normal footage is too short to guarantee the rate of false alarms, and
        which scores cannot raise an alarm at the threshold that was asked for.

        Raises:
            AbnormalError: The score was not calibrated, and no threshold is given.
        """
        alarm = self.calibration.alarm(score, threshold, per_hour)
        if threshold is None and per_hour is not None:
            self._warn_of_extrapolation(score, per_hour)
        if score == FUSED:
            self._warn_of_silent_scores(alarm)
        return alarm

    def _warn_of_extrapolation(self, score: str, per_hour: float) -> None:
        """Warns if the normal footage cannot tell which threshold belongs to a rate."""
        lowest = self.calibration.lowest_rate_per_hour(score)
        if per_hour < lowest:
            log.warning(
                "%s was calibrated on %s of normal footage, which cannot promise fewer than "
                "%.3g false alarms an hour; the threshold for %g is an extrapolation. "
                "Calibrate on more: `%s`",
                *(self.name, _duration(RULE_OF_THREE / lowest), lowest, per_hour),
                calibrate_command(self.path),
            )
        elif cameras := self.calibration.not_counted(score, per_hour):
            log.warning(
                "The normal footage of %s has so much that is far from usual that the threshold "
                "for %g false alarms an hour is an extrapolation: alarms were counted up to a "
                "surprise of %g. Take out what is not normal, or calibrate on more: `%s`",
                *(_with_cameras(self.name, cameras), per_hour, COUNTED_SURPRISES[-1]),
                calibrate_command(self.path),
            )
        if cameras := self.calibration.too_short(score, per_hour):
            log.warning(
                "%s has less than %s of normal footage, which cannot promise %g false alarms an "
                "hour of a camera; where it is too short, the camera is taken for a usual one. "
                "Calibrate it on more: `%s`",
                *(_with_cameras(self.name, cameras), _duration(RULE_OF_THREE / per_hour)),
                *(per_hour, calibrate_command(self.path)),
            )

    def _warn_of_silent_scores(self, alarm: Alarm) -> None:
        """Warns of the scores that cannot raise an alarm, because too little footage backs them.

        At the default threshold that is so with any short footage, and nobody has chosen it.
        """
        cameras = defaultdict[tuple[str, ...], list[str]](list)
        for camera, normality in self.calibration.cameras.items():
            threshold = alarm.for_camera(camera_of(camera)).threshold
            if threshold > ALARM_SURPRISE and (names := normality.silent_scores(threshold)):
                cameras[names].append(camera.strip())
        if not cameras:
            return
        is_same = [len(self.calibration.cameras)] == [len(of) for of in cameras.values()]
        scores = [
            ", ".join(names) + ("" if is_same else f" (camera {', '.join(of)})")
            for names, of in cameras.items()
        ]
        log.warning(
            "At a threshold of %s, some scores cannot raise an alarm by %s, because there is too "
            "little normal footage for them: %s. Calibrate on more (`%s`), or allow more false "
            "alarms",
            describe_thresholds(alarm.threshold, alarm.thresholds),
            *(self.name, "; ".join(scores), calibrate_command(self.path)),
        )

    def require(self, score: str, camera: str) -> None:
        """Makes sure that the model has a score for the footage of a camera.

        Args:
            score: Name of the score.
            camera: Name by which the model knows the camera; empty if that is not known.

        Raises:
            AbnormalError: There is no score of that name; or it is a local score, and the model is
                not calibrated for it or for this camera.
        """
        if not is_local(score):
            if score not in SCORES:
                known = ", ".join((FUSED, *LOCAL_SCORES, *SCORES))
                raise AbnormalError(f"There is no score {score!r}. Expected one of: {known}.")
            return
        normality = self.require_camera(camera)
        if score != FUSED and score not in normality.levels:
            raise AbnormalError(
                f"{self.name} is not calibrated for the score {score!r}, only for "
                f"{', '.join(normality.levels)}. Calibrate it again: "
                f"`{calibrate_command(self.path)}` with normal footage."
            )

    def require_camera(self, camera: str) -> Normality:
        """Returns what is normal for a camera; see `Calibration.normality`.

        Raises:
            AbnormalError: The model is not calibrated for the camera.
        """
        known = self.calibration.cameras
        if not known:
            raise AbnormalError(
                f"{self.name} is not calibrated for scores that compare each place in the picture "
                "with what is normal there. Calibrate it: "
                f"`{calibrate_command(self.path)}` with normal footage."
            )
        normality = self.calibration.normality(camera)
        if normality is None or camera != camera_of(camera):  # one of its regimes is no camera
            names = ", ".join(repr(name) for name in sorted(self.calibration.camera_names))
            raise AbnormalError(
                f"{self.name} knows the cameras {names}, but not {camera!r}. Name one of them with "
                "--camera, or calibrate it for this one: "
                f"`{calibrate_command(self.path, camera)}`"
            )
        return normality

    def note_on_camera(self, camera: str) -> str:
        """Says that another camera's normality is used for one of this name; empty if it is not.

        Args:
            camera: Name of the camera; empty if that is not known.
        """
        known = self.calibration.camera_names
        if not camera or len(known) != 1 or known[0] in ("", camera):
            return ""
        return (
            f"{self.name} knows the camera {known[0]!r} alone, which {camera!r} is taken for; if "
            f"it is another one: `{calibrate_command(self.path, camera)}`"
        )

    def localiser(self, asked: Localiser, camera: str) -> Localiser:
        """Returns a localiser with the threshold that a camera was calibrated for, if asked for.

        Args:
            asked: Any localiser.
            camera: Name by which the model knows the camera; empty if that is not known.

        Raises:
            AbnormalError: The model was not calibrated for this, or has another size of box.
        """
        if asked.box_threshold is not None:
            return asked
        known = self.calibration.box_thresholds
        if len(known) == len(self.calibration.camera_names) == 1:
            (camera,) = known
        if camera not in known or asked.box_size != BOX_SIZE:
            raise AbnormalError(
                f"{self.name} has no --box-threshold auto for boxes of {asked.box_size} pixels"
                f"{f' of camera {camera}' if camera else ''}. Calibrate it again: "
                f"`{calibrate_command(self.path)}` with normal footage, and leave the "
                f"--box-size at {BOX_SIZE}; or give a number, such as {BOX_THRESHOLD:g}."
            )
        return asked._replace(box_threshold=known[camera])

    def regimes(self, camera: str) -> list[Normality]:
        """Returns what is normal for a camera in each of its regimes; see `Calibration.regimes`."""
        known = self.calibration
        return [known.cameras[name] for name in known.regimes(camera)]

    def still_clips(self) -> StillClips | None:
        """Returns what tells, for one video, which clips need no network; None if all need it.

        Clips that overlap share the computation on single frames instead.
        """
        return None if self.exact or self.overlap else StillClips(self.info.fps)

    def at_size(self, mask: np.ndarray | None) -> np.ndarray | None:
        """Resizes a mask to the frames of the model.

        Args:
            mask: `(height, width)` bool of any size; None if there is none.

        Returns:
            `(size, size)` bool, True for each pixel that the mask touches; None if there is no
            mask.
        """
        if mask is None:
            return None
        # In whole numbers, the mean over an area would be rounded: to 0, or by the scaler even up.
        return resize(mask.astype(np.float32), self.info.size, self.info.size) > 0


def open_detectors(
    paths: Sequence[Path], runtime: str, hop: int | None = None, exact: bool = False
) -> dict[str, Detector]:
    """Opens several models, to compare them on the same videos.

    Args:
        paths: The model files.
        runtime: Name of a runtime; see `abnormal.inference.choice.open_runtime`.
        hop: Frames from the start of one clip to the start of the next; see `detector_of`.
        exact: Whether the network runs on each clip; see `detector_of`.

    Returns:
        The models by name. The name is that of the file without its ending, or the path if two
        files have the same name.

    Raises:
        AbnormalError: One of them is not a model file, or is given twice.
    """
    if twice := [str(path) for path in paths if paths.count(path) > 1]:
        raise AbnormalError(f"{twice[0]} is given twice. Name each model once.")
    stems = [path.stem for path in paths]
    names = [path.stem if stems.count(path.stem) == 1 else str(path) for path in paths]
    return {
        name: open_detector(path, name, runtime, hop, exact)
        for name, path in zip(names, paths, strict=True)
    }


def open_detector(
    path: Path, name: str, runtime: str, hop: int | None = None, exact: bool = False
) -> Detector:
    """Opens a model file; see `detector_of`."""
    return detector_of(read_model(path), name, runtime, hop, exact)


def detector_of(
    model: TrainedModel, name: str, runtime: str, hop: int | None = None, exact: bool = False
) -> Detector:
    """Makes a detector of a model that has been loaded.

    Args:
        model: The model.
        name: Name of the model, for tables and plots.
        runtime: Name of a runtime; see `abnormal.inference.choice.open_runtime`.
        hop: Frames from the start of one clip to the start of the next. With fewer frames, scores
            are known sooner, at a higher cost. With None, or with a clip's length or more, each
            clip begins where the last one ends.
        exact: Whether the network runs on each clip, also if it shows nothing new; see
            `abnormal.inference.still`.
    """
    chosen, reconstruct = open_runtime(model, runtime)
    calibration = calibration_of(model)
    overlap = None
    if hop is not None and hop < model.info.clip_length:
        overlap = Overlap(hop, None)  # how to split a network of one's own is not known
        if not model.info.is_own:
            overlap = make_overlap(model.lazy_network, chosen, hop, model.info.clip_length)
    return Detector(name, model.info, reconstruct, calibration, chosen, overlap, exact, model.path)


def _with_cameras(model: str, cameras: Sequence[str]) -> str:
    """Names a model and some of its cameras, such as `street (camera gate, lobby)`."""
    names = ", ".join(filter(None, cameras))
    return f"{model} (camera {names})" if names else model


def _duration(hours: float) -> str:
    return f"{hours:.1f} hours" if hours >= 1 else f"{60 * hours:.1f} minutes"
