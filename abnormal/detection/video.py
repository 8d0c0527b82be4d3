"""Scores one video with all models, and draws its plots, pictures and videos."""

import contextlib
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from abnormal.detection.job import Job
from abnormal.errors import AbnormalError, CannotWriteError, bug_text
from abnormal.evaluation.pixel_level import VideoPixels
from abnormal.inference.detector import Detector
from abnormal.inference.score_video import Wanted, score_video
from abnormal.inference.scored_video import ScoredVideo
from abnormal.inference.videos import InputVideo, ModelFrames
from abnormal.models.backend import is_out_of_memory, memory_advice
from abnormal.report.annotated import Annotation, write_annotated
from abnormal.report.chosen_frames import around_events, sparse
from abnormal.report.recording import record_panels
from abnormal.report.regularity import plot_regularity
from abnormal.report.tables import boxes_of, events_table, records
from abnormal.report.thumbnails import keep_thumbnails
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.localisation import DEFAULT_LOCALISER, LocalisedFrames, Sink
from abnormal.video.zone import read_zone

Tick = Callable[[int], None]
"""Receives 1 for each frame that is scored, and 1 for each frame that is drawn or passed over."""

# In one process a video is drawn while the next one is scored. Scoring two at the same time would
# not be faster, and all plots share the style that matplotlib keeps.
_SCORING_LOCK, _DRAWING_LOCK = threading.Lock(), threading.Lock()


@dataclass(frozen=True)
class ModelOutput:
    """The output of one model for a video.

    Attributes:
        video: The video with its scores.
        pixels: The pixels for the pixel-level metrics; empty if they are not wanted.
        runtime: Name of the runtime that computed the model.
    """

    video: ScoredVideo
    pixels: VideoPixels
    runtime: str


@dataclass(frozen=True)
class VideoResult:
    """The result of a video, in a form that can be sent to another machine.

    Attributes:
        outputs: The output of each model, by the name of the model.
        notes: What was wrong with the video.
        figure_error: Why plots, pictures and videos are not complete; None if they are.
    """

    outputs: Mapping[str, ModelOutput]
    notes: tuple[str, ...]
    figure_error: Exception | None


@dataclass(frozen=True)
class LeftOut:
    """A video that could not be scored.

    Attributes:
        problem: Why it could not be scored, in full sentences.
        details: The traceback if nobody expected the problem; otherwise empty.
    """

    problem: str
    details: str = ""


def score_and_draw(
    job: Job, detectors: Mapping[str, Detector], video: InputVideo, tick: Tick = lambda _: None
) -> VideoResult | LeftOut:
    """Scores a video with all models, and draws its plots, pictures and videos.

    Args:
        job: What is to be done.
        detectors: The models by name.
        video: The video.
        tick: Called for each frame. An error that it raises ends the work on the video.

    Returns:
        The result, or why there is none.

    Raises:
        AbnormalError: Something is wrong that concerns every other video, too, such as a full disk
            or too little memory.
    """
    with memory_advice("Close what else uses the memory."):
        try:
            with _SCORING_LOCK:
                outputs, notes = _score_all(job, detectors, video, tick)
        except (CannotWriteError, CancelledError):
            raise
        except (AbnormalError, OSError) as error:
            return LeftOut(str(error))
        except Exception as error:  # whatever is wrong with one video, the others are scored
            if is_out_of_memory(error):
                raise
            return LeftOut(bug_text(error), traceback.format_exc())
        figure_error = None
        if job.figures:
            try:
                with _DRAWING_LOCK:
                    _draw(job, detectors, video, outputs, tick)
            except Exception as error:  # the scores are kept even if a plot cannot be drawn
                figure_error = error
    return VideoResult(outputs, tuple(sorted(notes)), figure_error)


