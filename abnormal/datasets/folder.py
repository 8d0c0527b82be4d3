"""A plain folder of the user's own videos, at any depth. A folder of pictures is a video, too.

    my_videos/
      normal_week1/gate.mp4 ...     `normal*` and `train*`: normal videos, for training
      loitering/gate3.mp4 ...       any other sub-folder: test videos; its name is the situation
      yard.mp4 ...                  videos beside the sub-folders: for training
      running/0001.jpg ...          a folder of pictures: likewise a sub-folder, and a video
      labels.csv, labels/           labels of the videos above

If two or more sub-folders have a `normal*` or `train*` of their own, each belongs to a camera:

    my_videos/
      gate/normal/monday.mp4 ...
      gate/loitering/tuesday.mp4 ...
      yard/normal/monday.mp4 ...

Without sub-folders, all videos are for training unless `--split` says otherwise. Folders of
pictures are then videos like others, as long as none of them is called normal. Frames and results
that this program has written are passed over, and so are pictures beside videos, such as posters
and snapshots. `datasets/walk.py` says what counts as a video.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import NamedTuple

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
    names = _distinct_names(paths, base)
    folders = {path: _folders(path, base) for path in paths}
    cameras = _cameras(folders.values())
    places = {path: _place(folders[path], cameras) for path in paths}
    with_normal = {place.camera for place in places.values() if _is_normal(place.situation)}
    return [
        _video(path, names[path], split, places[path], places[path].camera in with_normal)
        for path in paths
    ], passed_over


def _distinct_names(paths: Sequence[Path], root: Path) -> dict[Path, str]:
    """Names the videos so that none gets a folder inside that of another one's frames."""
    plain = {path: _plain_name(path, root) for path in paths}
    taken = Counter(
        place for name in plain.values() for place in (name, *map(str, Path(name).parents))
    )
    names: dict[Path, str] = {}
    for path, name in plain.items():
        if taken[name] > 1:  # gate.avi beside gate.mp4, or beside gate/
            ending = path.suffix.lstrip(".") or "frames"
            name = f"{name}_{ending}"
            while name in taken or name in names.values():
                name = f"{name}_{ending}"
        names[path] = name
    return names


def _plain_name(path: Path, root: Path) -> str:
    relative = path.relative_to(root)
    if path == root:
        return as_file_name(root.resolve().name)
    plain = relative if path.is_dir() else relative.with_suffix("")
    return "/".join(map(as_file_name, plain.parts))


def _folders(path: Path, root: Path) -> tuple[str, ...]:
    """Returns the folders below the root that a video is in, among them one of its pictures."""
    parts = tuple(map(as_file_name, path.relative_to(root).parts))
    return parts if path.is_dir() else parts[:-1]


def _is_normal(folder: str) -> bool:
    return bool(re.match(r"(?i)normal|train", folder))


def _cameras(places: Iterable[Sequence[str]]) -> set[str]:
    """Returns the sub-folders that belong to cameras; an empty set if there are fewer than two."""
    found = {folders[0] for folders in places if len(folders) > 1 and _is_normal(folders[1])}
    found = {folder for folder in found if not _is_normal(folder)}
    return found if len(found) > 1 else set()


class _Place(NamedTuple):
    """The folders that a video is in: that of its camera, that of its situation, and others."""

    camera: str
    situation: str
    others: tuple[str, ...]


def _place(folders: tuple[str, ...], cameras: set[str]) -> _Place:
    camera = folders[0] if folders and folders[0] in cameras else ""
    situation, *others = (folders[1:] if camera else folders) or ("",)
    return _Place(camera, situation, tuple(others))


def _video(
    path: Path, name: str, split: str | None, place: _Place, beside_normal: bool
) -> SourceVideo:
    # Where no folder is called normal, folders of pictures are videos without a situation.
    is_plain = path.is_dir() and not place.others and not beside_normal
    normal = is_plain or not place.situation or _is_normal(place.situation)
    return SourceVideo(
        name=name,
        split=split or (TRAINING if normal else TESTING),
        open_frames=partial(_opener(path), path),
        path=path,
        situation="" if normal else place.situation,
        camera=place.camera,
    )


def _opener(path: Path) -> Callable[[Path], AbstractContextManager[FrameStream]]:
    if path.is_dir():
        return open_pictures
    return open_pages if has_pages(path) else open_video
