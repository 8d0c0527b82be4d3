"""The plot of training losses."""

import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.ticker import MaxNLocator

from abnormal.report.figure import COLOURS, drawing, escape_dollars, legend_below

KINDS = {"loss": "training", "val_loss": "held out"}
"""The losses in a model's history, with their labels."""


def loss_points(history: Sequence[Mapping[str, float]], key: str) -> list[tuple[float, float]]:
    """Returns the epochs with a finite loss, and these losses.

    Args:
        history: The epochs of a model, as they are in its model file.
        key: A key of `KINDS`.
    """
    return [
        (entry["epoch"], entry[key]) for entry in history if math.isfinite(entry.get(key, math.nan))
    ]


def plot_losses(histories: Mapping[str, Sequence[Mapping[str, float]]], path: Path) -> None:
    """Draws the losses of one or several models over their epochs.

    Args:
        histories: For each model's name its epochs, as they are in its model file.
        path: The picture to write.
    """
    with drawing(path, 2.8) as figure:
        axes = figure.subplots()
        for (name, history), colour in zip(
            histories.items(), itertools.cycle(COLOURS), strict=False
        ):
            for (key, kind), style in zip(KINDS.items(), ("-", "--"), strict=True):
                if points := loss_points(history, key):
                    epochs, losses = zip(*points, strict=True)
                    (line,) = axes.plot(epochs, losses, style, color=colour, marker="o", ms=4)
                    line.set_label(f"{escape_dollars(name)}, {kind}")
                    line.set_markerfacecolor(colour if style == "-" else "white")
        axes.set(xlabel="epoch", ylabel="reconstruction loss")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.set_ylim(bottom=0)
        axes.set_xlim(0.5, max(map(len, histories.values()), default=1) + 0.5)
        axes.grid(alpha=0.3)
        if axes.lines:
            legend_below(figure)
