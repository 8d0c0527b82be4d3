"""The plot of a video's regularity and of the score that raises alarms."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib.axes
import numpy as np

from abnormal.inference.scored_video import ScoredVideo, error_of
from abnormal.report.figure import (
    ABNORMAL_COLOUR,
    ALARM_COLOUR,
    as_plot_text,
    drawing,
    legend_below,
    score_label,
    with_looks,
)
from abnormal.report.time_axis import draw_curve, label_time, mark_gaps
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.events import intervals

BAR = 0.035
"""Height of a row of alarm bars, as a fraction of the height of the plot."""


def plot_regularity(
    scored: Mapping[str, ScoredVideo], alarms: Mapping[str, Alarm], path: Path
) -> None:
    """Draws regularity and score of one video for one or several models.

    Args:
        scored: The video with each model's scores, by the name of the model.
        alarms: The alarm of each model, by the name of the model; all with the same score.
        path: The picture to write.
    """
    first, score = next(iter(scored.values())), next(iter(alarms.values())).score
    with drawing(path, 3.73) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True)
        figure.suptitle(f"{as_plot_text(first.name)}: regularity and {score} score")
        for number, ((name, video, look), alarm) in enumerate(
            zip(with_looks(scored), alarms.values(), strict=True)
        ):
            draw_curve(upper, video.regularity(score), video.fps, look, name)
            draw_curve(lower, video.causal[score], video.fps, look, name)
            threshold = alarm.for_camera(video.camera).threshold
            lower.axhline(threshold, color=look.colour, ls=(0, (6, 3)), lw=0.8)
            bar_colour = ALARM_COLOUR if len(scored) == 1 else look.colour
            _mark_alarms(lower, video.alarms(alarm), video.fps, number, bar_colour)
        if first.labels is not None:
            _shade(upper, first.labels == 1, first.fps)
            _shade(lower, first.labels == 1, first.fps)
        upper.set(ylabel=f"regularity ({error_of(score)})")
        lower.set(ylabel=score_label(score), ylim=(0, None))
        label_time(lower, len(first.causal[score]), first.fps, first.gaps)
        for axes in (upper, lower):
            mark_gaps(axes, first.fps, first.gaps)
            axes.grid(alpha=0.3)
            axes.margins(x=0)
        lower.plot([], [], color="grey", ls=(0, (6, 3)), lw=0.8, label="threshold")
        lower.plot([], [], color=ALARM_COLOUR if len(scored) == 1 else "grey", lw=4, label="alarm")
        legend_below(figure, [lower])


def _shade(axes: matplotlib.axes.Axes, abnormal: np.ndarray, fps: float) -> None:
    """Shades the intervals of abnormal frames, `(n,)` bool."""
    label = "abnormal (true)"
    for start, stop in intervals(abnormal):
        axes.axvspan(start / fps, stop / fps, color=ABNORMAL_COLOUR, lw=0, zorder=0, label=label)
        label = "_"


def _mark_alarms(
    axes: matplotlib.axes.Axes, alarm: np.ndarray, fps: float, row: int, colour: str
) -> None:
    """Draws a bar at the bottom for each interval of alarms, `(n,)` bool, in the model's row."""
    across = axes.get_xaxis_transform()
    low, high = row * BAR, (row + 0.8) * BAR
    for start, stop in intervals(alarm):
        axes.fill_between(
            [start / fps, stop / fps], low, high, color=colour, lw=0, transform=across
        )
