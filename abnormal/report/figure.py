"""How all plots look, and how they are written."""

import warnings
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
    with replacing(path) as partial, warnings.catch_warnings():
        # A letter that the font lacks is drawn as a box; a line on the terminal helps nobody.
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(partial)


def plain(name: str) -> str:
    """A name as a text for matplotlib, which takes what is between dollars for a formula."""
    return name.replace("$", r"\$")
