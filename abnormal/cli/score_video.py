"""One video is scored by all models, and its figures are drawn."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from abnormal.cli.asked import read_zone
from abnormal.cli.score_job import ScoreJob
from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.evaluation.pixel_level import VideoPixels
from abnormal.inference.detector import Detector
from abnormal.inference.score import ScoredVideo
from abnormal.inference.videos import TestVideo
from abnormal.models.backend import memory_advice
from abnormal.report.annotated import AnomalousPixels, write_annotated
from abnormal.report.recording import record_panels
from abnormal.report.regularity import plot_regularity
from abnormal.report.tables import events_table, records
from abnormal.report.thumbnails import keep_thumbnails
from abnormal.scoring.calibration import FUSED
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.localisation import LocalisedFrames, Sink

Tick = Callable[[int], None]
"""Is told how many frames more are scored, and again as figures are drawn, with 0."""

# In one process a video is drawn while the next one is scored. Two could not be scored at a time
# any faster, and plots share the style that matplotlib keeps.
_SCORING, _DRAWING = threading.Lock(), threading.Lock()


@dataclass(frozen=True)
class Seen:
    """A video as a model sees it.

    Attributes:
        video: Its scores.
        pixels: Its pixels, for the figures.
        runtime: What computed the model.
    """

    video: ScoredVideo
    pixels: VideoPixels
    runtime: str


@dataclass(frozen=True)
class VideoResult:
    """What came of a video; small enough to be sent from one machine to another.

    Attributes:
        seen: By the name of the model.
        notes: What was odd about the video.
        figure_error: Why its figures are not complete; None where they are.
    """

    seen: Mapping[str, Seen]
    notes: tuple[str, ...]
    figure_error: Exception | None


@dataclass(frozen=True)
class LeftOut:
    """A video that could not be scored, and why."""

    problem: str


def score_and_draw(
    job: ScoreJob, detectors: Mapping[str, Detector], video: TestVideo, tick: Tick = lambda _: None
) -> VideoResult | LeftOut:
    """Scores a video with all models and draws its figures.

    Args:
        job: What is asked.
        detectors: The models.
        video: Which.
        tick: Is told about each frame.

    Raises:
        AbnormalError: What would happen to every other video, too: no room on the disk or in the
            memory.
    """
    anomalous = {name: AnomalousPixels() for name in detectors}
    with memory_advice("Close what else uses the memory."):
        try:
            with _SCORING:
                seen, notes = _score_all(job, detectors, video, anomalous, tick)
        except CannotWriteError:
            raise
        except AbnormalError as error:
            return LeftOut(str(error))
        figure_error = None
        if job.figures:
            try:
                with _DRAWING:
                    _draw(job, detectors, video, seen, anomalous, tick)
            except Exception as error:  # the scores are worth more than a figure
                figure_error = error
    return VideoResult(seen, tuple(sorted(notes)), figure_error)


def _score_all(
    job: ScoreJob,
    detectors: Mapping[str, Detector],
    video: TestVideo,
    anomalous: Mapping[str, AnomalousPixels],
    tick: Tick,
) -> tuple[dict[str, Seen], set[str]]:
    masks = video.read_masks()
    ignored = read_zone(job.zone) if job.zone else None
    seen, notes = {}, set()
    for name, detector in detectors.items():
        if job.score in (FUSED, *LOCAL_SCORES):
            detector.demand_camera(video.camera)
        pixels = VideoPixels(job.localiser)
        sinks = [pixels.sink(masks), *([anomalous[name].add] if job.figures else [])]
        scored, found = detector.score(
            video,
            partial(_ticking, tick, 1),
            partial(_open_sink, job, _figure(job, name, "anomalies", video), sinks),
            job.localiser,
            ignored,
            job.score,
        )
        seen[name] = Seen(scored, pixels, detector.runtime)
        notes.update(found)
    return seen, notes


@contextlib.contextmanager
def _open_sink(job: ScoreJob, panels: Path, sinks: Iterable[Sink], fps: float) -> Iterator[Sink]:
    """Opens what takes a video's frames while it is scored."""
    with contextlib.ExitStack() as files:
        takers = [*sinks]
        if job.figures:
            takers.append(files.enter_context(record_panels(panels, fps, job.panels)))

        def take(seen: LocalisedFrames) -> None:
            for taker in takers:
                taker(seen)

        yield take


def _draw(
    job: ScoreJob,
    detectors: Mapping[str, Detector],
    video: TestVideo,
    seen: Mapping[str, Seen],
    anomalous: Mapping[str, AnomalousPixels],
    tick: Tick,
) -> None:
    by_model = {name: of_model.video for name, of_model in seen.items()}
    path = job.output / "regularity" / f"{video.name}.{job.figures}"
    plot_regularity(by_model, job.score, job.thresholds, path)
    for name, of_model in seen.items():
        alarm = job.score, job.thresholds[name], job.releases[name]
        events = records(events_table(name, [of_model.video], [of_model.pixels], *alarm))
        thumbnails = job.output / "thumbnails" / job.folders[name]
        with video.open_frames(None, detectors[name].info.fps) as pictures:
            write_annotated(
                _figure(job, name, "videos", video),
                keep_thumbnails(_ticking(tick, 0, pictures.frames), events, thumbnails),
                of_model.video,
                job.score,
                job.thresholds[name],
                anomalous[name],
            )


def _ticking(tick: Tick, count: int, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    for frame in frames:
        tick(count)
        yield frame


def _figure(job: ScoreJob, model: str, kind: str, video: TestVideo) -> Path:
    return job.output / kind / job.folders[model] / f"{video.name}.mp4"
