"""CUHK Avenue, as its archive unpacks.

Lu, Shi and Jia, "Abnormal event detection at 150 FPS in MATLAB", ICCV 2013.

    avenue/
      training_videos/01.avi ...                              16 videos, normal
      testing_videos/01.avi ...                               21 videos
      ground_truth_demo/testing_label_mask/1_label.mat ...    a mask for each frame of each of them

The masks mark 3,712 of the 15,324 test frames as abnormal; labels published elsewhere mark 3,867.
"""

from functools import partial
from pathlib import Path

from abnormal.datasets.layout import list_videos, read_mask_mat
from abnormal.datasets.source import TESTING, TRAINING, SourceVideo
from abnormal.video.decode import open_video

TRAINING_FOLDER = "training_videos"
TESTING_FOLDER = "testing_videos"
MASKS = Path("ground_truth_demo", "testing_label_mask")


def matches(root: Path) -> bool:
    """Whether a folder has this layout."""
    return (root / TRAINING_FOLDER).is_dir() or (root / TESTING_FOLDER).is_dir()


def find(root: Path) -> list[SourceVideo]:
    """The videos of the data set, those for testing with their masks where these are there."""
    videos = []
    for split, folder in ((TRAINING, root / TRAINING_FOLDER), (TESTING, root / TESTING_FOLDER)):
        for path in list_videos(folder) if folder.is_dir() else []:
            masks = _mask_file(root, path.stem) if split == TESTING else None
            videos.append(
                SourceVideo(
                    name=path.stem,
                    split=split,
                    open_frames=partial(open_video, path),
                    path=path,
                    annotate=partial(read_mask_mat, masks) if masks else None,
                    annotation_path=masks,
                )
            )
    return videos


def _mask_file(root: Path, stem: str) -> Path | None:
    path = root / MASKS / f"{stem.lstrip('0')}_label.mat"
    return path if path.is_file() else None
