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
posters and snapshots. `datasets/walk.py` says what counts as a video.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from abnormal.datasets.labels.attach import find_labels
from abnormal.datasets.source import TESTING, TRAINING, SourceVideo
from abnormal.datasets.walk import PassedOver, walk
from abnormal.errors import AbnormalError
from abnormal.printable import as_file_name
from abnormal.video.decode import open_video
from abnormal.video.pages import has_pages, open_pages
from abnormal.video.pictures import open_pictures
from abnormal.video.stream import FrameStream


def find(root: Path, split: str | None = None) -> list[SourceVideo]:
    """Lists the videos below a folder; see `find_all`."""
    return find_all(root, split)[0]


def find_all(root: Path, split: str | None = None) -> tuple[list[SourceVideo], PassedOver]:
    """Lists the videos below a folder, and what else lies there.

    Args:
        root: The folder, or a single video file.
        split: `"training"` or `"testing"` for all videos. None stands for the split that the
            names of the sub-folders imply.

    Raises:
        AbnormalError: It is neither a folder nor a file, or the folder may not be read.
    """
    if root.is_dir():
        found = walk(root, find_labels(root))
        paths, passed_over, base = found.videos, found.passed_over, root
    elif root.is_file():
        paths, passed_over, base = [root], PassedOver(), root.parent
    else:
        raise AbnormalError(
            f"{root} is a pipe, a socket or a device. Expected: a video file or a folder."
        )
    taken: Counter[str] = Counter()
    for path in paths:  # no video may get a folder inside that of another video's frames
        name = _name(path, base)
        taken.update([name, *map(str, Path(name).parents)])
    cameras = _cameras(map(Path, taken))
    return [_video(path, base, split, taken, cameras) for path in paths], passed_over


def _name(path: Path, root: Path) -> str:
    relative = path.relative_to(root)
    if path == root:
        return as_file_name(root.resolve().name)
    plain = relative if path.is_dir() else relative.with_suffix("")
    return "/".join(map(as_file_name, plain.parts))


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
        open_frames=partial(_opener(path), path),
        path=path,
        situation="" if normal else situation,
        camera=camera,
    )


def _opener(path: Path) -> Callable[[Path], AbstractContextManager[FrameStream]]:
    if path.is_dir():
        return open_pictures
    return open_pages if has_pages(path) else open_video
