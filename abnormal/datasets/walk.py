"""Finds the videos below a folder, and accounts for every other file that lies there."""

import logging
import os
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from abnormal.datasets.no_footage import MASK_FOLDERS, video_of_masks, why_no_footage
from abnormal.errors import AbnormalError
from abnormal.files import list_folder, natural_key
from abnormal.video.decode import is_video
from abnormal.video.pages import has_pages
from abnormal.video.pictures import is_picture
from abnormal.video.probe import holds_video, is_no_video

log = logging.getLogger(__name__)


@dataclass
class PassedOver:
    """Files and folders that are not read, by the reason.

    Attributes:
        harmless: Those without which no footage is lost, such as texts and pictures beside videos.
        unread: Those that might have been meant as videos.
    """

    harmless: dict[Path, str] = field(default_factory=dict)
    unread: dict[Path, str] = field(default_factory=dict)

    def log_summary(self) -> None:
        """Logs a count by suffix, and at level DEBUG each name."""
        reasons = self.unread | self.harmless
        if not reasons:
            return
        kinds = Counter(path.suffix.lower() or path.name for path in reasons)
        shown = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(8))
        more = ", ..." if len(kinds) > 8 else ""
        log.info("passed over: %s%s (--verbose names them)", shown, more)
        for path, reason in reasons.items():
            log.debug("  passed over: %s: %s", path, reason)


@dataclass(frozen=True)
class FoundPaths:
    """What lies below a folder.

    Attributes:
        videos: Video files and folders of frames, in natural order.
        passed_over: Everything else.
    """

    videos: list[Path]
    passed_over: PassedOver


@dataclass
class _Folder:
    """A folder that was listed.

    Attributes:
        videos: The video files in it.
        pictures: The pictures in it.
        folders: The folders in it that are read.
    """

    videos: list[Path] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)


def walk(root: Path, labels: Path | None = None) -> FoundPaths:
    """Finds all videos below a folder, at any depth.

    Every folder is read once, however many links lead to it. Files of unknown suffixes are videos
    if a frame can be decoded from them. Folders that this program has written, and recycle bins,
    are passed over.

    Args:
        root: The folder.
        labels: A file or folder in it that holds labels, and no videos.
    """
    passed_over = PassedOver()
    folders = _list_folders(root, labels, passed_over)
    videos: defaultdict[Path, list[Path]] = defaultdict(list)
    for path in reversed(folders):  # a folder comes after all that is in it
        folder = folders[path]
        below = [video for inner in folder.folders for video in videos[inner]]
        below = _without_masks(folder, below, passed_over)
        frames = max(
            (len(folders[video].pictures) for video in below if video in folders), default=0
        )
        if _is_frames(folder, below, frames):
            videos[path] = [path]
            _pass_over_below(path, below, passed_over)
        else:
            videos[path] = folder.videos + below
            beside = dict.fromkeys(folder.pictures, "it is a picture beside videos")
            passed_over.harmless |= beside
    found = sorted(videos[root], key=lambda path: _place(path, root))
    return FoundPaths(found, passed_over)


def _place(path: Path, root: Path) -> list[list[tuple[int, int, str]]]:
    return [natural_key(part) for part in path.relative_to(root).parts]


def _list_folders(root: Path, labels: Path | None, passed_over: PassedOver) -> dict[Path, _Folder]:
    """Lists all folders, each after the folder that it is in, and those behind links at the end."""
    listed: dict[Path, _Folder] = {}
    seen = set()
    waiting, links = deque([root]), deque[Path]()
    while waiting or links:
        behind_link = not waiting
        path = waiting.popleft() if waiting else links.popleft()
        status = path.stat()
        if (status.st_dev, status.st_ino, behind_link) in seen:
            passed_over.harmless[path] = "it leads to a folder that another link leads to"
            continue
        seen.add((status.st_dev, status.st_ino, behind_link))
        try:
            entries = [entry for entry in list_folder(path) if entry != labels]
        except AbnormalError as error:
            if path == root:
                raise
            passed_over.unread[path] = str(error)
            continue
        folder = listed[path] = _Folder()
        for entry in entries:
            if not entry.is_dir():
                _sort_file(entry, folder, passed_over)
            elif entry.is_symlink() and leads_back(entry.resolve(), path.resolve(), set()):
                passed_over.harmless[entry] = "it is a link in a circle"
            elif why := why_no_footage(entry):
                passed_over.harmless[entry] = why
            else:
                folder.folders.append(entry)
                (links if behind_link or entry.is_symlink() else waiting).append(entry)
    return listed


