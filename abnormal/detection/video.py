"""One video is scored by all models, and its figures are drawn."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from abnormal.detection.job import Job
from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.evaluation.pixel_level import VideoPixels
from abnormal.inference.detector import Detector
from abnormal.inference.scored_video import ScoredVideo
from abnormal.inference.videos import InputVideo
from abnormal.models.backend import memory_advice
from abnormal.report.annotated import AnomalousPixels, write_annotated
from abnormal.report.recording import record_panels
from abnormal.report.regularity import plot_regularity
from abnormal.report.tables import events_table, records
from abnormal.report.thumbnails import keep_thumbnails
from abnormal.scoring.localisation import DEFAULT_LOCALISER, LocalisedFrames, Sink
from abnormal.video.zone import read_zone

Tick = Callable[[int], None]
"""Is told how many more frames are scored, and with 0 that figures are being drawn."""

# In one process a video is drawn while the next one is scored. Two could not be scored at a time
# any faster, and plots share the style that matplotlib keeps.
_SCORING, _DRAWING = threading.Lock(), threading.Lock()


@dataclass(frozen=True)
class ModelOutput:
    """What one model makes of a video.

    Attributes:
        video: The scores.
        pixels: What was found in each frame, for the figures; empty where nobody asked for it.
        runtime: Name of what computed the model.
    """

    video: ScoredVideo
    pixels: VideoPixels
    runtime: str


@dataclass(frozen=True)
class VideoResult:
    """What came of a video; small enough to be sent from one machine to another.

    Attributes:
        outputs: By the name of the model.
        notes: What was odd about the video.
        figure_error: Why its figures are not complete; None where they are.
    """

    outputs: Mapping[str, ModelOutput]
    notes: tuple[str, ...]
    figure_error: Exception | None


@dataclass(frozen=True)
class LeftOut:
    """A video that could not be scored, and why."""

    problem: str


def score_and_draw(
    job: Job, detectors: Mapping[str, Detector], video: InputVideo, tick: Tick = lambda _: None
) -> VideoResult | LeftOut:
    """Scores a video with all models and draws its figures.

    Args:
        job: What is to be done.
        detectors: The models by name.
        video: The video.
        tick: Is told about each frame; what it raises ends the work on the video.

    Raises:
        AbnormalError: What would happen to every other video, too: no room on the disk or in the
            memory.
    """
    anomalous = {name: AnomalousPixels() for name in detectors}
    with memory_advice("Close what else uses the memory."):
        try:
            with _SCORING:
                outputs, notes = _score_all(job, detectors, video, anomalous, tick)
        except CannotWriteError:
            raise
        except AbnormalError as error:
            return LeftOut(str(error))
        figure_error = None
        if job.figures:
            try:
                with _DRAWING:
                    _draw(job, detectors, video, outputs, anomalous, tick)
            except Exception as error:  # the scores are worth more than a figure
                figure_error = error
    return VideoResult(outputs, tuple(sorted(notes)), figure_error)


def _score_all(
    job: Job,
    detectors: Mapping[str, Detector],
    video: InputVideo,
    anomalous: Mapping[str, AnomalousPixels],
    tick: Tick,
) -> tuple[dict[str, ModelOutput], set[str]]:
    masks = video.read_masks() if job.localiser else None
    ignored = read_zone(job.zone) if job.zone else None
    outputs, notes = {}, set()
    for name, detector in detectors.items():
        score = job.alarms[name].score
        detector.demand(score, video.camera)
        localiser = job.localiser or DEFAULT_LOCALISER
        pixels = VideoPixels(localiser)
        sinks = [pixels.sink(masks)] if job.localiser else []
        sinks += [anomalous[name].add] if job.figures else []
        scored, found = detector.score(
            video,
            partial(_ticking, tick, 1),
            partial(_open_sink, job, _figure(job, name, "anomalies", video), sinks),
            localiser,
            ignored,
            score,
        )
        outputs[name] = ModelOutput(scored, pixels, detector.runtime)
        notes.update(found)
    return outputs, notes


@contextlib.contextmanager
def _open_sink(job: Job, panels: Path, sinks: Iterable[Sink], fps: float) -> Iterator[Sink | None]:
    """Opens what takes a video's frames while it is scored; None where nothing does."""
    with contextlib.ExitStack() as files:
        takers = [*sinks]
        if job.figures:
            takers.append(files.enter_context(record_panels(panels, fps, job.panels)))

        def take(frames: LocalisedFrames) -> None:
            for taker in takers:
                taker(frames)

        yield take if takers else None


def _draw(
    job: Job,
    detectors: Mapping[str, Detector],
    video: InputVideo,
    outputs: Mapping[str, ModelOutput],
    anomalous: Mapping[str, AnomalousPixels],
    tick: Tick,
) -> None:
    by_model = {name: output.video for name, output in outputs.items()}
    plot = job.output / "regularity" / f"{video.name}.{job.figures}"
    plot_regularity(by_model, job.alarms, plot)
    for name, output in outputs.items():
        events = records(events_table(name, [output.video], [output.pixels], job.alarms[name]))
        thumbnails = job.output / "thumbnails" / job.folder(name)
        with video.open_frames(None, detectors[name].info.fps) as pictures:
            write_annotated(
                _figure(job, name, "videos", video),
                keep_thumbnails(_ticking(tick, 0, pictures.frames), events, thumbnails),
                output.video,
                job.alarms[name],
                anomalous[name],
            )


def _ticking(tick: Tick, count: int, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    for frame in frames:
        tick(count)
        yield frame


def _figure(job: Job, model: str, kind: str, video: InputVideo) -> Path:
    return job.output / kind / job.folder(model) / f"{video.name}.mp4"
