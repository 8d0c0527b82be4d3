"""Recognises the layout of a folder, and finds the videos in it."""

from dataclasses import dataclass, field
from pathlib import Path

from abnormal.datasets import avenue, folder
from abnormal.datasets.demo import find_demo
from abnormal.datasets.drawn import find_drawn
from abnormal.datasets.labels.attach import attach_labels, find_labels
from abnormal.datasets.layouts import AUTO, DEMO, DRAWN, FOLDER, LAYOUTS
from abnormal.datasets.no_footage import why_no_footage
from abnormal.datasets.source import SourceVideo
from abnormal.datasets.walk import PassedOver
from abnormal.errors import AbnormalError
from abnormal.files import list_folder
from abnormal.video.pictures import PICTURE_SUFFIXES


@dataclass(frozen=True)
class Dataset:
    """The videos of a data set, and the layout by which they were found.

    Attributes:
        layout: A name in `layouts.DATASETS`.
        reason: Which folder was recognised, and by what, as text for a message.
        videos: All videos of the data set.
        notes: Messages to the user about labels.
        passed_over: What else lies in a plain folder.
    """

    layout: str
    reason: str
    videos: list[SourceVideo]
    notes: list[str]
    passed_over: PassedOver = field(default_factory=PassedOver)


def find_videos(
    dataset: str, root: Path | None, split: str | None = None, labels: Path | None = None
) -> Dataset:
    """Finds the videos of a data set.

    Args:
        dataset: A name in `layouts.DATASETS`.
        root: Folder of the data set, or its parent folder. Drawn footage needs none.
        split: `"training"` or `"testing"` for all videos of a plain folder. None stands for the
            split that the names of its sub-folders imply.
        labels: File or folder of labels to use instead of labels found in the data set.

    Raises:
        AbnormalError: The folder is missing, has another layout, or contains no videos.
    """
    if dataset == DEMO:
        return Dataset(DEMO, "it is drawn", find_demo(), [])
    if dataset in DRAWN:
        return Dataset(dataset, "it is drawn", find_drawn(dataset), [])
    if root is None:
        raise AbnormalError("Which videos? Name a folder: --videos FOLDER, or --dataset demo.")
    if not root.exists():
        raise AbnormalError(f"There is no folder {root}. Check the path given to --videos.")
    layout, dataset_folder, reason = _recognise(dataset, root)
    if split and layout != FOLDER:
        raise AbnormalError(
            f"{dataset_folder} is read as {layout}, which says itself what is for training. Leave "
            "--split out, or read it as a plain folder with --dataset folder."
        )
    videos, passed_over = (
        folder.find_all(dataset_folder, split)
        if layout == FOLDER
        else (LAYOUTS[layout]().find(dataset_folder), PassedOver())
    )
    passed_over.log_summary()
    if not videos:
        raise AbnormalError(
            f"There is no video in {root}, at any depth. Expected: files such as .mp4 or .avi, "
            f"or folders of pictures ({', '.join(PICTURE_SUFFIXES)})."
        )
    labels = labels or (find_labels(dataset_folder) if dataset_folder.is_dir() else None)
    videos, notes = attach_labels(videos, labels) if labels else (videos, [])
    return Dataset(layout, reason, videos, notes, passed_over)


def _recognise(dataset: str, root: Path) -> tuple[str, Path, str]:
    """Recognises the layout of a folder, or of the only data set in it.

    Returns:
        The name of the layout, the folder of the data set, and the reason as text for a message.
    """
    wanted = {AUTO: list(LAYOUTS), FOLDER: []}.get(dataset, [dataset])
    dataset_folder = root if _matching_layouts(root, wanted) else _only_dataset_in(root, wanted)
    if dataset_folder:
        layout, markers = _matching_layouts(dataset_folder, wanted)[0]
        return layout, dataset_folder, f"{dataset_folder} has {markers}"
    if dataset not in (AUTO, FOLDER):
        raise AbnormalError(
            f"{root} is not laid out as {dataset}: docs/DATA.md shows its folders, and --dataset "
            "auto looks for any."
        )
    what = f"has none of the folders of {', '.join(LAYOUTS)}" if root.is_dir() else "is a file"
    return FOLDER, root, f"{root} {what}"


def _matching_layouts(candidate: Path, layouts: list[str]) -> list[tuple[str, str]]:
    """Returns the layouts that a folder has, each with the markers by which it is recognised."""
    found = [(name, LAYOUTS[name]().find_markers(candidate)) for name in layouts]
    return [(name, markers) for name, markers in found if markers]


def _only_dataset_in(root: Path, layouts: list[str]) -> Path | None:
    """Returns the only sub-folder with a known layout: archives often unpack into a sub-folder.

    None if there are several, or if there are videos outside it, which would be ignored.
    """
    entries = list_folder(root) if root.is_dir() else []
    folders = [entry for entry in entries if entry.is_dir() and not why_no_footage(entry)]
    known = [entry for entry in folders if _matching_layouts(entry, layouts)]
    if len(known) != 1:
        return None
    used = {known[0], *(entry for entry in folders if (entry / avenue.MASKS).is_dir())}
    others = [v for v in folder.find(root) if v.path and not used & {v.path, *v.path.parents}]
    return None if others else known[0]
