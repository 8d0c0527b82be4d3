"""Frames in folders, the form in which most research code keeps UCSD and Avenue.

ped2/
  training/frames/01/000.jpg ...    normal
  testing/frames/01/000.jpg ...
  masks/Test001_gt/001.png ...      a mask for each frame; or, without masks,
  UCSDped2.m or ped2.mat            intervals of abnormal frames
"""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from abnormal.datasets.layout import is_frame_folder, read_intervals, read_mask_folder
from abnormal.datasets.source import TESTING, TRAINING, Annotation, SourceVideo
from abnormal.files import list_folder
from abnormal.video.pictures import open_pictures

# A folder of pictures has no clock. Facts of the data sets, by a name in the path.
KNOWN_FPS = {"ped1": 10.0, "ped2": 10.0, "avenue": 25.0}


def matches(root: Path) -> bool:
    """Whether a folder has this layout."""
    return any((root / split / "frames").is_dir() for split in (TRAINING, TESTING))


def find(root: Path) -> list[SourceVideo]:
    """The videos of the data set, those for testing with their labels where there are any."""
    name = root.resolve().name.lower()
    fps = next((fps for known, fps in KNOWN_FPS.items() if known in name), None)
    videos = []
    for split in (TRAINING, TESTING):
        for folder in _frame_folders(root / split / "frames"):
            annotate, path = _annotation(root, folder) if split == TESTING else (None, None)
            videos.append(
                SourceVideo(
                    name=folder.name,
                    split=split,
                    open_frames=partial(open_pictures, folder, fps),
                    path=folder,
                    annotate=annotate,
                    annotation_path=path,
                )
            )
    return videos


def _frame_folders(folder: Path) -> list[Path]:
    entries = list_folder(folder) if folder.is_dir() else []
    return [entry for entry in entries if entry.is_dir() and is_frame_folder(entry)]


def _annotation(
    root: Path, folder: Path
) -> tuple[Callable[[], Annotation], Path] | tuple[None, None]:
    digits = re.sub(r"\D", "", folder.name)
    masks = root / "masks" / (f"Test{int(digits):03d}_gt" if digits else folder.name)
    if masks.is_dir():
        return partial(read_mask_folder, masks), masks
    intervals = _interval_files(root)
    if digits and intervals:
        return partial(read_intervals, intervals[0], int(digits), folder), intervals[0]
    return None, None


def _interval_files(root: Path) -> list[Path]:
    files = list_folder(root)
    return [path for suffix in (".m", ".mat") for path in files if path.suffix == suffix]
