"""Reads masks, which mark the abnormal pixels of each frame."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from abnormal.datasets.labels.matlab import MatlabCells
from abnormal.datasets.source import Annotate, Annotation
from abnormal.errors import AbnormalError
from abnormal.video.picture import read_mask
from abnormal.video.pictures import list_frames

AVENUE_VARIABLE = "volLabel"
"""Name of the variable with the masks in the `.mat` files of CUHK Avenue."""


class _RestartableMasks:
    """Masks that are read again in each iteration: those of a long video would fill the memory."""

    def __init__(self, open_masks: Callable[[], Iterator[np.ndarray]]) -> None:
        self._open_masks = open_masks

    def __iter__(self) -> Iterator[np.ndarray]:
        return self._open_masks()


def annotation_from_masks(masks: Iterable[np.ndarray]) -> Annotation:
    """Makes labels from masks: a frame is abnormal if its mask marks at least one pixel.

    Args:
        masks: One mask `(height, width)` per frame, nonzero for an abnormal pixel. It has to
            support several iterations.
    """
    seen = [(mask.any(), mask.all()) for mask in masks]
    labels = np.array([some for some, _ in seen], np.uint8)
    is_flat = labels.any() and all(some == every for some, every in seen)
    notes = ("labels: each of its masks marks every pixel or none",) if is_flat else ()
    return Annotation(labels, masks, notes)


def read_mask_folder(folder: Path, frames: int) -> Annotation:
    """Reads a folder of pictures: one mask per frame in natural order, nonzero where abnormal.

    Args:
        folder: The folder.
        frames: Number of frames of the video. It is not needed, but all readers take it.
    """
    paths = list_frames(folder)
    return annotation_from_masks(_RestartableMasks(partial(map, read_mask, paths)))


def read_mask_mat(path: Path, frames: int) -> Annotation:
    """Reads the `volLabel` cell array of CUHK Avenue: one picture of 0 and 1 per frame.

    Args:
        path: The `.mat` file of one video.
        frames: Number of frames of the video. It is not needed, but all readers take it.

    Raises:
        AbnormalError: The file is damaged, or has no such cell array.
    """
    return annotation_from_masks(MatlabCells(path, AVENUE_VARIABLE))


def read_labels_and_masks(labels: Annotate, masks: Annotate, frames: int) -> Annotation:
    """Combines labels from one file with masks from another, if a data set publishes both.

    Args:
        labels: Reads the labels.
        masks: Reads the masks.
        frames: Number of frames of the video.

    Raises:
        AbnormalError: The numbers of masks and labels differ.
    """
    frame_level, pixel_level = labels(frames), masks(frames)
    if len(frame_level.labels) != len(pixel_level.labels):
        raise AbnormalError(
            f"The masks do not fit: {len(pixel_level.labels)} masks for {len(frame_level.labels)} "
            "labels."
        )
    return Annotation(frame_level.labels, pixel_level.masks, pixel_level.notes)
