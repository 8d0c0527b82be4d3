"""Names, masks and intervals: what the readers of several layouts share."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io

from abnormal.datasets.source import Annotation
from abnormal.errors import AbnormalError
from abnormal.files import list_folder
from abnormal.video.decode import is_video
from abnormal.video.pictures import is_picture, list_pictures, read_picture


def list_videos(folder: Path) -> list[Path]:
    """The video files directly in a folder, in natural order."""
    return [path for path in list_folder(folder) if path.is_file() and is_video(path)]


def is_frame_folder(folder: Path) -> bool:
    """Whether there are pictures directly in a folder: one video, cut into its frames."""
    return any(is_picture(path) for path in list_folder(folder))


def annotation_from_masks(masks: Sequence[np.ndarray]) -> Annotation:
    """Labels a frame as abnormal where its mask marks at least one pixel."""
    return Annotation(np.array([mask.any() for mask in masks], np.uint8), masks)


class MaskPictures(Sequence[np.ndarray]):
    """Masks that are read each time one is asked for: a long video's do not fit into memory."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, number: Any) -> Any:
        return read_picture(self._paths[number])


def read_mask_folder(folder: Path) -> Annotation:
    """A folder of pictures, one mask per frame in natural order, not 0 where abnormal."""
    return annotation_from_masks(MaskPictures(list_pictures(folder)))


def read_intervals(path: Path, number: int, folder: Path) -> Annotation:
    """Labels of one test video from a file of intervals of all of them.

    Args:
        path: `UCSDped1.m` or `UCSDped2.m` with a `gt_frame = [a:b, c:d]` for each test video, or
            `ped2.mat` with a cell array `gt`. Frames there are 1-based, both ends included.
        number: Of the test video, 1-based, as in its name.
        folder: Its frames, to be counted.

    Raises:
        AbnormalError: The file does not speak of this video, or not of so many frames.
    """
    intervals = _read_interval_mat(path) if path.suffix == ".mat" else _read_interval_script(path)
    frames = len(list_pictures(folder))
    if not 1 <= number <= len(intervals):
        raise AbnormalError(
            f"{path} has labels for {len(intervals)} videos, but none for number {number}."
        )
    return Annotation(labels_from_intervals(intervals[number - 1], frames))


def labels_from_intervals(intervals: Iterable[tuple[int, int]], frames: int) -> np.ndarray:
    """`(frames,)` uint8 labels from 1-based intervals of abnormal frames, both ends included."""
    labels = np.zeros(frames, np.uint8)
    for first, last in intervals:
        if not 1 <= first <= last <= frames:
            raise AbnormalError(
                f"The labels do not fit: frames {first} to {last} are called abnormal, "
                f"but the video has {frames} frames."
            )
        labels[first - 1 : last] = 1
    return labels


def _read_interval_script(path: Path) -> list[list[tuple[int, int]]]:
    script = re.sub(r"%.*", "", path.read_text("utf-8", "replace"))  # without its comments
    videos = re.findall(r"gt_frame\s*=\s*\[([^\]]*)\]", script)
    return [
        [(int(a), int(b or a)) for a, b in re.findall(r"(\d+)(?:\s*:\s*(\d+))?", video)]
        for video in videos
    ]


def _read_interval_mat(path: Path) -> list[list[tuple[int, int]]]:
    cells = _read_mat(path, "gt").ravel()
    return [[(int(a), int(b)) for a, b in np.reshape(cell, (2, -1)).T] for cell in cells]


def read_mask_mat(path: Path) -> Annotation:
    """Masks from the `volLabel` cell array of CUHK Avenue, one 0/1 picture per frame."""
    return annotation_from_masks([np.asarray(cell) for cell in _read_mat(path, "volLabel").ravel()])


def _read_mat(path: Path, name: str) -> np.ndarray:
    try:
        return scipy.io.loadmat(path, variable_names=[name])[name]
    except KeyError:
        raise AbnormalError(f"{path} has no variable {name!r} in it.") from None
    except Exception as error:  # SciPy raises whatever a damaged file leads it to
        raise AbnormalError(f"{path} cannot be read as a MATLAB file ({error}).") from None