def leads_back(target: Path, origin: Path, seen: set[Path]) -> bool:
    """Returns whether a folder has a way back to the folder that a link to it lies in.

    Args:
        target: The folder that the link leads to, as an absolute path without links.
        origin: The folder that the link lies in, likewise.
        seen: Folders that have been searched; they are added to.
    """
    if origin.is_relative_to(target):
        return True
    if target in seen:
        return False
    seen.add(target)
    for place, names, _ in os.walk(target):
        folder = Path(place)
        ends = [(folder / name).resolve() for name in names if (folder / name).is_symlink()]
        # A link to a folder that it lies in is a circle of its own, which is not followed.
        others = [end for end in ends if not folder.is_relative_to(end)]
        if any(leads_back(end, origin, seen) for end in others):
            return True
    return False


def _sort_file(path: Path, folder: _Folder, passed_over: PassedOver) -> None:
    """Adds a file to the videos or pictures of its folder, or to what is passed over."""
    is_broken_link = not path.exists()
    if not path.is_file() and not (is_broken_link and is_video(path)):
        kind = "a link to nothing" if is_broken_link else "a pipe, a socket or a device"
        passed_over.unread[path] = f"it is {kind}"
    elif is_picture(path):
        (folder.videos if has_pages(path) else folder.pictures).append(path)
    elif is_video(path):
        folder.videos.append(path)
    elif is_no_video(path) and path.stem.lower() == "labels":
        passed_over.unread[path] = "labels are read from the topmost folder, or with --labels"
    elif is_no_video(path):
        passed_over.harmless[path] = "its name is not one of a video"
    elif holds_video(path):
        folder.videos.append(path)
    else:
        passed_over.unread[path] = "no video can be read from it"


def _without_masks(folder: _Folder, below: list[Path], passed_over: PassedOver) -> list[Path]:
    """Takes out folders of masks, such as `gate_gt/` beside `gate.mp4`, or `masks/`."""
    names = {path.stem for path in folder.videos} | {path.name for path in folder.folders}
    with_videos = {parent for path in below if path.is_file() for parent in path.parents}
    masks = [
        path
        for path in folder.folders
        if video_of_masks(path) in names
        or (path.name.lower() in MASK_FOLDERS and path not in with_videos)
    ]
    for path in masks:
        passed_over.unread[path] = "it has masks, which are read from labels/ in the topmost folder"
    return [path for path in below if not any(m in (path, *path.parents) for m in masks)]


def _is_frames(folder: _Folder, below: Sequence[Path], most_below: int) -> bool:
    """Whether the pictures in a folder are frames of a video, or posters beside its videos.

    Args:
        folder: The folder.
        below: The videos in its sub-folders.
        most_below: The number of pictures in the largest of those, if they are folders of pictures.
    """
    beside_files = bool(folder.videos) or any(video.is_file() for video in below)
    own = len(folder.pictures)
    return not beside_files and own > len(below) and own >= most_below


def _pass_over_below(path: Path, below: Sequence[Path], passed_over: PassedOver) -> None:
    if below:
        log.warning(
            "%s has at least as many pictures as any folder in it, and is taken for the frames of "
            "one video. Passed over: %d folders of pictures in it, such as %s. If those are the "
            "videos, move its own pictures elsewhere.",
            *(path, len(below), below[0]),
        )
    passed_over.unread |= dict.fromkeys(below, f"it lies in the folder of frames {path}")
