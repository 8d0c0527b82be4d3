"""Writes the folder of results: tables, plots of all videos together, and the page."""

import itertools
import logging
import time
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import pandas as pd

from abnormal.detection.detect import Detections
from abnormal.errors import AbnormalError, bug_text, write_bug_log
from abnormal.evaluation.evaluate import evaluate
from abnormal.evaluation.pixel_level import pixel_table
from abnormal.files import write_json
from abnormal.report.contents import Contents, ModelResults
from abnormal.report.event_paths import events_with_things
from abnormal.report.histogram import histograms_of, plot_histograms
from abnormal.report.losses import plot_losses
from abnormal.report.page import write_page
from abnormal.report.roc import plot_roc, roc_of
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


def draw_results(detections: Detections, models: Mapping[str, ModelResults]) -> None:
    """Draws the plots of all videos together, and writes the page that shows everything.

    A video whose own plots could not be drawn is logged, and the page is written all the same.

    Args:
        detections: The results of each video, whose own plots have been drawn already.
        models: The results of each model, by the name of the model.

    Raises:
        AbnormalError: A file cannot be written.
    """
    output, ending = detections.job.output, detections.job.figures or "png"
    score = next(iter(models.values())).alarm.score
    plots = {"histogram": "Scores and threshold", "losses": "Losses"}
    histories = {name: model.info.history for name, model in models.items()}
    losses = {name: model.info.loss for name, model in models.items()}
    plot_losses(histories, losses, output / f"losses.{ending}")
    scored = {name: model.videos for name, model in models.items()}
    histograms = histograms_of(scored, detections.job.alarms)
    plot_histograms(histograms, score, output / f"histogram.{ending}")
    rocs = {
        name: roc for name, model in models.items() if (roc := roc_of(model.videos, model.alarm))
    }
    if rocs:  # only where there are labels
        plot_roc(rocs, score, output / f"roc.{ending}")
        plots = {"roc": "ROC", **plots}
    write_page(output / "report.html", Contents(models, ending, plots), datetime.now())
    for name, result in detections.results.items():
        if error := result.figure_error:
            _log_figure_error(name, error)


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
            contents = Contents(models, job.figures, {}, detections.videos_left)
            write_page(job.output / "report.html", contents, datetime.now())
        ended_sec = self._clock()
        self._next_sec = ended_sec + (ended_sec - begun_sec) * (1 / EARLY_SHARE - 1)


def _log_figure_error(video: str, error: Exception) -> None:
    known = isinstance(error, AbnormalError)
    log.error("  without figures: %s: %s", video, error if known else bug_text(error))
    if not known:
        details = "".join(traceback.format_exception(error))
        log.error("  Details are in %s", write_bug_log(details))


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
    figures = [output / "comparison.csv", output / "report.html"]
    for kind in ("anomalies", "regularity", "thumbnails", "videos"):
        figures += sorted((output / kind).rglob("*.*"))
    older = [path for path in figures if path.is_file() and path.stat().st_mtime < started]
    if older:
        more = f" and {len(older) - 1} more" if len(older) > 1 else ""
        log.info("note: %s also has results of another run: %s%s", output, older[0], more)
