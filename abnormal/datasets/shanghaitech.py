"""ShanghaiTech Campus: thirteen cameras, of which each video's name begins with one's number.

Liu, Luo, Lian and Gao, "Future frame prediction for anomaly detection", CVPR 2018.

    shanghaitech/
      training/videos/01_001.avi ...               330 videos, normal, 24 frames a second
      testing/frames/01_0014/000.jpg ...           107 videos
      testing/test_frame_mask/01_0014.npy ...      0 or 1 for each frame
      testing/test_pixel_mask/01_0014.npy ...      a mask for each frame
"""

import re
from functools import partial
from pathlib import Path

from abnormal.datasets.labels.attach import labels_in
from abnormal.datasets.labels.masks import read_labels_and_masks
from abnormal.datasets.layout import list_frame_folders, list_videos, there
from abnormal.datasets.source import TESTING, TRAINING, Annotate, SourceVideo
from abnormal.video.decode import open_video
from abnormal.video.pictures import open_pictures

FPS = 24.0
FRAME_MASKS = "testing/test_frame_mask"
PIXEL_MASKS = "testing/test_pixel_mask"


def evidence(root: Path) -> str:
    """Why a folder is taken to have this layout; empty where it has another one."""
    numbered = [v for v in list_videos(root / TRAINING / "videos") if camera_of(v.stem)]
    if numbered:
        return f"{TRAINING}/videos/{numbered[0].name}"
    return there(root, FRAME_MASKS)


def camera_of(name: str) -> str:
    """The camera that a video's name begins with: `01` of `01_0014`; empty where it has none."""
    found = re.match(r"(\d\d)_\d+", name)
    return found[1] if found else ""


def find(root: Path) -> list[SourceVideo]:
    """The videos of all cameras, those for testing with their labels where there are any."""
    places = [
        *((TRAINING, path) for path in list_videos(root / TRAINING / "videos")),
        *((TRAINING, path) for path in list_frame_folders(root / TRAINING / "frames")),
        *((TESTING, path) for path in list_frame_folders(root / TESTING / "frames")),
    ]
    return [_video(root, split, path) for split, path in places]


def _video(root: Path, split: str, path: Path) -> SourceVideo:
    frames = path.is_dir()
    name = path.name if frames else path.stem
    annotate, labels = _annotation(root, name) if split == TESTING else (None, None)
    return SourceVideo(
        name=name,
        split=split,
        open_frames=partial(open_pictures, path, FPS) if frames else partial(open_video, path),
        path=path,
        camera=camera_of(name),
        annotate=annotate,
        annotation_path=labels,
    )


def _annotation(root: Path, name: str) -> tuple[Annotate, Path] | tuple[None, None]:
    of_frames, labels = labels_in(root / FRAME_MASKS, name)
    of_pixels, _ = labels_in(root / PIXEL_MASKS, name)
    if of_frames and labels and of_pixels:
        return partial(read_labels_and_masks, of_frames, of_pixels), labels
    return (of_frames, labels) if of_frames and labels else (None, None)
