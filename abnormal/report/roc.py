"""ROC curves: the fraction of abnormal frames above a threshold over that of normal frames."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from abnormal.evaluation.evaluate import labels_of
from abnormal.inference.scored_video import ScoredVideo
from abnormal.report.figure import drawing, legend_below, with_looks
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.regularity import stretched

MOST_POINTS = 400
"""Largest number of points of a curve."""


@dataclass(frozen=True)
class Roc:
    """The ROC curves of a model over all labelled videos together.

    Attributes:
        raw: False and true positive rates of the scores that alarms use, `(2, n)` float64 in
            [0, 1].
        raw_auc: Area under that curve, in [0, 1].
        per_video: The same rates after each video has been stretched between its own smallest and
            largest score, `(2, m)` float64 in [0, 1].
        per_video_auc: Area under that curve, in [0, 1].
        alarm: False and true positive rate at the threshold of the alarm, in [0, 1].
    """

    raw: np.ndarray
    raw_auc: float
    per_video: np.ndarray
    per_video_auc: float
    alarm: tuple[float, float]


def roc_of(videos: Sequence[ScoredVideo], alarm: Alarm) -> Roc | None:
    """Computes the ROC curves of a model.

    Args:
        videos: The videos with the model's scores. Videos without labels do not count.
        alarm: The alarm of the model.

    Returns:
        None if all frames are of one class, because there is no curve then.
    """
    labelled = [video for video in videos if video.labels is not None]
    labels = np.concatenate([np.zeros(0), *(labels_of(video) for video in labelled)])
    if len(np.unique(labels)) < 2:
        return None
    scores = [video.causal[alarm.score] for video in labelled]
    raw = np.concatenate(scores)
    raised = np.concatenate([video.alarms(alarm) for video in labelled])
    return Roc(
        *_curve(labels, raw),
        *_curve(labels, np.concatenate([stretched(values) for values in scores])),
        alarm=(float(raised[labels == 0].mean()), float(raised[labels == 1].mean())),
    )


def _curve(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, float]:
    """Returns a curve of at most `MOST_POINTS` points, `(2, n)` in [0, 1], and its area."""
    import sklearn.metrics  # only where there are labels, because it takes a second

    rates = np.stack(sklearn.metrics.roc_curve(labels, scores)[:2])
    area = float(sklearn.metrics.auc(*rates))
    if rates.shape[1] > MOST_POINTS:
        rates = rates[:, np.linspace(0, rates.shape[1] - 1, MOST_POINTS).astype(int)]
    return rates, area


def plot_roc(rocs: Mapping[str, Roc], score: str, path: Path) -> None:
    """Draws the curves of one or several models.

    Args:
        rocs: The ROC curves of each model, by the name of the model.
        score: Name of the score.
        path: The picture to write.
    """
    with drawing(path, 3.8) as figure:
        axes = figure.subplots()
        axes.plot([0, 100], [0, 100], color="grey", lw=0.8, ls=":", label="chance (area 50.0 %)")
        axes.set_title(f"ROC of the {score} score")
        for name, roc, look in with_looks(rocs):
            for rates, area, width, kind in (
                (roc.raw, roc.raw_auc, 1.8, "all frames together"),
                (roc.per_video, roc.per_video_auc, 0.7, "each video stretched"),
            ):
                label = f"{name}, {kind} (area {100 * area:.1f} %)"
                axes.plot(*(100 * rates), look.line, lw=width, color=look.colour, label=label)
            false_rate, true_rate = roc.alarm
            axes.plot(100 * false_rate, 100 * true_rate, look.marker, color=look.colour, label="_")
        axes.plot([], [], "o", color="grey", label="the alarm at its threshold")
        axes.set(xlabel="normal frames above the threshold (%)", xlim=(-1, 101), ylim=(-1, 101))
        axes.set(ylabel="abnormal frames above the threshold (%)", box_aspect=1)
        axes.grid(alpha=0.3)
        legend_below(figure)
