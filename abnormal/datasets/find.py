"""Recognises the layout of a folder, and finds the videos in it."""

import logging
from dataclasses import dataclass, field
from pathlib import Path

from abnormal.datasets import avenue, folder
from abnormal.datasets.demo import find_demo
from abnormal.datasets.drawn import find_drawn
from abnormal.datasets.labels.attach import attach_labels, find_labels
from abnormal.datasets.layout import list_untaken
from abnormal.datasets.layouts import AUTO, DEMO, DRAWN, FOLDER, LAYOUTS
from abnormal.datasets.no_footage import why_no_footage
from abnormal.datasets.source import SourceVideo
from abnormal.datasets.walk import PassedOver
from abnormal.errors import AbnormalError
from abnormal.files import list_folder
from abnormal.video.pictures import PICTURE_SUFFIXES

log = logging.getLogger(__name__)


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
        else _find_known(layout, dataset_folder)
    )
    passed_over.log_summary()
    if not videos:
        raise AbnormalError(
            f"There is no video in {root}, at any depth. Expected: files such as .mp4 or .avi, "
            f"or folders of pictures ({', '.join(PICTURE_SUFFIXES)})."
        )
    labels = labels or _find_labels(root, dataset_folder)
    videos, notes = attach_labels(videos, labels) if labels else (videos, [])
    return Dataset(layout, reason, videos, notes, passed_over)


def _find_known(layout: str, root: Path) -> tuple[list[SourceVideo], PassedOver]:
    """Finds the videos of a data set by its layout, and says which are there besides or twice."""
    found = LAYOUTS[layout]().find(root)
    videos: dict[tuple[str, str], SourceVideo] = {}
    for video in found:
        videos.setdefault((video.split, video.name), video)
    again = [video for video in found if video not in videos.values()]
    if again:
        first = videos[again[0].split, again[0].name]
        log.info(
            "%d videos are there twice, and the first is taken: %s, not %s, for example",
            *(len(again), first.path, again[0].path),
        )
    paths = {path for v in found for path in (v.path, v.annotation_path, v.mask_path) if path}
    demos = {masks.parent for masks in root.glob(f"*/{avenue.MASKS}")}  # with videos of results
    untaken = list_untaken(root, paths | demos)
    if untaken:
        log.warning(
            "%d videos have no place in the layout %s and are passed over, such as %s. To read all "
            "as a plain folder, say --dataset folder.",
            *(len(untaken), layout, untaken[0]),
        )
    why = f"it has no place in the layout {layout}"
    return list(videos.values()), PassedOver(unread=dict.fromkeys(untaken, why))


def _find_labels(root: Path, dataset_folder: Path) -> Path | None:
    """Finds labels in the folder of a data set, or beside it in the folder that the user named.

    Raises:
        AbnormalError: There are labels in both.
    """
    places = [place for place in dict.fromkeys((dataset_folder, root)) if place.is_dir()]
    found = [labels for place in places if (labels := find_labels(place))]
    if len(found) > 1:
        raise AbnormalError(f"There are labels at {found[0]} and {found[1]}. Choose with --labels.")
    return found[0] if found else None


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
        if LAYOUTS[dataset]().find(root):  # its folders have other contents than usually
            return dataset, root, "--dataset says so"
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
