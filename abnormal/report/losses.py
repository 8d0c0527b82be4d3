"""The plot of training losses."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.ticker import MaxNLocator

from abnormal.report.figure import COLOURS, new_figure, plain, write_figure


def plot_losses(histories: Mapping[str, Sequence[Mapping[str, float]]], path: Path) -> None:
    """Draws the losses of one or several models over their epochs.

    Args:
        histories: For each model's name its epochs, as in its model file.
        path: The picture to write.
    """
    figure = new_figure()
    axes = figure.subplots()
    for (name, history), colour in zip(histories.items(), itertools.cycle(COLOURS), strict=False):
        for key, style, inside in (("loss", "-", colour), ("val_loss", "--", "white")):
            points = [(entry["epoch"], entry[key]) for entry in history if key in entry]
            if points:
                label = f"{plain(name)}, {'training' if key == 'loss' else 'held out'}"
                epochs, losses = zip(*points, strict=True)
                axes.plot(epochs, losses, style, color=colour, marker="o", mfc=inside, label=label)
    axes.set(xlabel="epoch", ylabel="reconstruction loss")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(bottom=0)
    axes.set_xlim(0.5, max(map(len, histories.values()), default=1) + 0.5)
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend()
    write_figure(figure, path)
