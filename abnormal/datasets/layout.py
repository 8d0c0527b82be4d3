"""Lists the videos and frame folders in a folder, for the readers of several layouts."""

from pathlib import Path

from abnormal.files import list_folder
from abnormal.video.decode import is_video
from abnormal.video.pictures import is_picture


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
