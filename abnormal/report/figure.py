"""How all plots look, and how they are written."""

from pathlib import Path

import matplotlib.figure

from abnormal.files import make_folder, replacing

# Okabe and Ito's colours, which people with any colour vision can tell apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
ABNORMAL = "#F0B8A8"
ALARM = "#B22222"


def new_figure(height: float = 4.0) -> matplotlib.figure.Figure:
    """An empty figure; it belongs to nobody, so there is nothing to close."""
    return matplotlib.figure.Figure(figsize=(9, height), dpi=110, layout="constrained")


def write_figure(figure: matplotlib.figure.Figure, path: Path) -> None:
    """Writes a figure, whole or not at all."""
    make_folder(path.absolute().parent)
    with replacing(path) as partial:
        figure.savefig(partial)
