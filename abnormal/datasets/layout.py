"""What is in a folder: what the readers of several layouts share."""

from pathlib import Path

from abnormal.files import list_folder
from abnormal.video.decode import is_video
from abnormal.video.pictures import is_picture


def list_videos(folder: Path) -> list[Path]:
    """The video files directly in a folder, in natural order; none where there is no folder."""
    entries = list_folder(folder) if folder.is_dir() else []
    return [path for path in entries if path.is_file() and is_video(path)]


def list_frame_folders(folder: Path) -> list[Path]:
    """The folders in a folder with pictures directly in them: each a video, cut into frames."""
    entries = list_folder(folder) if folder.is_dir() else []
    return [entry for entry in entries if entry.is_dir() and is_frame_folder(entry)]


def is_frame_folder(folder: Path) -> bool:
    """Whether there are pictures directly in a folder: one video, cut into its frames."""
    return any(is_picture(path) for path in list_folder(folder))


def there(root: Path, *places: str | Path) -> str:
    """Which of these folders there are in a folder, in words; empty where there is none."""
    return " and ".join(f"{place}/" for place in places if (root / place).is_dir())
