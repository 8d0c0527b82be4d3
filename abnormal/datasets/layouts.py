"""The layouts of data sets, by the names that `--dataset` takes.

The module of a layout has `evidence(root)`, which says why a folder is taken to have this layout,
and `find(root)`, which gives the videos in it. It is imported when it is asked for: `--help` shows
the names, and has to answer at once.
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


# What `auto` looks for, in this order; anything else is a plain folder.
LAYOUTS: dict[str, Callable[[], ModuleType]] = {
    "avenue": _avenue,
    "ucsd": _ucsd,
    "shanghaitech": _shanghaitech,
    "frame_folder": _frame_folder,
}

DATASETS = (AUTO, FOLDER, *LAYOUTS, DEMO)
