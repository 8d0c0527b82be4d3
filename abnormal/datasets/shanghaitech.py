"""ShanghaiTech Campus: thirteen cameras; the name of a video begins with the number of its camera.

Liu, Luo, Lian and Gao, "Future frame prediction for anomaly detection", CVPR 2018.

    shanghaitech/
      training/videos/01_001.avi ...               330 videos, normal, 24 frames a second
      training/frames/01_001/000.jpg ...           the same as pictures, or in place of the videos
      testing/frames/01_0014/000.jpg ...           107 videos
      testing/test_frame_mask/01_0014.npy ...      0 or 1 for each frame
      testing/test_pixel_mask/01_0014.npy ...      a mask for each frame
"""

import re
from functools import partial
from pathlib import Path

from abnormal.datasets.labels.attach import find_video_labels
from abnormal.datasets.labels.masks import read_labels_and_masks
from abnormal.datasets.layout import existing_folders, list_frame_folders, list_videos
from abnormal.datasets.source import TESTING, TRAINING, Annotate, SourceVideo
from abnormal.video.decode import open_video
from abnormal.video.pictures import open_pictures

FPS = 24.0
FRAME_MASKS = "testing/test_frame_mask"
PIXEL_MASKS = "testing/test_pixel_mask"


def find_markers(root: Path) -> str:
    """Names the path by which a data set is recognised as this one; empty if it is not."""
    videos = list_videos(root / TRAINING / "videos")
    numbered = [video for video in videos if re.fullmatch(r"\d\d_\d{3,4}", video.stem)]
    if numbered:
        return f"{TRAINING}/videos/{numbered[0].name}"
    return existing_folders(root, FRAME_MASKS)


def camera_of(name: str) -> str:
    """Returns the camera number in a video's name: `01` in `01_0014`; empty if there is none."""
    found = re.match(r"(\d\d)_\d+", name)
    return found[1] if found else ""


def find(root: Path) -> list[SourceVideo]:
    """Lists the videos of all cameras. Test videos have labels if their labels are found."""
    found = [
        *((TRAINING, path) for path in list_videos(root / TRAINING / "videos")),
        *((TRAINING, path) for path in list_frame_folders(root / TRAINING / "frames")),
        *((TESTING, path) for path in list_frame_folders(root / TESTING / "frames")),
    ]
    return [_video(root, split, path) for split, path in found]


def _video(root: Path, split: str, path: Path) -> SourceVideo:
    pictures = path.is_dir()
    name = path.name if pictures else path.stem
    annotate, labels, masks = _annotation(root, name) if split == TESTING else (None, None, None)
    return SourceVideo(
        name=name,
        split=split,
        open_frames=partial(open_pictures, path, FPS) if pictures else partial(open_video, path),
        path=path,
        camera=camera_of(name),
        annotate=annotate,
        annotation_path=labels,
        mask_path=masks,
        may_be_normal=True,
    )


def _annotation(root: Path, name: str) -> tuple[Annotate | None, Path | None, Path | None]:
    """Returns what reads the labels and masks of a video, and the paths of the two."""
    read_labels, labels = find_video_labels(root / FRAME_MASKS, name)
    read_masks, masks = find_video_labels(root / PIXEL_MASKS, name)
    if read_labels and read_masks:
        return partial(read_labels_and_masks, read_labels, read_masks), labels, masks
    return read_labels, labels, None
