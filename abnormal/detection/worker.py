"""A video is scored in the process of a worker, perhaps on another machine.

Nothing here imports a network's library before the worker has started it.
"""

import functools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from abnormal.detection.job import Job
from abnormal.errors import AbnormalError
from abnormal.files import sha256
from abnormal.inference.videos import InputVideo

if TYPE_CHECKING:
    from abnormal.detection.video import LeftOut, VideoResult
    from abnormal.inference.detector import Detector

_LOADING = threading.Lock()


@dataclass(frozen=True)
class ModelFiles:
    """The models of a run as a worker opens them.

    Attributes:
        names: For tables and figures.
        paths: Where their files are, on all machines; in the order of the names.
        hashes: The SHA-256 of each file.
        runtime: Name of what computes the networks, or `"auto"`.
        hop: Frames from the beginning of a clip to that of the next; None for a clip's length.
    """

    names: tuple[str, ...]
    paths: tuple[Path, ...]
    hashes: tuple[str, ...]
    runtime: str
    hop: int | None


def model_files(
    names: Sequence[str], paths: Sequence[Path], runtime: str, hop: int | None
) -> ModelFiles:
    """The models of a run, with the hashes that their files have now."""
    absolute = tuple(path.absolute() for path in paths)
    return ModelFiles(tuple(names), absolute, tuple(map(sha256, paths)), runtime, hop)


def score_on_worker(models: ModelFiles, job: Job, video: InputVideo) -> "VideoResult | LeftOut":
    """Scores a video and draws its figures; see `abnormal.detection.video.score_and_draw`.

    Raises:
        AbnormalError: A model cannot be opened, or the results cannot be written.
    """
    with _LOADING:
        detectors = _open_detectors(models)
    from abnormal.detection.video import score_and_draw

    return score_and_draw(job, detectors, video)


@functools.lru_cache(maxsize=1)
def _open_detectors(models: ModelFiles) -> "dict[str, Detector]":
    """Opens the models, once in a process as long as the files are the same."""
    import cv2

    from abnormal.models.backend import start_backend

    start_backend()
    cv2.setNumThreads(1)  # as in `abnormal.cli.test`
    from abnormal.inference.detector import open_detector

    for path, expected in zip(models.paths, models.hashes, strict=True):
        if sha256(path) != expected:
            raise AbnormalError(
                f"{path} is no longer the model that the run began with. Start it again."
            )
    return {
        name: open_detector(path, name, models.runtime, models.hop)
        for name, path in zip(models.names, models.paths, strict=True)
    }
