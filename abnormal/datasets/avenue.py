"""CUHK Avenue, in the folders of its archives.

Lu, Shi and Jia, "Abnormal event detection at 150 FPS in MATLAB", ICCV 2013.

    Avenue Dataset/
      training_videos/01.avi ...                            16 videos, normal
      testing_videos/01.avi ...                             21 videos
    ground_truth_demo/testing_label_mask/1_label.mat ...    a mask for each frame; this folder may
                                                            also lie in `Avenue Dataset/`

The masks mark 3,712 of the 15,324 test frames as abnormal; labels published elsewhere mark 3,867.
"""

from functools import partial
from pathlib import Path

from abnormal.datasets.labels.attach import find_video_labels
from abnormal.datasets.layout import existing_folders, list_videos
from abnormal.datasets.source import TESTING, TRAINING, SourceVideo
from abnormal.video.decode import open_video

TRAINING_FOLDER = "training_videos"
TESTING_FOLDER = "testing_videos"
MASKS = "testing_label_mask"


def find_markers(root: Path) -> str:
    """Names the folders by which a data set is recognised as this one; empty if it is not."""
    if (root / MASKS).is_dir():  # the folder of the masks may contain videos, too
        return ""
    folders = (TRAINING_FOLDER, TESTING_FOLDER)
    return existing_folders(root, *(name for name in folders if list_videos(root / name)))


def find(root: Path) -> list[SourceVideo]:
    """Lists the videos of the data set. Test videos have masks if their masks are found."""
    return [
        _video(root, split, path)
        for split, folder in ((TRAINING, TRAINING_FOLDER), (TESTING, TESTING_FOLDER))
        for path in list_videos(root / folder)
    ]


def _video(root: Path, split: str, path: Path) -> SourceVideo:
    annotate, masks = (
        find_video_labels(_masks(root), path.stem) if split == TESTING else (None, None)
    )
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
