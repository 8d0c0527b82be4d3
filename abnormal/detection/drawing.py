"""Draws the plots, pictures and videos of one video.

It is imported where something is drawn, because the libraries that draw take long to import.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial

import numpy as np

from abnormal.detection.job import Job
from abnormal.detection.tick import Tick, with_ticks
from abnormal.detection.video_result import ModelOutput
from abnormal.inference.detector import Detector
from abnormal.inference.videos import InputVideo, ModelFrames
from abnormal.report.annotated import Annotation, write_annotated
from abnormal.report.chosen_frames import around_events, sparse
from abnormal.report.recording import record_panels
from abnormal.report.regularity import plot_regularity
from abnormal.report.tables import boxes_of, events_table, records
from abnormal.report.thumbnails import keep_thumbnails
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.localisation import LocalisedFrames, Sink


def open_panels(
    job: Job, model: str, video: InputVideo, opened: ModelFrames
) -> AbstractContextManager[Sink]:
    """Opens the sink that draws the panels of a model for a video."""
    choose = partial(_with_panels, job, job.alarms[model].for_camera(video.camera), opened.fps)
    path = job.video_path(model, "anomalies", video.name)
    return record_panels(path, opened, choose, job.panels)


def _with_panels(
    job: Job, alarm: Alarm, fps: float, first: int, frames: LocalisedFrames
) -> np.ndarray:
    """Tells which of some frames have panels: all, or all of those that may belong to an event."""
    count = len(frames.frames)
    if not job.only_events or (frames.causal[alarm.score] > alarm.release).any():
        return np.ones(count, bool)
    return sparse(first, count, fps)


def draw_video(
    job: Job,
    detectors: Mapping[str, Detector],
    video: InputVideo,
    outputs: Mapping[str, ModelOutput],
    tick: Tick,
) -> None:
    """Draws a video's regularity, its annotated videos and the thumbnails of its events.

    Args:
        job: What is to be done.
        detectors: The models by name.
        video: The video.
        outputs: The output of each model, by the name of the model.
        tick: Called with 1 for each frame. An error that it raises ends the drawing.
    """
    by_model = {name: output.video for name, output in outputs.items()}
    plot_regularity(by_model, job.alarms, job.plot_path(video.name))
    for name, output in outputs.items():
        events = records(events_table(name, [output.video], [output.pixels], job.alarms[name]))
        thumbnails = job.output / "thumbnails" / job.folder(name)
        with video.open_frames(None, detectors[name].info.fps) as pictures:
            write_annotated(
                job.video_path(name, "videos", video.name),
                keep_thumbnails(with_ticks(tick, pictures.frames), events, thumbnails),
                _annotation(job, output, job.alarms[name]),
            )


def _annotation(job: Job, output: ModelOutput, alarm: Alarm) -> Annotation:
    video = output.video
    boxes = boxes_of(video, output.pixels, alarm.score)
    every = np.ones(len(boxes), bool)
    return Annotation(
        video, alarm, boxes, around_events(video, alarm) if job.only_events else every
    )