def _score_all(
    job: Job,
    detectors: Mapping[str, Detector],
    video: InputVideo,
    tick: Tick,
) -> tuple[dict[str, ModelOutput], set[str]]:
    """Returns the output of each model by its name, and what was wrong with the video."""
    masks = video.read_masks() if job.localiser else None
    ignored = read_zone(job.zone) if job.zone else None
    outputs, notes = {}, set()
    for name, detector in detectors.items():
        alarm = job.alarms[name]
        detector.require(alarm.score, video.camera)
        localiser = detector.localiser(job.localiser or DEFAULT_LOCALISER, video.camera)
        pixels = VideoPixels(localiser)
        sinks = [pixels.sink(masks)] if job.localiser else []
        scored, found = score_video(
            detector,
            video,
            Wanted(alarm, ignored, localiser),
            partial(_with_ticks, tick, 1),
            partial(_open_sink, job, name, _video_path(job, name, "anomalies", video), sinks),
        )
        outputs[name] = ModelOutput(scored, pixels, detector.runtime)
        notes.update(found)
    return outputs, notes


@contextlib.contextmanager
def _open_sink(
    job: Job, model: str, panels: Path, sinks: Iterable[Sink], opened: ModelFrames
) -> Iterator[Sink | None]:
    """Opens the sink that passes a video's frames on to all sinks; None if there are none."""
    with contextlib.ExitStack() as files:
        every = [*sinks]
        if job.figures:
            choose = partial(_with_panels, job, job.alarms[model], opened.fps)
            every.append(files.enter_context(record_panels(panels, opened, choose, job.panels)))

        def take(frames: LocalisedFrames) -> None:
            for sink in every:
                sink(frames)

        yield take if every else None


def _with_panels(
    job: Job, alarm: Alarm, fps: float, first: int, frames: LocalisedFrames
) -> np.ndarray:
    """Tells which of some frames have panels: all, or all of those that may belong to an event."""
    count = len(frames.frames)
    if not job.only_events or (frames.causal[alarm.score] > alarm.release).any():
        return np.ones(count, bool)
    return sparse(first, count, fps)


def _draw(
    job: Job,
    detectors: Mapping[str, Detector],
    video: InputVideo,
    outputs: Mapping[str, ModelOutput],
    tick: Tick,
) -> None:
    by_model = {name: output.video for name, output in outputs.items()}
    plot_regularity(by_model, job.alarms, _plot_path(job, video))
    for name, output in outputs.items():
        events = records(events_table(name, [output.video], [output.pixels], job.alarms[name]))
        thumbnails = job.output / "thumbnails" / job.folder(name)
        with video.open_frames(None, detectors[name].info.fps) as pictures:
            write_annotated(
                _video_path(job, name, "videos", video),
                keep_thumbnails(_with_ticks(tick, 1, pictures.frames), events, thumbnails),
                _annotation(job, output, job.alarms[name]),
            )


def _annotation(job: Job, output: ModelOutput, alarm: Alarm) -> Annotation:
    video = output.video
    boxes = boxes_of(video, output.pixels, alarm.score)
    every = np.ones(len(boxes), bool)
    return Annotation(
        video, alarm, boxes, around_events(video, alarm) if job.only_events else every
    )


def _with_ticks(tick: Tick, count: int, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Yields frames, and calls `tick` with `count` before each."""
    for frame in frames:
        tick(count)
        yield frame


def figure_paths(job: Job, video: InputVideo) -> list[Path]:
    """Returns the plot and the videos that are drawn of a video, without pictures of panels."""
    if not job.figures:
        return []
    kinds = ("anomalies", "videos")
    paths = [_video_path(job, model, kind, video) for model in job.alarms for kind in kinds]
    return [_plot_path(job, video), *paths]


def _plot_path(job: Job, video: InputVideo) -> Path:
    return job.output / "regularity" / f"{video.name}.{job.figures}"


def _video_path(job: Job, model: str, kind: str, video: InputVideo) -> Path:
    return job.output / kind / job.folder(model) / f"{video.name}.mp4"
