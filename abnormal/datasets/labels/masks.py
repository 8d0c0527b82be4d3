"""Masks: which pixels of each frame are abnormal."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from abnormal.datasets.labels.matlab import MatlabCells
from abnormal.datasets.source import Annotate, Annotation
from abnormal.errors import AbnormalError
from abnormal.video.pictures import list_pictures, read_picture

AVENUE_VARIABLE = "volLabel"


class _Anew:
    """An iterable that begins anew each time: all masks of a long video fill the memory."""

    def __init__(self, begin: Callable[[], Iterator[np.ndarray]]) -> None:
        self._begin = begin

    def __iter__(self) -> Iterator[np.ndarray]:
        return self._begin()


def annotation_from_masks(masks: Iterable[np.ndarray]) -> Annotation:
    """Labels a frame as abnormal where its mask marks at least one pixel.

    Args:
        masks: `(height, width)` each, not 0 where abnormal; can be gone through more than once.
    """
    return Annotation(np.array([mask.any() for mask in masks], np.uint8), masks)


def read_mask_folder(folder: Path, frames: int) -> Annotation:
    """A folder of pictures, one mask per frame in natural order, not 0 where abnormal."""
    paths = list_pictures(folder)
    return annotation_from_masks(_Anew(partial(map, read_picture, paths)))


def read_mask_mat(path: Path, frames: int) -> Annotation:
    """Masks from the `volLabel` cell array of CUHK Avenue, one 0/1 picture per frame."""
    return annotation_from_masks(MatlabCells(path, AVENUE_VARIABLE))


def read_labels_and_masks(labels: Annotate, masks: Annotate, frames: int) -> Annotation:
    """Labels from one file and masks from another one, where a data set publishes both.

    Raises:
        AbnormalError: There are more or fewer masks than labels.
    """
    of_frames, of_pixels = labels(frames), masks(frames)
    if len(of_frames.labels) != len(of_pixels.labels):
        raise AbnormalError(
            f"The masks do not fit: {len(of_pixels.labels)} masks for {len(of_frames.labels)} "
            "labels."
        )
    return Annotation(of_frames.labels, of_pixels.masks)
