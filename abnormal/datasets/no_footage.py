"""Recognises folders among the user's videos that hold no footage of theirs.

They have masks, or were written by this program, or by a system for itself: a recycle bin has what
was deleted, perhaps because it is not normal.
"""

from pathlib import Path

from abnormal.datasets.source import TESTING, TRAINING
from abnormal.frames.manifest import RECORD, is_img
from abnormal.frames.writer import frame_path

MASK_FOLDERS = ("gt", "ground_truth", "groundtruth", "labels", "masks")
"""Names of folders of masks, in lower case, unless there are videos in them."""

_MASK_MARKS = ("_gt", "_mask", "_masks", "_label", "_labels", "_annotation", "_annotations")

_RESULTS = (
    ("scores.csv", "events.csv", "metrics.json"),
    (".unfinished/run.json",),
    ("events.jsonl", "clips"),
    ("events.jsonl", "thumbnails"),
)
"""What `test_model.py` has written where all names of a row are: the tables of files, what is kept
until these are complete, and the events of live cameras with what belongs to them."""

_OF_SYSTEMS = {
    *("#recycle", "#snapshot", "@eadir", "@recently-snapshot", "@recycle", "@tmp"),  # NAS
    *("$recycle.bin", "recycler", "system volume information"),  # Windows
    *("lost+found", "__macosx"),
}


def video_of_masks(folder: Path) -> str | None:
    """Returns the name of the video whose masks a folder has by its name: `gate` for `gate_gt`."""
    name = folder.name.lower()
    return next((folder.name[: -len(m)] for m in _MASK_MARKS if name.endswith(m)), None)


def why_no_footage(folder: Path) -> str:
    """Says why a folder is not looked into; empty if it may have footage."""
    if folder.name.lower() in _OF_SYSTEMS:
        return "a system keeps deleted files, snapshots or thumbnails in it"
    if _holds_own_frames(folder) and not _is_among_own_frames(folder.parent):
        return "it has frames that this program made"
    if any(all((folder / name).exists() for name in names) for names in _RESULTS):
        return "it has results of this program"
    return ""


def _holds_own_frames(folder: Path) -> bool:
    """Whether a folder is `img/` or has a video of it. Who links a video here wants its frames."""
    holds_video = (folder / RECORD).is_file() and frame_path(folder, 0).is_file()
    return is_img(folder) or (holds_video and not folder.is_symlink())


def _is_among_own_frames(folder: Path) -> bool:
    """Whether a folder is `img/` or below: its frames are then what the user has asked for."""
    place = folder.absolute()
    splits = (p for p in (place, *place.parents) if p.name in (TRAINING, TESTING))
    return is_img(place) or any(is_img(split.parent) for split in splits)
