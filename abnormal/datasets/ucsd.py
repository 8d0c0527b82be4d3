"""UCSD Ped1 and Ped2, in the folders of the official archive.

Mahadevan, Li, Bhalodia and Vasconcelos, "Anomaly detection in crowded scenes", CVPR 2010.

    UCSD_Anomaly_Dataset.v1p2/
      UCSDped2/
        Train/Train001/001.tif ...      normal, 10 frames a second
        Test/Test001/001.tif ...
        Test/Test001_gt/001.bmp ...     a mask for each frame; Ped1 has them for ten clips only
        Test/UCSDped2.m                 intervals of abnormal frames in all test clips
"""

import re
from functools import partial
from pathlib import Path

from abnormal.datasets.labels.intervals import read_intervals
from abnormal.datasets.labels.masks import read_mask_folder
from abnormal.datasets.layout import known_fps, list_frame_folders
from abnormal.datasets.source import TESTING, TRAINING, Annotate, SourceVideo
from abnormal.video.pictures import open_pictures

FPS = 10.0


def find_markers(root: Path) -> str:
    """Names the folders by which this data set, or one of its two cameras, is recognised.

    Other footage lies in such folders, too, such as Street Scene, whose frames are JPEG.

    Returns:
        Text for a message; empty if the folder has another layout.
    """
    markers = " and ".join(
        f"{folder.relative_to(root)}/ with folders of frames"
        for camera in _cameras(root)
        for folder in (camera / "Train", camera / "Test")
        if _clips(folder) and (known_fps(camera) == FPS or _has_names_of_archive(folder))
    )
    return f"{markers}, at {FPS:g} frames a second" if markers else ""


def _has_names_of_archive(folder: Path) -> bool:
    """Whether a folder has a clip such as `Train001` of TIFF pictures."""
    return any(
        re.fullmatch(rf"{folder.name}\d+", clip.name) and any(clip.glob("*.tif"))
        for clip in _clips(folder)
    )


def find(root: Path) -> list[SourceVideo]:
    """Lists the clips of one camera or of both. Test clips have labels if these are found."""
    return [
        _video(camera, split, folder)
        for camera in _cameras(root)
        for split, name in ((TRAINING, "Train"), (TESTING, "Test"))
        for folder in _clips(camera / name)
    ]


def _cameras(root: Path) -> list[Path]:
    candidates = [root, *sorted(root.glob("UCSDped[12]"))]
    return [path for path in candidates if _clips(path / "Train") or _clips(path / "Test")]


def _clips(folder: Path) -> list[Path]:
    return [clip for clip in list_frame_folders(folder) if not clip.name.endswith("_gt")]


def _video(camera: Path, split: str, folder: Path) -> SourceVideo:
    annotate, path = _annotation(camera, folder) if split == TESTING else (None, None)
    return SourceVideo(
        name=f"{camera.resolve().name}/{folder.name}",
        split=split,
        open_frames=partial(open_pictures, folder, FPS),
        path=folder,
        camera=camera.resolve().name,
        annotate=annotate,
        annotation_path=path,
    )


def _annotation(camera: Path, folder: Path) -> tuple[Annotate, Path] | tuple[None, None]:
    masks = folder.with_name(f"{folder.name}_gt")
    if masks.is_dir():
        return partial(read_mask_folder, masks), masks
    number = re.fullmatch(r"Test(\d+)", folder.name)
    scripts = sorted((camera / "Test").glob("UCSDped[12].m"))
    if number and scripts:
        return partial(read_intervals, scripts[0], int(number[1])), scripts[0]
    return None, None
