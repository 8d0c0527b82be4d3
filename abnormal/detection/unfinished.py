"""Keeps the result of each video as soon as it is there, so that a run that is killed goes on.

    results/.unfinished/
      run.json        what the run depends on, as a hash, and when it began
      0123abcd.npz    the result of one video

A result is used again only by a run with the same models, options, versions and code, and for a
video that is still the same. The folder is removed when all results are written.
"""

import dataclasses
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from abnormal.arrays import read_npz
from abnormal.detection.job import Job
from abnormal.detection.packing import pack, unpack
from abnormal.detection.video_result import VideoResult
from abnormal.errors import AbnormalError
from abnormal.files import make_folder, read_json, sha256, write_json
from abnormal.inference.detector import Detector
from abnormal.inference.videos import InputVideo
from abnormal.models.backend import COMPUTE_NETWORKS
from abnormal.replacing import remove_partial, replacing
from abnormal.version import code_digest, installed_versions

FOLDER = ".unfinished"
"""Name of the folder below that of the results."""

log = logging.getLogger(__name__)


class Unfinished:
    """The results of the videos of a run that is not finished yet.

    Args:
        job: What is done with each video.
        identity: All that the results depend on besides the videos; see `identity_of_run`.
        started_sec: The time, in seconds since 1970.

    Attributes:
        started_sec: When the run began, in seconds since 1970; if it goes on with the results of
            one that was killed, when that one began.
    """

    def __init__(self, job: Job, identity: str, started_sec: float) -> None:
        self.started_sec = started_sec
        self._job = job
        self._identity = identity
        self._identities: dict[str, dict[str, str]] = {}
        self._folder = job.output / FOLDER
        self._run = self._folder / "run.json"
        if self._folder.exists():
            try:
                stored = read_json(self._run)
                if stored["identity"] != identity:
                    raise ValueError("it is another run, whose files this one replaces")
                self.started_sec = float(stored["started_sec"])
                remove_partial(self._folder)
            except (AbnormalError, ValueError, KeyError, TypeError):
                self.remove()

    def results(self, videos: Iterable[InputVideo]) -> dict[str, VideoResult]:
        """Reads the results that are there, by the name of the video.

        A video that changes after this call will be scored again by the next run.
        """
        videos = list(videos)
        self._identities = {video.name: _identity_of(video) for video in videos}
        found = {video.name: self._read(video) for video in videos}
        return {name: result for name, result in found.items() if result}

    def keep(self, video: InputVideo, outcome: object) -> None:
        """Keeps the result of a video. A video with any problem is tried again by the next run.

        Args:
            video: One of the videos that were given to `results`.
            outcome: Its result; everything else is not kept.

        Raises:
            CannotWriteError: The disk is full, or the folder may not be written to.
        """
        if isinstance(outcome, VideoResult) and not outcome.figure_error:
            arrays = pack({"of": self._identities[video.name], "result": outcome})
            if not self._run.exists():
                make_folder(self._folder)
                run = {"identity": self._identity, "started_sec": self.started_sec}
                write_json(self._run, run)
            with replacing(self._path(video)) as partial, partial.open("wb") as file:
                np.savez(file, **arrays)  # type: ignore[arg-type]

    def remove(self) -> None:
        """Removes the folder, because all results are where they belong."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, video: InputVideo) -> Path:
        return self._folder / f"{hashlib.sha256(os.fsencode(video.name)).hexdigest()[:16]}.npz"

    def _read(self, video: InputVideo) -> VideoResult | None:
        path = self._path(video)
        if not path.is_file():
            return None
        try:
            kept = unpack(read_npz(path))
            drawn = all(figure.is_file() for figure in self._job.figure_paths(video.name))
            fits = drawn and kept["of"] == self._identities[video.name]
            return kept["result"] if fits else None
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            log.warning("%s cannot be used (%s); %s is scored again", path, error, video.name)
            return None


def identity_of_run(
    job: Job, detectors: Mapping[str, Detector], models: Mapping[str, Path], runtime: str
) -> str:
    """Returns a hash of all that the results of a run depend on, besides the videos.

    Args:
        job: What is done with each video.
        detectors: The models by name.
        models: Their files by name.
        runtime: The runtime that was asked for.
    """
    facts = {
        "versions": installed_versions(COMPUTE_NETWORKS),
        "code": code_digest(),
        "models": {name: sha256(path) for name, path in models.items()},
        "runtimes": {name: detector.runtime for name, detector in detectors.items()},
        "runtime": runtime,
        "overlaps": {name: repr(d.overlap and d.overlap.hop) for name, d in detectors.items()},
        "exact": {name: detector.exact for name, detector in detectors.items()},
        "alarms": {name: dataclasses.asdict(alarm) for name, alarm in job.alarms.items()},
        "localiser": job.localiser,
        "zone": sha256(job.zone) if job.zone else None,
        "figures": [job.figures, job.only_events, job.panels, job.false_alarms_per_hour],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _identity_of(video: InputVideo) -> dict[str, str]:
    return {"video": video.name, "camera": video.camera, "source": video.identity()}
