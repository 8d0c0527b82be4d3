"""Curves over the time of a video, as lines or, in long videos, as envelopes."""

import matplotlib.axes
import numpy as np
from matplotlib.ticker import FuncFormatter, MultipleLocator

from abnormal.report.figure import Look

COLUMNS = 700
"""Largest number of columns of an envelope. A plot is about twice as many pixels wide."""

MOST_TICKS = 9
"""Largest number of ticks on a time axis that is not in seconds."""

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


def label_time(axes: matplotlib.axes.Axes, duration_sec: float, size: float | None = None) -> None:
    """Labels an axis of seconds as people read times: in seconds, `min:s` or `h:min`.

    Args:
        axes: The plot.
        duration_sec: Length of the axis, in seconds.
        size: Size of the letters, in points; None for the usual one.
    """
    if duration_sec <= LONG_SEC:
        axes.set_xlabel("time (s)", fontsize=size)
        return
    unit_sec, unit = (60, "h:min") if duration_sec >= HOUR_SEC else (1, "min:s")
    axes.set_xlabel(f"time ({unit})", fontsize=size)
    enough = [step for step in TICKS_SEC if duration_sec / step < MOST_TICKS]
    axes.xaxis.set_major_locator(MultipleLocator(enough[0] if enough else duration_sec / 8))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda sec, _: "{}:{:02}".format(*divmod(round(sec / unit_sec), 60)))
    )
