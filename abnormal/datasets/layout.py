"""Lists the videos and frame folders in a folder, for the readers of several layouts."""

import re
from collections.abc import Collection
from pathlib import Path

from abnormal.datasets.no_footage import MASK_FOLDERS, video_of_masks, why_no_footage
from abnormal.files import list_folder
from abnormal.video.decode import is_video
from abnormal.video.pictures import is_picture

KNOWN_FPS = {"ped1": 10.0, "ped2": 10.0, "avenue": 25.0, "shanghai": 24.0}
"""Frames per second of known data sets, by how a word in the folder's name begins.

Pictures have no time stamps, so the frame rate cannot be read from the files.
"""


def known_fps(folder: Path) -> float | None:
    """Returns the frame rate of the data set that a folder is named after; None for any other."""
    name = folder.resolve().name.lower()
    for known, fps in KNOWN_FPS.items():
        if re.search(rf"(?<![a-z0-9])(?:ucsd|cuhk)?{known}(?!\d)", name):  # not cropped2
            return fps
    return None


def list_videos(folder: Path) -> list[Path]:
    """Lists the video files directly in a folder, in natural order.

    Returns:
        The paths; an empty list if the folder does not exist.
    """
    entries = list_folder(folder) if folder.is_dir() else []
    return [path for path in entries if path.is_file() and is_video(path)]


def list_frame_folders(folder: Path) -> list[Path]:
    """Lists the sub-folders that contain the frames of a video as pictures, in natural order.

    Returns:
        The paths; an empty list if the folder does not exist.
    """
    entries = list_folder(folder) if folder.is_dir() else []
    return [entry for entry in entries if entry.is_dir() and is_frame_folder(entry)]


def is_frame_folder(folder: Path) -> bool:
    """Returns whether a folder directly contains pictures, which are then the frames of a video."""
    return any(is_picture(path) for path in list_folder(folder))


def existing_folders(root: Path, *names: str | Path) -> str:
    """Names those of several sub-folders that exist, such as `"Train/ and Test/"`.

    Args:
        root: The folder.
        names: Paths of the sub-folders relative to it.

    Returns:
        Text for a message; empty if none of them exists.
    """
    return " and ".join(f"{name}/" for name in names if (root / name).is_dir())


def list_untaken(root: Path, taken: Collection[Path]) -> list[Path]:
    """Lists the videos of a data set that have no place in its layout, without looking into files.

    Args:
        root: The folder of the data set.
        taken: Videos, labels and masks that have one, and other folders that are known.

    Returns:
        Video files and folders of pictures, except masks, in natural order.
    """
    found = []
    for entry in list_folder(root):
        if entry in taken:
            continue
        if not entry.is_dir():
            found += [entry] if is_video(entry) else []
        elif not (entry.is_symlink() or _is_known_to_have_none(entry)):
            found += [entry] if is_frame_folder(entry) else list_untaken(entry, taken)
    return found


def _is_known_to_have_none(folder: Path) -> bool:
    is_masks = folder.name.lower() in MASK_FOLDERS or video_of_masks(folder) is not None
    return is_masks or bool(why_no_footage(folder))
