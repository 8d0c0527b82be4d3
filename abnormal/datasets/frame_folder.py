"""Frames in folders, the layout in which most research code stores UCSD and Avenue.

ped2/
  training/frames/01/000.jpg ...    normal
  testing/frames/01/000.jpg ...
  masks/Test001_gt/001.png ...      a mask for each frame; or, without masks,
  UCSDped2.m or ped2.mat            intervals of abnormal frames
"""

from functools import partial
from pathlib import Path

from abnormal.datasets.labels.attach import find_video_labels, trailing_number
from abnormal.datasets.labels.intervals import read_intervals
from abnormal.datasets.layout import KNOWN_FPS, existing_folders, known_fps, list_frame_folders
from abnormal.datasets.source import TESTING, TRAINING, Annotate, SourceVideo
from abnormal.files import list_folder
from abnormal.video.pictures import open_pictures


def find_markers(root: Path) -> str:
    """Names the folders by which a data set is recognised as this layout; empty if it is not."""
    markers = existing_folders(root, f"{TRAINING}/frames", f"{TESTING}/frames")
    fps = known_fps(root) if markers else None
    return f"{markers} and its name, at {fps:g} frames a second" if fps else markers


def find(root: Path) -> list[SourceVideo]:
    """Lists the videos of the data set. Test videos have labels if their labels are found."""
    fps = known_fps(root)
    return [
        _video(root, split, folder, fps)
        for split in (TRAINING, TESTING)
        for folder in list_frame_folders(root / split / "frames")
    ]


def _video(root: Path, split: str, folder: Path, fps: float | None) -> SourceVideo:
    annotate, path = _annotation(root, folder) if split == TESTING else (None, None)
    return SourceVideo(
        name=folder.name,
        split=split,
        open_frames=partial(open_pictures, folder, fps),
        path=folder,
        annotate=annotate,
        annotation_path=path,
        may_be_normal=fps == KNOWN_FPS["shanghai"],
    )


def _annotation(root: Path, folder: Path) -> tuple[Annotate, Path] | tuple[None, None]:
    annotate, masks = find_video_labels(root / "masks", folder.name)
    if annotate and masks:
        return annotate, masks
    number, files = trailing_number(folder.name), _interval_files(root)
    if number is not None and files:
        return partial(read_intervals, files[0], number), files[0]
    return None, None


def _interval_files(root: Path) -> list[Path]:
    files = list_folder(root)
    return [path for suffix in (".m", ".mat") for path in files if path.suffix == suffix]
