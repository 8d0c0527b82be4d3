"""How all plots look, and how they are written."""

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.figure

from abnormal.files import make_folder, replacing

# Okabe and Ito's colours, which people with any colour vision can tell apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
ABNORMAL_COLOUR = "#F0B8A8"
ALARM_COLOUR = "#B22222"

WIDTH_IN = 7.0
"""Inches: a page's text, so that in a paper the letters are as large as those around it."""

LINE_IN = 0.17
"""Inches: a line of a legend."""

DPI = 200
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.linewidth": 0.6,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "lines.markersize": 5,
    # An SVG that does not change from run to run.
    "svg.hashsalt": "abnormal",
}


@contextlib.contextmanager
def drawing(path: Path, height: float) -> Iterator[matplotlib.figure.Figure]:
    """Gives an empty figure and writes it, whole or not at all, once it is drawn.

    The figure belongs to nobody: there is nothing to close.

    Args:
        path: The picture to write; its ending says in which format.
        height: In inches.

    Raises:
        AbnormalError: It cannot be written.
    """
    with matplotlib.rc_context(STYLE):
        figure = matplotlib.figure.Figure((WIDTH_IN, height), DPI, layout="constrained")
        yield figure
        _write(figure, path)


def legend_below(figure: matplotlib.figure.Figure) -> None:
    """Makes room below the plot for a legend in two columns; names of models may be long."""
    handles, labels = figure.axes[0].get_legend_handles_labels()
    rows = -(-len(labels) // 2)
    figure.set_figheight(figure.get_figheight() + rows * LINE_IN)
    figure.legend(handles, labels, loc="outside lower center", ncols=2)


def _write(figure: matplotlib.figure.Figure, path: Path) -> None:
    make_folder(path.absolute().parent)
    undated = {"Date": None} if path.suffix == ".svg" else None
    with replacing(path) as partial, warnings.catch_warnings():
        # A letter that the font lacks is drawn as a box; a line on the terminal helps nobody.
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(partial, metadata=undated)


def plain(name: str) -> str:
    """A name as a text for matplotlib, which takes what is between dollars for a formula."""
    return name.replace("$", r"\$")
