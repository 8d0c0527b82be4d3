"""What `test_model.py` does with each video, as a worker on another machine is told it.

Nothing here imports a network's library before the worker has started it.
"""

import functools
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from abnormal.errors import AbnormalError
from abnormal.files import sha256
from abnormal.inference.videos import TestVideo
from abnormal.scoring.localisation import Localiser

if TYPE_CHECKING:
    from abnormal.cli.score_video import LeftOut, VideoResult
    from abnormal.inference.detector import Detector

_LOADING = threading.Lock()


@dataclass(frozen=True)
class ModelFile:
    """A model as it lies on the disk.

    Attributes:
        name: For tables and figures.
        path: Where it is, on all machines.
        sha256: Of the file.
    """

    name: str
    path: Path
    sha256: str


@dataclass(frozen=True)
class ScoreJob:
    """What is to be done with each video; the same for all.

    Attributes:
        files: The models; their names are the keys of what follows.
        runtime: What computes them.
        hop: Frames from one clip to the next; None for a clip's length.
        score: Which score carries the alarm.
        thresholds: An alarm is above it.
        releases: An event lasts while the score is above it.
        folders: Part of the paths of its figures: empty where it is the only model.
        localiser: How anomalous pixels are found.
        zone: A picture that is white where nothing counts; None where all does.
        output: The folder of results.
        figures: Ending of the plots; None where no figure is wanted.
        panels: Whether the four panels of each frame are a picture, too.
    """

    files: tuple[ModelFile, ...]
    runtime: str
    hop: int | None
    score: str
    thresholds: dict[str, float]
    releases: dict[str, float]
    folders: dict[str, str]
    localiser: Localiser
    zone: Path | None
    output: Path
    figures: str | None
    panels: bool


def score_on_worker(job: ScoreJob, video: TestVideo) -> "VideoResult | LeftOut":
    """Scores a video and draws its figures; see `abnormal.cli.score_video.score_and_draw`.

    Raises:
        AbnormalError: A model cannot be opened, or the results cannot be written.
    """
    with _LOADING:
        detectors = _detectors(job.files, job.runtime, job.hop)
    from abnormal.cli.score_video import score_and_draw

    return score_and_draw(job, detectors, video)


@functools.lru_cache(maxsize=1)
def _detectors(
    files: tuple[ModelFile, ...], runtime: str, hop: int | None
) -> "dict[str, Detector]":
    """Opens the models, once in a process as long as the files are the same."""
    import cv2

    from abnormal.models.backend import start_backend

    start_backend()
    cv2.setNumThreads(1)  # as in `abnormal.cli.test`
    from abnormal.inference.detector import open_detector

    for file in files:
        if sha256(file.path) != file.sha256:
            raise AbnormalError(
                f"{file.path} is no longer the model that the run began with. Start it again."
            )
    return {file.name: open_detector(file.path, file.name, runtime, hop) for file in files}
