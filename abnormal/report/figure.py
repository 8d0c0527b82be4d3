"""The style of all plots, and how they are written."""

import contextlib
import itertools
import textwrap
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import matplotlib
import matplotlib.axes
import matplotlib.figure

from abnormal.files import make_folder
from abnormal.printable import printable
from abnormal.replacing import replacing
from abnormal.scoring.local import is_local

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Colours of the models in their order. They are those of Okabe and Ito, which people with any
colour vision can tell apart."""

LINES = ("-", "--", "-.", ":")
"""Styles of the models' lines in their order, which are told apart on grey paper, too."""

MARKERS = "os^Dvp"
"""Shapes of the models' points in their order."""

ABNORMAL_COLOUR = "#F0B8A8"
"""Colour of intervals that are truly abnormal."""

ALARM_COLOUR = "#B22222"
"""Colour of alarms if there is only one model."""

WIDTH_IN = 7.0
"""Width of a plot, in inches. It is that of a page's text, so that in a paper the letters of a plot
have the size of the text around it."""

LINE_IN = 0.17
"""Height of a line of a legend, in inches."""

LETTER_IN = 0.06
"""Width of a letter of a legend on average, in inches."""

KEY_IN = 0.6
"""Width of the line or the colour in front of a label, and of the space around, in inches."""

MOST_COLUMNS = 4
"""Largest number of columns of a legend."""

DPI = 200
"""Resolution of a PNG, in pixels per inch."""

STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.linewidth": 0.6,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "lines.markersize": 5,
    # With a fixed salt an SVG is the same in each run.
    "svg.hashsalt": "abnormal",
}
"""Settings of matplotlib for all plots."""


Shown = TypeVar("Shown")


class Look(NamedTuple):
    """How a model is drawn in all plots.

    Attributes:
        colour: Colour of its lines and points.
        line: Style of its lines.
        marker: Shape of its points.
    """

    colour: str
    line: str
    marker: str


def with_looks(models: Mapping[str, Shown]) -> Iterator[tuple[str, Shown, Look]]:
    """Yields each model's name, fit for a legend, what is drawn of it, and its look."""
    for number, (name, shown) in enumerate(models.items()):
        colour, line, marker = (looks[number % len(looks)] for looks in (COLOURS, LINES, MARKERS))
        yield as_plot_text(name), shown, Look(colour, line, marker)


@contextlib.contextmanager
def drawing(path: Path, height: float) -> Iterator[matplotlib.figure.Figure]:
    """Opens an empty figure, and writes it as a whole when the context ends.

    If drawing fails, nothing is written.

    Args:
        path: The picture to write. Its ending tells the format.
        height: Height of the figure without a legend, in inches.

    Yields:
        The figure to draw into.

    Raises:
        AbnormalError: The picture cannot be written.
    """
    with matplotlib.rc_context(STYLE):
        figure = matplotlib.figure.Figure((WIDTH_IN, height), DPI, layout="constrained")
        yield figure
        _write(figure, path)


def legend_below(
    figure: matplotlib.figure.Figure, axes: Sequence[matplotlib.axes.Axes] = ()
) -> None:
    """Adds a legend below the plot, and makes the figure higher for it.

    Names of models may be too long for a legend inside the plot, or even for a line.

    Args:
        figure: The figure.
        axes: The plots whose labels are in the legend; all of them if there are none.
    """
    found = [each.get_legend_handles_labels() for each in axes or figure.axes]
    handles, labels = (
        list(itertools.chain.from_iterable(each)) for each in zip(*found, strict=True)
    )
    needed_in = KEY_IN + LETTER_IN * max(map(len, labels))
    columns = max(1, min(MOST_COLUMNS, int(WIDTH_IN / needed_in)))
    letters = int((WIDTH_IN / columns - KEY_IN) / LETTER_IN)
    texts = [textwrap.fill(label, letters, drop_whitespace=False) for label in labels]
    lines = -(-sum(text.count("\n") + 1 for text in texts) // columns)
    figure.set_figheight(figure.get_figheight() + lines * LINE_IN)
    figure.legend(handles, texts, loc="outside lower center", ncols=columns)


def _write(figure: matplotlib.figure.Figure, path: Path) -> None:
    make_folder(path.absolute().parent)
    undated = {"Date": None} if path.suffix == ".svg" else None
    with replacing(path) as partial, warnings.catch_warnings():
        # Letters that the font lacks are drawn as boxes. Nobody needs a warning for each.
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(partial, metadata=undated)


def as_plot_text(name: str) -> str:
    """Returns a name as matplotlib can draw it.

    Bytes that are no UTF-8 and control characters are written like `%1B`. Dollar signs are escaped,
    between which it would take the text for a formula. An underscore at the beginning, which would
    keep the name out of the legend, gets a space before it.
    """
    text = printable(name).replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


def score_label(score: str) -> str:
    """Returns the label of an axis with a score, with its unit if it has one."""
    return f"{score} score (surprise)" if is_local(score) else f"{score} score"
