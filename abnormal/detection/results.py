"""Writes the tables and metrics of all videos to the folder of results."""

import itertools
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from abnormal.detection.detect import Detections
from abnormal.evaluation.evaluate import evaluate
from abnormal.evaluation.pixel_level import pixel_table
from abnormal.files import write_json
from abnormal.names import FIGURE_FORMATS
from abnormal.report.contents import ModelResults
from abnormal.report.event_paths import events_with_things
from abnormal.report.tables import (
    comparison_table,
    events_table,
    regularity_events_table,
    scores_table,
    write_table,
)

EARLY_SHARE = 0.05
"""Share of the time that may be spent on writing results of which some are still missing."""

log = logging.getLogger(__name__)


def model_results(detections: Detections) -> dict[str, ModelResults]:
    """Returns the results of each model, with its metrics and events, by the name of the model."""
    return {name: _results_of(detections, name) for name in detections.detectors}


def _results_of(detections: Detections, name: str) -> ModelResults:
    job, info = detections.job, detections.detectors[name].info
    outputs = [result.outputs[name] for result in detections.results.values()]
    videos, pixels = [output.video for output in outputs], [output.pixels for output in outputs]
    metrics = {"arch": info.arch} | evaluate(videos, job.alarms[name], pixels)
    metrics["alarm"]["asked_false_alarms_per_hour"] = job.false_alarms_per_hour
    if check := detections.detectors[name].calibration.rate_check:
        metrics["alarm"]["held_out_normal_footage"] = check.as_metrics()
    metrics["alarm"]["exams"] = {
        camera: {kind: {"found": found, "trials": trials} for kind, (found, trials) in exam.items()}
        for camera, exam in detections.detectors[name].calibration.exams.items()
    }
    return ModelResults(
        info=info,
        runtime=", ".join(sorted({output.runtime for output in outputs})),
        alarm=job.alarms[name],
        folder=job.folder(name),
        videos=videos,
        pixels=pixels,
        metrics=metrics,
        events=events_table(name, videos, pixels, job.alarms[name]),
    )


def write_results(output: Path, models: Mapping[str, ModelResults]) -> None:
    """Writes all tables, and `events.json` and `metrics.json`.

    Args:
        output: The folder of results.
        models: The results of each model, by the name of the model.

    Raises:
        AbnormalError: A file cannot be written.
    """
    found = list(models.items())
    tables = {
        "scores": [scores_table(name, model.videos, model.alarm) for name, model in found],
        "localisation": [pixel_table(name, model.videos, model.pixels) for name, model in found],
        "events": [model.events for _, model in found],
        "regularity_events": [
            regularity_events_table(name, model.videos, model.pixels) for name, model in found
        ],
    }
    for table, parts in tables.items():
        write_table(output / f"{table}.csv", pd.concat(parts))
    events = [events_with_things(model.events, model.videos) for _, model in found]
    write_json(output / "events.json", list(itertools.chain.from_iterable(events)))
    metrics = {name: model.metrics for name, model in found}
    write_json(output / "metrics.json", metrics)
    if len(metrics) > 1:
        write_table(output / "comparison.csv", comparison_table(metrics))


class EarlyResults:
    """Writes the tables and the page for the videos that are done, while others are scored.

    Args:
        clock: Returns the time in seconds, and never goes backwards.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next_sec = clock()

    def write(self, detections: Detections) -> None:
        """Writes the results so far, unless that would take more than `EARLY_SHARE` of the time.

        Args:
            detections: The results of at least one video.

        Raises:
            AbnormalError: A file cannot be written.
        """
        begun_sec = self._clock()
        if begun_sec < self._next_sec:
            return
        job, models = detections.job, model_results(detections)
        write_results(job.output, models)
        if job.figures:
            from abnormal.detection.overview import write_early_page  # Bokeh takes half a second

            write_early_page(detections, models)
        ended_sec = self._clock()
        self._next_sec = ended_sec + (ended_sec - begun_sec) * (1 / EARLY_SHARE - 1)


def finish_results(detections: Detections) -> None:
    """Ends a run whose results are all written: the next one begins from the beginning."""
    if detections.unfinished:
        _note_older_results(detections.job.output, detections.unfinished.started_sec)
        detections.unfinished.remove()


def _note_older_results(output: Path, started: float) -> None:
    """Logs a note if the folder of results also has files of an earlier run, which are kept.

    Args:
        output: The folder of results.
        started: When this run began, in seconds since 1970.
    """
    plots = [f"{name}.{form}" for name in ("roc", "histogram", "losses") for form in FIGURE_FORMATS]
    figures = [output / name for name in ("comparison.csv", "report.html", *plots)]
    for kind in ("anomalies", "regularity", "thumbnails", "videos"):
        figures += sorted((output / kind).rglob("*.*"))
    older = [path for path in figures if path.is_file() and path.stat().st_mtime < started]
    if older:
        more = f" and {len(older) - 1} more" if len(older) > 1 else ""
        log.info("note: %s also has results of another run: %s%s", output, older[0], more)
