"""Writes `report.html`, a page that opens from the disk, without a network and without a server.

The tables are written here. The scripts in `page_files/` draw the curves, with Bokeh, and control
the videos. Bokeh's own script is taken from the installed package.
"""

import importlib.resources
from datetime import datetime
from pathlib import Path

import jinja2
import markupsafe
from bokeh.resources import Resources

from abnormal.replacing import replacing
from abnormal.report import page_tables
from abnormal.report.contents import Contents
from abnormal.report.page_data import page_data

SCRIPTS = ("data.js", "plots.js", "curves.js", "player.js", "events.js", "start.js")
"""Names of the scripts in `page_files/`, in the order in which they run."""


def write_page(path: Path, contents: Contents, written: datetime) -> None:
    """Writes the page as a whole or, if that fails, not at all.

    Args:
        path: The page, in the folder of results beside the videos and pictures that it shows.
        contents: What the page shows.
        written: The time of writing that the page shows.

    Raises:
        AbnormalError: The page cannot be written.
    """
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,  # names of videos and models may have any characters
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template("report.html").render(
        contents=contents,
        data=page_data(contents),
        tables=page_tables,
        written=f"{written:%Y-%m-%d %H:%M}",
        style=_unescaped("report.css"),
        library=_library(),
        scripts=markupsafe.Markup("\n").join(map(_unescaped, SCRIPTS)),
    )
    with replacing(path) as partial:
        # Names of files that are not valid text are shown with question marks.
        partial.write_text(text, "utf-8", errors="replace")


def _library() -> markupsafe.Markup:
    """Returns Bokeh's script with its interface for other scripts. It includes its licence."""
    files = Resources(mode="inline", components=["bokeh", "bokeh-api"]).js_raw
    return markupsafe.Markup("\n").join(map(markupsafe.Markup, files))


def _unescaped(name: str) -> markupsafe.Markup:
    return markupsafe.Markup(_read(name))


def _read(name: str) -> str:
    return (importlib.resources.files("abnormal.report") / "page_files" / name).read_text("utf-8")
