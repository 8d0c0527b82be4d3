"""The common description of a video in any data set: split, situation, camera and labels."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from abnormal.video.stream import OpenFrames

TRAINING = "training"
TESTING = "testing"


@dataclass(frozen=True)
class Annotation:
    """The labels and masks of a video.

    Attributes:
        labels: `(n,)` uint8, 1 for an abnormal frame and 0 for a normal one, for every frame of
            the source.
        masks: n masks `(height, width)`, nonzero for an abnormal pixel, as large as the frames of
            the source; None if there are none. Each iteration reads them from the disk again.
        notes: Messages to the user about labels or masks that say nothing.
    """

    labels: np.ndarray
    masks: Iterable[np.ndarray] | None = None
    notes: tuple[str, ...] = ()


Annotate = Callable[[int], Annotation]
"""Reads the labels of a video, given its number of frames. It has to be picklable."""


@dataclass(frozen=True)
class SourceVideo:
    """A video on the user's disk, which has not been read yet.

    Attributes:
        name: Its folder below `img/<split>/`, including the folder of its situation if it has one:
            `"01"`, `"loitering/gate3"`.
        split: `"training"` (normal videos only) or `"testing"`.
        open_frames: Opens its frames. It has to be picklable.
        path: The file or folder of the video; None for drawn footage.
        situation: The kind of event that it shows, taken from a folder; empty if unknown.
        camera: Name of the camera that filmed it; empty if there is only one.
        annotate: Reads its labels; None if there are none.
        abnormal_sec: Intervals of abnormal frames, in seconds since the first frame, which are
            labels besides those of `annotate`.
        annotation_path: The file or folder of its labels; None if there are none.
        mask_path: The file or folder of its masks, if these are not those that `annotation_path`
            leads to; otherwise None.
        may_be_normal: Whether its labels are right if they call no frame abnormal.
        fps: Frames per second that its frames are brought to if the user has not said any; None for
            its own.
        recipe: The parameters of drawn footage, which identify it as a hash identifies a file;
            empty for other videos.
    """

    name: str
    split: str
    open_frames: OpenFrames
    path: Path | None = None
    situation: str = ""
    camera: str = ""
    annotate: Annotate | None = None
    abnormal_sec: tuple[tuple[float, float], ...] = ()
    annotation_path: Path | None = None
    mask_path: Path | None = None
    may_be_normal: bool = False
    fps: float | None = None
    recipe: str = ""
