"""How the score is distributed over normal and abnormal frames, and where the threshold lies."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from abnormal.inference.scored_video import ScoredVideo
from abnormal.report.figure import COLOURS, drawing, legend_below, plain
from abnormal.scoring.alarm import Alarm

BINS = 60
INSIDE = 0.995  # of all frames; what is above is counted in the last bin


@dataclass(frozen=True)
class Histogram:
    """The scores of a model in bins.

    Attributes:
        edges: `(BINS + 1,)`, the same for all models; the last bin has all that is above, too.
        normal: `(BINS,)`, per cent of the normal frames; of all frames where there are no labels.
        abnormal: `(BINS,)`, per cent of the abnormal frames; None where there are none.
        threshold: The alarm's; None where it is not finite.
        labelled: Whether it is known which frames are normal.
    """

    edges: np.ndarray
    normal: np.ndarray
    abnormal: np.ndarray | None
    threshold: float | None
    labelled: bool


def histograms_of(
    scored: Mapping[str, Sequence[ScoredVideo]], alarms: Mapping[str, Alarm]
) -> dict[str, Histogram]:
    """The histograms of all models, in the same bins.

    Args:
        scored: The test videos by the name of the model.
        alarms: What raises an alarm, by the name of the model; the score is the same for all.
    """
    score = next(iter(alarms.values())).score
    finite = {
        name: alarm.threshold if math.isfinite(alarm.threshold) else None
        for name, alarm in alarms.items()
    }
    values = {name: np.concatenate([v.causal[score] for v in scored[name]]) for name in scored}
    together = np.concatenate(list(values.values()))
    low = float(together.min())
    high = max(float(np.quantile(together, INSIDE)), *(1.2 * (t or low) for t in finite.values()))
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    result = {}
    for name, videos in scored.items():
        abnormal = np.concatenate([_abnormal(video, score) for video in videos])
        result[name] = Histogram(
            edges=edges,
            normal=_shares(values[name][~abnormal], edges),
            abnormal=_shares(values[name][abnormal], edges) if abnormal.any() else None,
            threshold=finite[name],
            labelled=any(video.labels is not None for video in videos),
        )
    return result


def _abnormal(video: ScoredVideo, score: str) -> np.ndarray:
    if video.labels is None:
        return np.zeros(len(video.causal[score]), bool)
    return video.labels == 1


def _shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    return 100 * counts / max(1, len(values))


def plot_histograms(histograms: Mapping[str, Histogram], score: str, path: Path) -> None:
    """Draws the histograms of one or several models.

    Args:
        histograms: By the name of the model.
        score: Which score they are of.
        path: The picture to write.
    """
    with drawing(path, 2.8) as figure:
        axes = figure.subplots()
        for (name, histogram), colour in zip(
            histograms.items(), itertools.cycle(COLOURS), strict=False
        ):
            of = f"{plain(name)}, {'normal' if histogram.labelled else 'all'} frames"
            edges = histogram.edges
            axes.stairs(histogram.normal, edges, color=colour, alpha=0.15, fill=True, label="_")
            axes.stairs(histogram.normal, edges, color=colour, label=of)
            if histogram.abnormal is not None:
                of = f"{plain(name)}, abnormal frames"
                axes.stairs(histogram.abnormal, edges, color=colour, ls=":", label=of)
            if histogram.threshold is not None:
                axes.axvline(histogram.threshold, color=colour, ls="--", label="_")
        axes.plot([], [], color="grey", ls="--", label="threshold of the alarm")
        axes.set(xlabel=f"{score} score", ylabel="frames (%)", ylim=(0, None))
        axes.margins(x=0)
        axes.grid(alpha=0.3)
        legend_below(figure)
