"""CUHK Avenue, as its archives unpack.

Lu, Shi and Jia, "Abnormal event detection at 150 FPS in MATLAB", ICCV 2013.

    Avenue Dataset/
      training_videos/01.avi ...                            16 videos, normal
      testing_videos/01.avi ...                             21 videos
    ground_truth_demo/testing_label_mask/1_label.mat ...    beside or in it: a mask for each frame

The masks mark 3,712 of the 15,324 test frames as abnormal; labels published elsewhere mark 3,867.
"""

from functools import partial
from pathlib import Path

from abnormal.datasets.labels.attach import labels_in
from abnormal.datasets.layout import list_videos, there
from abnormal.datasets.source import TESTING, TRAINING, SourceVideo
from abnormal.video.decode import open_video

TRAINING_FOLDER = "training_videos"
TESTING_FOLDER = "testing_videos"
MASKS = "testing_label_mask"


def evidence(root: Path) -> str:
    """Why a folder is taken to have this layout; empty where it has another one."""
    if (root / MASKS).is_dir():  # the second archive may hold videos too
        return ""
    return there(root, TRAINING_FOLDER, TESTING_FOLDER)


def find(root: Path) -> list[SourceVideo]:
    """The videos of the data set, those for testing with their masks where these are there."""
    return [
        _video(root, split, path)
        for split, folder in ((TRAINING, TRAINING_FOLDER), (TESTING, TESTING_FOLDER))
        for path in list_videos(root / folder)
    ]


def _video(root: Path, split: str, path: Path) -> SourceVideo:
    annotate, masks = labels_in(_masks(root), path.stem) if split == TESTING else (None, None)
    return SourceVideo(
        name=path.stem,
        split=split,
        open_frames=partial(open_video, path),
        path=path,
        annotate=annotate,
        annotation_path=masks,
    )


def _masks(root: Path) -> Path:
    inside = root / "ground_truth_demo" / MASKS
    return inside if inside.is_dir() else root.resolve().parent / "ground_truth_demo" / MASKS
