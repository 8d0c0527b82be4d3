"""The layouts of data sets, by the names that `--dataset` takes.

The module of a layout has two functions: `find_markers(root)` names the files or folders by which a
data set is recognised, and `find(root)` lists its videos. The modules are imported only when they
are needed, because `--help` shows the names and must be fast.
"""

from collections.abc import Callable
from types import ModuleType

AUTO, FOLDER, DEMO = "auto", "folder", "demo"


def _avenue() -> ModuleType:
    from abnormal.datasets import avenue

    return avenue


def _ucsd() -> ModuleType:
    from abnormal.datasets import ucsd

    return ucsd


def _shanghaitech() -> ModuleType:
    from abnormal.datasets import shanghaitech

    return shanghaitech


def _frame_folder() -> ModuleType:
    from abnormal.datasets import frame_folder

    return frame_folder


# `auto` tries these in order. A folder with none of them is read as a plain folder.
LAYOUTS: dict[str, Callable[[], ModuleType]] = {
    "avenue": _avenue,
    "ucsd": _ucsd,
    "shanghaitech": _shanghaitech,
    "frame_folder": _frame_folder,
}

# Drawn places; see `abnormal.datasets.life.places`.
DRAWN = ("street", "square", "hall")

DATASETS = (AUTO, FOLDER, *LAYOUTS, DEMO, *DRAWN)
