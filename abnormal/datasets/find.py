"""Which layout a folder has, and the videos in it."""

from dataclasses import dataclass
from pathlib import Path

from abnormal.datasets import avenue, folder
from abnormal.datasets.demo import find_demo
from abnormal.datasets.labels.attach import attach_labels, find_labels
from abnormal.datasets.layouts import AUTO, DEMO, FOLDER, LAYOUTS
from abnormal.datasets.source import SourceVideo
from abnormal.errors import AbnormalError
from abnormal.files import list_folder
from abnormal.video.pictures import PICTURE_SUFFIXES


@dataclass(frozen=True)
class Found:
    """The videos of a data set, and how it was read.

    Attributes:
        layout: A name in `layouts.DATASETS`.
        reason: Which folder was taken for it, and why, for the user.
        videos: All of them.
        remarks: What else the user should know, a sentence each.
    """

    layout: str
    reason: str
    videos: list[SourceVideo]
    remarks: list[str]


def find_videos(
    dataset: str, root: Path | None, split: str | None = None, labels: Path | None = None
) -> Found:
    """Finds the videos of a data set.

    Args:
        dataset: A name in `layouts.DATASETS`.
        root: Where it lies, or the folder that it lies in; not needed for the demo, which is drawn.
        split: For all videos of a plain folder, in place of what the names of folders say.
        labels: In place of those that are found in the folder.

    Raises:
        AbnormalError: The folder is missing, has another layout, or nothing usable is in it.
    """
    if dataset == DEMO:
        return Found(DEMO, "it is drawn", find_demo(), [])
    if root is None:
        raise AbnormalError("Which videos? Name a folder: --videos FOLDER, or --dataset demo.")
    if not root.exists():
        raise AbnormalError(f"There is no folder {root}. Check the path given to --videos.")
    layout, home, reason = _recognise(dataset, root)
    if split and layout != FOLDER:
        raise AbnormalError(
            f"{home} is read as {layout}, which says itself what is for training. Leave --split "
            "out, or read it as a plain folder with --dataset folder."
        )
    videos = folder.find(home, split) if layout == FOLDER else LAYOUTS[layout]().find(home)
    if not videos:
        raise AbnormalError(
            f"There is no video in {root}, at any depth. Expected: files such as .mp4 or .avi, "
            f"or folders of pictures ({', '.join(PICTURE_SUFFIXES)})."
        )
    labels = labels or (find_labels(home) if home.is_dir() else None)
    videos, remarks = attach_labels(videos, labels) if labels else (videos, [])
    return Found(layout, reason, videos, remarks)


def _recognise(dataset: str, root: Path) -> tuple[str, Path, str]:
    """The layout of a folder or of the one in it that has it, that folder, and the reason."""
    wanted = {AUTO: list(LAYOUTS), FOLDER: []}.get(dataset, [dataset])
    home = root if _evidence(root, wanted) else _only_one_in(root, wanted)
    if home:
        layout, evidence = _evidence(home, wanted)[0]
        return layout, home, f"{home} has {evidence}"
    if dataset not in (AUTO, FOLDER):
        raise AbnormalError(
            f"{root} is not laid out as {dataset}: see `abnormal/datasets/{dataset}.py` for its "
            "folders, or let --dataset auto look."
        )
    return FOLDER, root, f"{root} has not the folders of {', '.join(LAYOUTS)}"


def _evidence(place: Path, layouts: list[str]) -> list[tuple[str, str]]:
    """The layouts that a folder has, each with the reason."""
    found = [(name, LAYOUTS[name]().evidence(place)) for name in layouts]
    return [(name, evidence) for name, evidence in found if evidence]


def _only_one_in(root: Path, layouts: list[str]) -> Path | None:
    """The one folder in a folder that has a known layout, as archives unpack.

    None where there are several, or other videos beside it, which would be passed over.
    """
    folders = [entry for entry in list_folder(root) if entry.is_dir()] if root.is_dir() else []
    known = [entry for entry in folders if _evidence(entry, layouts)]
    if len(known) != 1:
        return None
    spoken_for = {known[0], *(entry for entry in folders if (entry / avenue.MASKS).is_dir())}
    others = [v for v in folder.find(root) if v.path and not spoken_for & {v.path, *v.path.parents}]
    return None if others else known[0]
