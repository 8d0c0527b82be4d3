"""`report.html`: one page that opens from the disk, without a network and without a server.

What it says stands in its tables, written here; its script draws the curves and moves the videos.
The script of the library that draws comes out of that library's own package.
"""

import importlib.resources
from datetime import datetime
from pathlib import Path

import jinja2
import markupsafe
from bokeh.resources import Resources

from abnormal.files import replacing
from abnormal.report import page_tables
from abnormal.report.contents import Contents
from abnormal.report.page_data import page_data

SCRIPTS = ("data.js", "plots.js", "curves.js", "overall.js", "player.js", "events.js", "start.js")


def write_page(path: Path, contents: Contents, written: datetime) -> None:
    """Writes the page, whole or not at all.

    Args:
        path: In the folder of results, beside the videos and pictures that it shows.
        contents: What it shows.
        written: The time that it tells.

    Raises:
        AbnormalError: It cannot be written.
    """
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,  # names come from anybody's disk
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template("report.html").render(
        contents=contents,
        data=page_data(contents),
        tables=page_tables,
        written=f"{written:%Y-%m-%d %H:%M}",
        style=_as_it_is("report.css"),
        library=_library(),
        scripts=markupsafe.Markup("\n").join(map(_as_it_is, SCRIPTS)),
    )
    with replacing(path) as partial:
        # A name that is no text in any encoding is shown with a question mark.
        partial.write_text(text, "utf-8", errors="replace")


def _library() -> markupsafe.Markup:
    """Bokeh's script, and its interface for other scripts; the licence stands in it."""
    files = Resources(mode="inline", components=["bokeh", "bokeh-api"]).js_raw
    return markupsafe.Markup("\n").join(map(markupsafe.Markup, files))


def _as_it_is(name: str) -> markupsafe.Markup:
    return markupsafe.Markup(_read(name))


def _read(name: str) -> str:
    return (importlib.resources.files("abnormal.report") / "page_files" / name).read_text("utf-8")
