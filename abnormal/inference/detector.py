"""A trained model, ready to score videos."""

import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from abnormal.commands import command
from abnormal.errors import AbnormalError
from abnormal.inference.choice import open_runtime
from abnormal.inference.overlap import Overlap, make_overlap
from abnormal.inference.runtimes import Reconstruct
from abnormal.inference.score import TakePair, frame_scores, residuals
from abnormal.inference.scored_video import ScoredVideo
from abnormal.inference.stream import FrameScorer, ResidualStream
from abnormal.inference.videos import InputVideo
from abnormal.models.model_file import ModelInfo, TrainedModel, load_model
from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.calibration import RULE_OF_THREE, Calibration, Normality, read_calibration
from abnormal.scoring.local import LOCAL_SCORES, knows_place
from abnormal.scoring.localisation import DEFAULT_LOCALISER, Localiser, Sink
from abnormal.scoring.residual import SCORES
from abnormal.video.resample import resize

log = logging.getLogger(__name__)

OpenSink = Callable[[float], AbstractContextManager[Sink | None]]
"""From a video's frames per second to what takes its frames while it is scored."""


@dataclass(frozen=True)
class Detector:
    """A trained model on a runtime.

    Attributes:
        name: Of the model, for tables and figures.
        info: What is known about it.
        reconstruct: Its network.
        calibration: What its scores are on normal footage.
        runtime: Name of what computes it.
        overlap: Of its clips; None where they lie end to end.
    """

    name: str
    info: ModelInfo
    reconstruct: Reconstruct
    calibration: Calibration
    runtime: str = "keras"
    overlap: Overlap | None = None

    def alarm(
        self, score: str, threshold: float | None = None, per_hour: float | None = None
    ) -> Alarm:
        """When a score raises an alarm; see `Calibration.alarm`.

        A rate of false alarms that the normal footage is too short for is said in the log.

        Raises:
            AbnormalError: The score was not calibrated, and no threshold is given.
        """
        alarm = self.calibration.alarm(score, threshold, per_hour)
        if threshold is None and per_hour is not None:
            promised = self.calibration.promised_per_hour(score)
            if per_hour < promised:
                log.warning(
                    "%s was calibrated on %s of normal footage, which can promise at most %.3g "
                    "false alarms an hour; the threshold for %g is an extrapolation. Calibrate on "
                    f"more: `{command('train')} --calibrate FOLDER`",
                    *(self.name, _duration(RULE_OF_THREE / promised), promised, per_hour),
                )
        return alarm

    def demand(self, score: str, camera: str) -> None:
        """Makes sure that the model has a score for the footage of a camera.

        Raises:
            AbnormalError: There is no such score; or it knows the place, and the model is not
                calibrated for it or for this camera.
        """
        if not knows_place(score):
            if score not in SCORES:
                known = ", ".join((FUSED, *LOCAL_SCORES, *SCORES))
                raise AbnormalError(f"There is no score {score!r}. Expected one of: {known}.")
            return
        normality = self.demand_camera(camera)
        if score != FUSED and score not in normality.levels:
            raise AbnormalError(
                f"{self.name} is not calibrated for the score {score!r}, only for "
                f"{', '.join(normality.levels)}. Calibrate it again: "
                f"`{command('train')} --calibrate FOLDER` with normal footage."
            )

    def demand_camera(self, camera: str) -> Normality:
        """What is normal for a camera.

        Raises:
            AbnormalError: It is none of the cameras that the model is calibrated for.
        """
        known = self.calibration.cameras
        if not known:
            raise AbnormalError(
                f"{self.name} is not calibrated for scores that know the place. Calibrate it: "
                f"`{command('train')} --calibrate FOLDER` with normal footage."
            )
        normality = self.calibration.normality(camera)
        if normality is None:
            names = ", ".join(repr(name) for name in sorted(known))
            raise AbnormalError(
                f"{self.name} knows the cameras {names}, but not {camera!r}. Name one of them with "
                f"--camera, or calibrate it for this one: `{command('train')} --calibrate FOLDER`"
            )
        return normality

    def score(
        self,
        video: InputVideo,
        watch: Callable[[Iterable[np.ndarray]], Iterable[np.ndarray]] = iter,
        open_sink: OpenSink = lambda fps: contextlib.nullcontext(),
        localiser: Localiser = DEFAULT_LOCALISER,
        ignored: np.ndarray | None = None,
        score: str | None = None,
    ) -> tuple[ScoredVideo, list[str]]:
        """Scores every frame of a video.

        Args:
            video: Which.
            watch: Wraps the frames as they are read, to show progress.
            open_sink: Opens what is to take all frames with their anomalous pixels.
            localiser: How these are found.
            ignored: `(height, width)` bool at any size, True where nothing counts.
            score: The one score that is wanted, or None for all. What it does not need is not
                computed, unless there are labels to compare all scores by.

        Returns:
            The scores, and what was wrong with the video.

        Raises:
            AbnormalError: It cannot be read.
        """
        with (
            video.open_frames(self.info.size, self.info.fps) as opened,
            open_sink(opened.fps) as sink,
        ):
            take: TakePair | None = None
            if sink:

                def take(frames: np.ndarray, reconstruction: np.ndarray) -> None:
                    sink(localiser.localise(frames, reconstruction))

            labels = video.read_labels()
            normality = None
            if labels is not None or score is None or knows_place(score):
                normality = self.calibration.normality(video.camera)
            stream = ResidualStream(flow=normality is not None, ignored=self.at_size(ignored))
            scored = frame_scores(
                residuals(
                    watch(opened.frames),
                    self.reconstruct,
                    self.info.clip_length,
                    stream,
                    self.overlap,
                ),
                FrameScorer(opened.fps, normality, positions=self.calibration.positions),
                take,
            )
            result = ScoredVideo(
                name=video.name,
                fps=opened.fps,
                raw=scored.raw,
                causal=scored.causal,
                labels=labels,
                situation=video.situation,
                boxes=scored.boxes,
            )
            return result, opened.notes

    def at_size(self, mask: np.ndarray | None) -> np.ndarray | None:
        """A mask at the size of the model, True wherever it touches a pixel."""
        if mask is None:
            return None
        return resize(mask.astype(np.uint8), self.info.size, self.info.size) > 0


