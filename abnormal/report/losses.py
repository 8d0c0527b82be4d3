"""The plot of training losses."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib.axes
from matplotlib.ticker import MaxNLocator

from abnormal.report.figure import Look, drawing, legend_below, with_looks

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


def plot_losses(
    histories: Mapping[str, Sequence[Mapping[str, float]]], losses: Mapping[str, str], path: Path
) -> None:
    """Draws the losses of one or several models over their epochs.

    Each kind of loss has an axis of its own, because its values say nothing about another kind.

    Args:
        histories: For each model's name its epochs, as they are in its model file.
        losses: For each model's name the name of its loss, such as `"mse"`.
        path: The picture to write.
    """
    kinds = list(dict.fromkeys(losses.values()))
    epochs = max(map(len, histories.values()), default=1)
    with drawing(path, 0.4 + 2.4 * len(kinds)) as figure:
        plots = figure.subplots(len(kinds), 1, sharex=True, squeeze=False)[:, 0]
        figure.suptitle("Reconstruction losses of the training")
        for kind, axes in zip(kinds, plots, strict=True):
            axes.set(ylabel=f"loss ({kind})", xlim=(0.5, epochs + 0.5))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
            axes.grid(alpha=0.3)
        kind_of = [losses[name] for name in histories]
        for (name, history, look), kind in zip(with_looks(histories), kind_of, strict=True):
            _draw_losses(plots[kinds.index(kind)], name, history, look)
        for axes in plots:
            axes.set_ylim(bottom=0)
        plots[-1].set_xlabel("epoch")
        if any(axes.lines for axes in plots):
            legend_below(figure)


def _draw_losses(
    axes: matplotlib.axes.Axes, name: str, history: Sequence[Mapping[str, float]], look: Look
) -> None:
    for (key, kind), inside in zip(KINDS.items(), (look.colour, "white"), strict=True):
        if points := loss_points(history, key):
            epochs, losses = zip(*points, strict=True)
            (line,) = axes.plot(epochs, losses, look.line, color=look.colour, marker=look.marker)
            line.set(label=f"{name}, {kind}", markersize=4, markerfacecolor=inside)
