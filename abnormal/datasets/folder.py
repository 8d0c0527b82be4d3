"""A folder of one's own videos, at any depth; a folder of pictures is a video too.

    my_videos/
      normal_week1/gate.mp4 ...     `normal*` and `train*`: normal, for training
      loitering/gate3.mp4 ...       any other sub-folder: tested, its name is the situation
      yard.mp4 ...                  videos beside the sub-folders: training
      labels.csv, labels/           what is abnormal in them: no videos

Where two or more sub-folders have a `normal*` or `train*` of their own, each is a camera's:

    my_videos/
      gate/normal/monday.mp4 ...
      gate/loitering/tuesday.mp4 ...
      yard/normal/monday.mp4 ...

A folder of frames that this program has made, with its manifest, is passed over.
Without sub-folders all videos are for training, or what `--split` says. Pictures beside videos,
such as posters and snapshots, are no video.
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
    """The videos below a folder.

    Args:
        root: The folder, or one video file.
        split: For all videos, in place of what the names of the folders say.
    """
    paths = _walk(root, find_labels(root)) if root.is_dir() else [root]
    base = root if root.is_dir() else root.parent
    taken: Counter[str] = Counter()
    for path in paths:  # a video is not put into the folder of another one's frames
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
    """The sub-folders that are cameras' own; none where there is one at most."""
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