def open_detectors(
    paths: Sequence[Path], runtime: str, hop: int | None = None
) -> dict[str, Detector]:
    """Opens model files by name: the file's own, or its path where two have the same.

    Raises:
        AbnormalError: One of them is no model file, or is given twice.
    """
    if twice := [str(path) for path in paths if paths.count(path) > 1]:
        raise AbnormalError(f"{twice[0]} is given twice. Name each model once.")
    stems = [path.stem for path in paths]
    names = [path.stem if stems.count(path.stem) == 1 else str(path) for path in paths]
    return {
        name: open_detector(path, name, runtime, hop)
        for name, path in zip(names, paths, strict=True)
    }


def open_detector(path: Path, name: str, runtime: str, hop: int | None = None) -> Detector:
    """Opens a model file; see `detector_of`."""
    return detector_of(load_model(path), name, runtime, hop)


def detector_of(model: TrainedModel, name: str, runtime: str, hop: int | None = None) -> Detector:
    """Opens a model that has been read.

    Args:
        model: The model.
        name: For tables and figures.
        runtime: What computes it; see `abnormal.inference.choice.open_runtime`.
        hop: Frames from one clip to the next: with fewer a score comes sooner, at more cost. None,
            or at least a clip's length, for clips that lie end to end.
    """
    chosen, reconstruct = open_runtime(model, runtime)
    calibration = read_calibration(model.info.calibration, model.levels)
    overlap = None
    if hop is not None and hop < model.info.clip_length:
        overlap = make_overlap(model.network, chosen, hop)
    return Detector(name, model.info, reconstruct, calibration, chosen, overlap)


def _duration(hours: float) -> str:
    return f"{hours:.1f} hours" if hours >= 1 else f"{60 * hours:.1f} minutes"
