"""Marks videos under `img/` that are not used although there are frames of an earlier run.

What has changed since, the file of the video or its labels, could not be extracted. To use the
earlier frames would be to train on another video, or to test with labels that were corrected.
"""

from pathlib import Path

from abnormal.printable import printable
from abnormal.reading import first_line, read_bytes
from abnormal.replacing import replacing

LEFT_OUT = "left_out.txt"
"""Name of the mark, which says why, in the folder of the frames."""


def leave_out(folder: Path, why: str) -> None:
    """Keeps a video out of the manifest until it is extracted again; its frames stay.

    Args:
        folder: The folder of its frames.
        why: What is wrong with its source or its labels.
    """
    with replacing(folder / LEFT_OUT) as partial:
        partial.write_text(printable(first_line(why)) + "\n", "utf-8")


def why_left_out(folder: Path) -> str:
    """Returns why the video in a folder is kept out of the manifest; empty if it is not."""
    try:
        return printable(first_line(read_bytes(folder / LEFT_OUT).decode("utf-8", "replace")))
    except FileNotFoundError:
        return ""


def take_in(folder: Path) -> None:
    """Lets the manifest have the video in a folder again."""
    (folder / LEFT_OUT).unlink(missing_ok=True)
