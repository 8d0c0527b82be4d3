"""Histograms of the score over normal and abnormal frames, with the threshold."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from abnormal.inference.scored_video import ScoredVideo
from abnormal.report.figure import drawing, legend_below, score_label, with_looks
from abnormal.scoring.alarm import Alarm

BINS = 60
"""Number of bins."""

SHOWN_QUANTILE = 0.995
"""Quantile of all scores at which the last bin ends, unless a threshold lies higher. Scores above
it are counted in the last bin."""


@dataclass(frozen=True)
class Histogram:
    """The histogram of a model's scores.

    Attributes:
        edges: Edges of the bins, `(BINS + 1,)` float64 in growing order, the same for all models.
            Scores above the last edge are counted in the last bin.
        normal: Percentage of the normal frames in each bin, `(BINS,)` float64 in [0, 100]; of all
            frames if there are no labels.
        abnormal: Percentage of the abnormal frames in each bin, `(BINS,)` float64 in [0, 100]; None
            if there are none.
        thresholds: Thresholds of the alarm, several if cameras have their own; those that are not
            finite are left out.
        labelled: Whether the frames have labels.
    """

    edges: np.ndarray
    normal: np.ndarray
    abnormal: np.ndarray | None
    thresholds: tuple[float, ...]
    labelled: bool


def histograms_of(
    scored: Mapping[str, Sequence[ScoredVideo]], alarms: Mapping[str, Alarm]
) -> dict[str, Histogram]:
    """Computes the histograms of all models, with the same bins.

    Args:
        scored: The test videos with each model's scores, by the name of the model. If any of them
            has labels, those without are left out, because nobody knows what their frames are.
        alarms: The alarm of each model, by the name of the model; all with the same score.

    Returns:
        The histogram of each model, by the name of the model.
    """
    score = next(iter(alarms.values())).score
    scored = {name: _labelled(videos) or videos for name, videos in scored.items()}
    finite = {name: _thresholds(scored[name], alarm) for name, alarm in alarms.items()}
    values = {name: np.concatenate([v.causal[score] for v in scored[name]]) for name in scored}
    together = np.concatenate(list(values.values()))
    low = float(together.min())
    highest_shown = float(np.quantile(together, SHOWN_QUANTILE))
    shown = (1.2 * limit for limits in finite.values() for limit in limits)
    high = max([highest_shown, *shown])
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    result = {}
    for name, videos in scored.items():
        abnormal = np.concatenate([_abnormal(video, score) for video in videos])
        result[name] = Histogram(
            edges=edges,
            normal=_percentages(values[name][~abnormal], edges),
            abnormal=_percentages(values[name][abnormal], edges) if abnormal.any() else None,
            thresholds=finite[name],
            labelled=bool(_labelled(videos)),
        )
    return result


def _labelled(videos: Sequence[ScoredVideo]) -> list[ScoredVideo]:
    return [video for video in videos if video.labels is not None]


def _thresholds(videos: Sequence[ScoredVideo], alarm: Alarm) -> tuple[float, ...]:
    found = {alarm.for_camera(video.camera).threshold for video in videos}
    return tuple(sorted(filter(math.isfinite, found)))


def _abnormal(video: ScoredVideo, score: str) -> np.ndarray:
    """Tells which frames are abnormal, `(n,)` bool; none if the video has no labels."""
    if video.labels is None:
        return np.zeros(len(video.causal[score]), bool)
    return video.labels == 1


def _percentages(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    return 100 * counts / max(1, len(values))


def plot_histograms(histograms: Mapping[str, Histogram], score: str, path: Path) -> None:
    """Draws the histograms of one or several models.

    Args:
        histograms: The histogram of each model, by the name of the model.
        score: Name of the score.
        path: The picture to write.
    """
    with drawing(path, 2.8) as figure:
        axes = figure.subplots()
        axes.set_title(f"How often each {score} score occurs")
        for name, histogram, look in with_looks(histograms):
            label = f"{name}, {'normal' if histogram.labelled else 'all'} frames"
            edges = histogram.edges
            outline: dict[str, Any] = {"color": look.colour, "ls": look.line}
            axes.stairs(
                histogram.normal, edges, color=look.colour, alpha=0.25, fill=True, label="_"
            )
            axes.stairs(histogram.normal, edges, lw=1.6, label=label, **outline)
            if histogram.abnormal is not None:
                label = f"{name}, abnormal frames (hatched)"
                axes.stairs(histogram.abnormal, edges, lw=0.8, hatch="////", label=label, **outline)
            for threshold in histogram.thresholds:
                axes.axvline(threshold, color=look.colour, ls=(0, (6, 3)), label="_")
        axes.plot([], [], color="grey", ls=(0, (6, 3)), label="threshold of the alarm")
        axes.set(xlabel=score_label(score), ylabel="frames (%)", ylim=(0, None))
        axes.margins(x=0)
        axes.grid(alpha=0.3)
        legend_below(figure)
