"""Scores a video in the process of a worker, which may be on another machine.

Nothing heavy is imported here before it is needed.
"""

import functools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from abnormal.detection.job import Job
from abnormal.detection.options import DetectionOptions
from abnormal.errors import AbnormalError
from abnormal.files import sha256
from abnormal.inference.videos import InputVideo
from abnormal.models.trust import is_trusted, trusting

if TYPE_CHECKING:
    from abnormal.detection.video_result import LeftOut, VideoResult
    from abnormal.inference.detector import Detector

_LOADING_LOCK = threading.Lock()


@dataclass(frozen=True)
class ModelFiles:
    """The model files of a run, as a worker opens them.

    Attributes:
        names: Names of the models, for tables and plots.
        paths: Paths of the files, which are the same on all machines; in the order of the names.
        hashes: SHA-256 of each file, in the same order.
        runtime: Name of the runtime that computes the networks, or `"auto"`.
        hop: Frames from the start of one clip to the start of the next; None for a clip's length.
        exact: Whether the network runs on each clip, also if it shows nothing new.
        trust: Whether code that the files need may be run; see `abnormal.models.trust`.
    """

    names: tuple[str, ...]
    paths: tuple[Path, ...]
    hashes: tuple[str, ...]
    runtime: str
    hop: int | None
    exact: bool
    trust: bool


def model_files(names: Sequence[str], options: DetectionOptions) -> ModelFiles:
    """Returns the model files of a run, with the hashes that they have now.

    Args:
        names: Names of the models, in the order of their files.
        options: The options of the run.
    """
    absolute = tuple(path.absolute() for path in options.models)
    hashes = tuple(map(sha256, options.models))
    computing = options.runtime, options.hop, options.exact
    return ModelFiles(tuple(names), absolute, hashes, *computing, is_trusted())


def score_on_worker(models: ModelFiles, job: Job, video: InputVideo) -> "VideoResult | LeftOut":
    """Scores and draws a video on a worker; see `abnormal.detection.video.score_and_draw`.

    Args:
        models: The model files, which are opened once in each process.
        job: What is to be done.
        video: The video.

    Raises:
        AbnormalError: A model cannot be opened, or the results cannot be written.
    """
    with _LOADING_LOCK:
        detectors = _open_detectors(models)
    from abnormal.detection.video import score_and_draw

    return score_and_draw(job, detectors, video)


@functools.lru_cache(maxsize=1)
def _open_detectors(models: ModelFiles) -> "dict[str, Detector]":
    """Opens the models; once in a process, as long as the files are the same."""
    import cv2

    cv2.setNumThreads(1)  # as in `abnormal.cli.test`
    from abnormal.inference.detector import open_detector

    for path, expected in zip(models.paths, models.hashes, strict=True):
        if sha256(path) != expected:
            raise AbnormalError(f"{path} has changed since the run began. Start the run again.")
    with trusting(models.trust):
        return {
            name: open_detector(path, name, models.runtime, models.hop, models.exact)
            for name, path in zip(models.names, models.paths, strict=True)
        }
