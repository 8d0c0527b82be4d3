"""Draws the plots of all videos together, and writes the page that shows everything.

It is imported where something is drawn, because the libraries that draw take long to import.
"""

import logging
import traceback
from collections.abc import Mapping
from datetime import datetime

from abnormal.detection.detect import Detections
from abnormal.errors import AbnormalError, bug_text, write_bug_log
from abnormal.report.contents import Contents, ModelResults
from abnormal.report.histogram import histograms_of, plot_histograms
from abnormal.report.losses import plot_losses
from abnormal.report.page import write_page
from abnormal.report.roc import plot_roc, roc_of

log = logging.getLogger(__name__)


def draw_results(detections: Detections, models: Mapping[str, ModelResults]) -> None:
    """Draws the plots of all videos together, and writes the page that shows everything.

    A video whose own plots could not be drawn is logged, and the page is written all the same.

    Args:
        detections: The results of each video, whose own plots have been drawn already.
        models: The results of each model, by the name of the model.

    Raises:
        AbnormalError: A file cannot be written.
    """
    output, ending = detections.job.output, detections.job.overview_ending
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


def write_early_page(detections: Detections, models: Mapping[str, ModelResults]) -> None:
    """Writes the page for the videos that are done, without the plots of all videos together.

    Args:
        detections: The results of at least one video.
        models: The results of each model, by the name of the model.

    Raises:
        AbnormalError: The page cannot be written.
    """
    job = detections.job
    contents = Contents(models, job.overview_ending, {}, detections.videos_left)
    write_page(job.output / "report.html", contents, datetime.now())


def _log_figure_error(video: str, error: Exception) -> None:
    known = isinstance(error, AbnormalError)
    log.error("  without figures: %s: %s", video, error if known else bug_text(error))
    if not known:
        details = "".join(traceback.format_exception(error))
        log.error("  Details are in %s", write_bug_log(details))
