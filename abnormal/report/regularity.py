"""The plot of a video's regularity and of the score that carries the alarm."""

import itertools
from collections.abc import Mapping
from pathlib import Path

import matplotlib.axes
import numpy as np

from abnormal.inference.score import ScoredVideo, error_of
from abnormal.report.figure import ABNORMAL, ALARM, COLOURS, new_figure, plain, write_figure
from abnormal.scoring.events import intervals


def plot_regularity(
    scored: Mapping[str, ScoredVideo], score: str, thresholds: Mapping[str, float], path: Path
) -> None:
    """Draws one video as one or several models see it.

    Args:
        scored: The video by the name of the model.
        score: Which score carries the alarm.
        thresholds: The alarm's threshold by the name of the model.
        path: The picture to write.
    """
    first = next(iter(scored.values()))
    figure = new_figure(5.0)
    upper, lower = figure.subplots(2, 1, sharex=True)
    figure.suptitle(plain(first.name))
    for (name, video), colour in zip(scored.items(), itertools.cycle(COLOURS), strict=False):
        regularity = video.regularity(score)
        seconds = np.arange(len(regularity)) / video.fps
        upper.plot(seconds, regularity, color=colour, lw=1.2, label=plain(name))
        lower.plot(seconds, video.causal[score], color=colour, lw=1.2, label=plain(name))
        lower.axhline(thresholds[name], color=colour, ls="--", lw=1)
        _mark_alarms(lower, video.causal[score] > thresholds[name], video.fps)
    if first.labels is not None:
        _shade(upper, first.labels == 1, first.fps)
        _shade(lower, first.labels == 1, first.fps)
    upper.set(ylabel=f"regularity ({error_of(score)})", ylim=(0, 1.05))
    lower.set(ylabel=f"{score} score", xlabel="time (s)", ylim=(0, None))
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
        axes.margins(x=0)
    lower.plot([], [], color="grey", ls="--", lw=1, label="threshold")
    lower.plot([], [], color=ALARM, lw=4, label="alarm")
    figure.legend(handles=lower.get_legend_handles_labels()[0], loc="outside lower center", ncols=4)
    write_figure(figure, path)


def _shade(axes: matplotlib.axes.Axes, abnormal: np.ndarray, fps: float) -> None:
    label = "abnormal (true)"
    for start, stop in intervals(abnormal):
        axes.axvspan(start / fps, stop / fps, color=ABNORMAL, lw=0, zorder=0, label=label)
        label = "_"


def _mark_alarms(axes: matplotlib.axes.Axes, alarm: np.ndarray, fps: float) -> None:
    """A red bar along the bottom wherever there is an alarm."""
    for start, stop in intervals(alarm):
        bar = axes.get_xaxis_transform()
        axes.fill_between([start / fps, stop / fps], 0, 0.025, color=ALARM, lw=0, transform=bar)
