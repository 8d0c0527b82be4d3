"""What every data set gives: videos with their split, situation, camera and labels."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from abnormal.video.stream import OpenFrames

TRAINING = "training"
TESTING = "testing"


@dataclass(frozen=True)
class Annotation:
    """What is abnormal in a video, frame by frame.

    Attributes:
        labels: `(n,)` uint8, 1 where the frame is abnormal, for every frame of the source.
        masks: None, or n masks `(height, width)`, not 0 where the pixel is abnormal, at the size
            of the source; read from the disk anew each time they are gone through.
    """

    labels: np.ndarray
    masks: Iterable[np.ndarray] | None = None


Annotate = Callable[[int], Annotation]
"""From the number of frames of a video to its labels; picklable."""


@dataclass(frozen=True)
class SourceVideo:
    """A video as it lies on the user's disk, not yet read.

    Attributes:
        name: Its folder below `img/<split>/`, with the folder of its situation if it has one:
            `"01"`, `"loitering/gate3"`.
        split: `"training"` (normal only) or `"testing"`.
        open_frames: Opens its frames; picklable.
        path: The file or folder that it is read from; None for footage that is drawn.
        situation: The kind of event shown, as the folder says it; empty where unknown.
        camera: The place; what is normal holds for one camera.
        annotate: Reads the labels; None where there are none.
        annotation_path: The file or folder that the labels are read from.
        recipe: What drawn footage is drawn from, in place of a path.
    """

    name: str
    split: str
    open_frames: OpenFrames
    path: Path | None = None
    situation: str = ""
    camera: str = ""
    annotate: Annotate | None = None
    annotation_path: Path | None = None
    recipe: str = ""
