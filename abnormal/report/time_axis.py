"""Curves over the time of a video, as lines or, in long videos, as envelopes.

Where the video has a gap, the curves go on without it, as the video plays, and the labels tell the
time with it.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import matplotlib.axes
import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from abnormal.frames.gaps import Gap, stretches, times_sec
from abnormal.report.figure import Look

COLUMNS = 700
"""Largest number of columns of an envelope. A plot is about twice as many pixels wide."""

MOST_TICKS = 9
"""Largest number of ticks on a time axis that is not in seconds."""

MOST_TICKS_S = 6
"""The same of one in seconds, if it is of a video with gaps."""

LONG_SEC = 150.0
"""Length from which times are shown as minutes and seconds."""

HOUR_SEC = 3600.0
"""Length from which times are shown as hours and minutes."""

TICKS_SEC = (30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
"""Distances of ticks that are round numbers of minutes or hours, in seconds."""


def draw_curve(
    axes: matplotlib.axes.Axes, values: np.ndarray, fps: float, look: Look, label: str = "_"
) -> None:
    """Draws a curve over the time in seconds.

    Where a column of the picture shows several frames, an area reaches from the smallest to the
    largest of their values, so that no short peak is lost, and a line shows their mean.

    Args:
        axes: The plot.
        values: `(n,)` float64 of any range, one per frame.
        fps: Frames per second.
        look: How the curve looks.
        label: Its name in the legend.
    """
    frames = -(-len(values) // COLUMNS)
    places = np.arange(len(values), dtype=float)
    if frames > 1:
        firsts = np.arange(0, len(values), frames)
        low, high = (each.reduceat(values, firsts) for each in (np.minimum, np.maximum))
        counts = np.diff(firsts, append=len(values))
        values = np.add.reduceat(values, firsts) / counts
        places = firsts + counts / 2
        axes.fill_between(places / fps, low, high, color=look.colour, alpha=0.4, lw=0, label="_")
    axes.plot(places / fps, values, ls=look.line, color=look.colour, label=label)


def mark_gaps(axes: matplotlib.axes.Axes, fps: float, gaps: Sequence[Gap]) -> None:
    """Draws a dotted line where each gap of a video is."""
    if gaps:
        places, across = [gap.frame / fps for gap in gaps], axes.get_xaxis_transform()
        look: dict[str, Any] = {"color": "grey", "ls": ":", "lw": 0.8, "label": "gap"}
        axes.vlines(places, 0, 1, transform=across, **look)


def label_time(
    axes: matplotlib.axes.Axes,
    count: int,
    fps: float,
    gaps: Sequence[Gap] = (),
    size: float | None = None,
) -> None:
    """Labels an axis of seconds as people read times: in seconds, `min:s` or `h:min`.

    Args:
        axes: The plot.
        count: Number of frames of the video.
        fps: Frames per second.
        gaps: The gaps of the video. The axis leaves them out, and its labels do not.
        size: Size of the letters, in points; None for the usual one.
    """
    duration_sec = count / fps
    round_sec = MaxNLocator(MOST_TICKS_S, steps=(1, 2, 5, 10)).tick_values(0, duration_sec)
    unit, step_sec = "s", float(round_sec[1])
    if duration_sec > LONG_SEC:
        unit = "h:min" if duration_sec >= HOUR_SEC else "min:s"
        enough = [step for step in TICKS_SEC if duration_sec / step < MOST_TICKS]
        step_sec = enough[0] if enough else duration_sec / 8
    axes.set_xlabel(f"time ({unit})", fontsize=size)
    if gaps:
        ticks = list(_round_times(count, fps, gaps, step_sec))
        axes.set_xticks([place for place, _ in ticks], [_text(sec, unit) for _, sec in ticks])
    elif unit != "s":
        axes.xaxis.set_major_locator(MultipleLocator(step_sec))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda sec, _: _text(sec, unit)))


def _text(sec: float, unit: str) -> str:
    if unit == "s":
        return f"{sec:.10g}"
    return "{}:{:02}".format(*divmod(round(sec / (60 if unit == "h:min" else 1)), 60))


def _round_times(
    count: int, fps: float, gaps: Sequence[Gap], step_sec: float
) -> Iterator[tuple[float, float]]:
    """Yields round times in a video with gaps: where each is on the axis, and the time.

    Behind a gap, a time is left out whose label would be over the one before.
    """
    last = -math.inf
    for start, stop in stretches(count, gaps):
        begin, end = times_sec(np.array([start, stop - 1]), fps, gaps).tolist()
        for number in range(math.ceil(begin / step_sec), math.floor(end / step_sec) + 1):
            place = start / fps + number * step_sec - begin
            if place - last > 0.7 * step_sec:
                last = place
                yield place, number * step_sec
