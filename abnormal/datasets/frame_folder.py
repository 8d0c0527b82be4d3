"""Frames in folders, the form in which most research code keeps UCSD and Avenue.

ped2/
  training/frames/01/000.jpg ...    normal
  testing/frames/01/000.jpg ...
  masks/Test001_gt/001.png ...      a mask for each frame; or, without masks,
  UCSDped2.m or ped2.mat            intervals of abnormal frames
"""

from functools import partial
from pathlib import Path

from abnormal.datasets.labels.attach import labels_in, number_of
from abnormal.datasets.labels.intervals import read_intervals
from abnormal.datasets.layout import list_frame_folders, there
from abnormal.datasets.source import TESTING, TRAINING, Annotate, SourceVideo
from abnormal.files import list_folder
from abnormal.video.pictures import open_pictures

# A folder of pictures has no clock. Facts of the data sets, by a name in the path.
KNOWN_FPS = {"ped1": 10.0, "ped2": 10.0, "avenue": 25.0, "shanghai": 24.0}


def evidence(root: Path) -> str:
    """Why a folder is taken to have this layout; empty where it has another one."""
    return there(root, f"{TRAINING}/frames", f"{TESTING}/frames")


def find(root: Path) -> list[SourceVideo]:
    """The videos of the data set, those for testing with their labels where there are any."""
    name = root.resolve().name.lower()
    fps = next((fps for known, fps in KNOWN_FPS.items() if known in name), None)
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
    )


def _annotation(root: Path, folder: Path) -> tuple[Annotate, Path] | tuple[None, None]:
    annotate, masks = labels_in(root / "masks", folder.name)
    if annotate and masks:
        return annotate, masks
    number, files = number_of(folder.name), _interval_files(root)
    if number is not None and files:
        return partial(read_intervals, files[0], number), files[0]
    return None, None


def _interval_files(root: Path) -> list[Path]:
    files = list_folder(root)
    return [path for suffix in (".m", ".mat") for path in files if path.suffix == suffix]
