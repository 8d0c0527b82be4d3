"""A plain folder of the user's own videos, at any depth. A folder of pictures is a video, too.

    my_videos/
      normal_week1/gate.mp4 ...     `normal*` and `train*`: normal videos, for training
      loitering/gate3.mp4 ...       any other sub-folder: test videos; its name is the situation
      yard.mp4 ...                  videos beside the sub-folders: for training
      labels.csv, labels/           labels of the videos above

If two or more sub-folders have a `normal*` or `train*` of their own, each belongs to a camera:

    my_videos/
      gate/normal/monday.mp4 ...
      gate/loitering/tuesday.mp4 ...
      yard/normal/monday.mp4 ...

Without sub-folders, all videos are for training unless `--split` says otherwise. Folders of frames
that this program has made, with a manifest, are ignored, and so are pictures beside videos, such as
posters and snapshots.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from abnormal.datasets.labels.attach import find_labels
from abnormal.datasets.source import TESTING, TRAINING, SourceVideo
from abnormal.files import list_folder
from abnormal.frames.manifest import MANIFEST
from abnormal.video.decode import is_video, open_video
from abnormal.video.pictures import is_picture, open_pictures


def find(root: Path, split: str | None = None) -> list[SourceVideo]:
    """Lists the videos below a folder.

    Args:
        root: The folder, or a single video file.
        split: `"training"` or `"testing"` for all videos. None stands for the split that the
            names of the sub-folders imply.
    """
    paths = _walk(root, find_labels(root)) if root.is_dir() else [root]
    base = root if root.is_dir() else root.parent
    taken: Counter[str] = Counter()
    for path in paths:  # no video may get a folder inside that of another video's frames
        name = _name(path, base)
        taken.update([name, *map(str, Path(name).parents)])
    cameras = _cameras(map(Path, taken))
    return [_video(path, base, split, taken, cameras) for path in paths]


def _walk(folder: Path, labels: Path | None = None) -> list[Path]:
    entries = [entry for entry in list_folder(folder) if entry != labels]
    found = []
    for entry in entries:
        if entry.is_dir():
            found += [] if _is_loop(entry) or (entry / MANIFEST).is_file() else _walk(entry)
        elif is_video(entry):
            found.append(entry)
    pictures = sum(is_picture(entry) for entry in entries)
    beside_videos = any(path.is_file() for path in found)
    return found if beside_videos or pictures <= len(found) else [folder]


def _is_loop(folder: Path) -> bool:
    return folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve())


def _name(path: Path, root: Path) -> str:
    relative = path.relative_to(root)
    if path == root:
        return root.resolve().name
    return str(relative if path.is_dir() else relative.with_suffix(""))


def _is_normal(folder: str) -> bool:
    return bool(re.match(r"(?i)normal|train", folder))


def _cameras(names: Iterable[Path]) -> set[str]:
    """Returns the sub-folders that belong to cameras; an empty set if there are fewer than two."""
    found = {n.parts[0] for n in names if len(n.parts) > 2 and _is_normal(n.parts[1])}
    found = {folder for folder in found if not _is_normal(folder)}
    return found if len(found) > 1 else set()


def _video(
    path: Path, root: Path, split: str | None, taken: Counter[str], cameras: set[str]
) -> SourceVideo:
    name = _name(path, root)
    if taken[name] > 1:  # gate.avi beside gate.mp4, or beside gate/
        name = f"{name}_{path.suffix.lstrip('.') or 'frames'}"
    folders = Path(name).parts[:-1]
    camera = folders[0] if folders and folders[0] in cameras else ""
    situation = next(iter(folders[1:] if camera else folders), "")
    normal = not situation or _is_normal(situation)
    return SourceVideo(
        name=name,
        split=split or (TRAINING if normal else TESTING),
        open_frames=partial(open_pictures if path.is_dir() else open_video, path),
        path=path,
        situation="" if normal else situation,
        camera=camera,
    )
