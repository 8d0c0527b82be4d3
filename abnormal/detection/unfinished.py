"""Keeps the result of each video as soon as it is there, so that a run that is killed goes on.

    results/.unfinished/
      run.json        what the run depends on, as a hash, and when it began
      0123abcd.npz    the result of one video

A result is used again only by a run with the same models, options and versions, and for a video
that is still the same. The folder is removed when all results are written.
"""

import dataclasses
import hashlib
import json
import logging
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from abnormal.arrays import read_npz
from abnormal.detection.job import Job
from abnormal.detection.video import ModelOutput, VideoResult, figure_paths
from abnormal.errors import AbnormalError
from abnormal.evaluation.pixel_level import VideoPixels
from abnormal.files import make_folder, read_json, remove_partial, replacing, sha256, write_json
from abnormal.inference.detector import Detector
from abnormal.inference.scored_video import ScoredVideo
from abnormal.inference.videos import InputVideo
from abnormal.models.backend import versions
from abnormal.scoring.localisation import DEFAULT_LOCALISER

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
                shutil.rmtree(self._folder)

    def results(self, videos: Iterable[InputVideo]) -> dict[str, VideoResult]:
        """Reads the results that are there, by the name of the video."""
        found = {video.name: self._read(video) for video in videos}
        return {name: result for name, result in found.items() if result}

    def keep(self, video: InputVideo, outcome: object) -> None:
        """Keeps the result of a video. A video with any problem is tried again by the next run.

        Raises:
            CannotWriteError: The disk is full, or the folder may not be written to.
        """
        if isinstance(outcome, VideoResult) and not outcome.figure_error:
            arrays = _as_arrays(outcome)
            facts = {**_identity_of(video), **_as_facts(outcome)}
            arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
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
        return self._folder / f"{hashlib.sha256(video.name.encode()).hexdigest()[:16]}.npz"

    def _read(self, video: InputVideo) -> VideoResult | None:
        path = self._path(video)
        if not path.is_file():
            return None
        try:
            arrays = read_npz(path)
            facts = json.loads(arrays["facts"].tobytes())
            if any(facts[key] != value for key, value in _identity_of(video).items()):
                return None
            if not all(figure.is_file() for figure in figure_paths(self._job, video)):
                return None
            return _as_result(facts, arrays, self._job)
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            log.warning("%s is damaged (%s); %s is scored again", path, error, video.name)
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
        "versions": versions(),
        "models": {name: sha256(path) for name, path in models.items()},
        "runtimes": {name: detector.runtime for name, detector in detectors.items()},
        "runtime": runtime,
        "overlaps": {name: repr(d.overlap and d.overlap.hop) for name, d in detectors.items()},
        "alarms": {name: dataclasses.asdict(alarm) for name, alarm in job.alarms.items()},
        "localiser": job.localiser,
        "zone": sha256(job.zone) if job.zone else None,
        "figures": [job.figures, job.panels, job.false_alarms_per_hour],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _identity_of(video: InputVideo) -> dict[str, str]:
    return {"video": video.name, "camera": video.camera, "source": video.identity()}


def _as_facts(result: VideoResult) -> dict[str, Any]:
    """Returns all of a result that is not an array, as JSON can store it exactly."""
    return {
        "notes": result.notes,
        "models": {
            name: {
                "fps": output.video.fps,
                "situation": output.video.situation,
                "runtime": output.runtime,
                "rows": output.pixels.rows,
                "regions": len(output.pixels.regions),
            }
            for name, output in result.outputs.items()
        },
    }


def _as_arrays(result: VideoResult) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    for number, output in enumerate(result.outputs.values()):
        video, pixels = output.video, output.pixels
        arrays |= {f"{number}.raw.{name}": values for name, values in video.raw.items()}
        arrays |= {f"{number}.causal.{name}": values for name, values in video.causal.items()}
        arrays |= {f"{number}.region.{n}": regions for n, regions in enumerate(pixels.regions)}
        arrays[f"{number}.counts"] = pixels.counts
        for name, values in (("labels", video.labels), ("boxes", video.boxes)):
            if values is not None:
                arrays[f"{number}.{name}"] = values
    return arrays


def _as_result(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray], job: Job) -> VideoResult:
    outputs = {}
    for number, (model, stored) in enumerate(facts["models"].items()):
        parts: dict[str, dict[str, np.ndarray]] = {"raw": {}, "causal": {}}
        for kind, found in parts.items():
            prefix = f"{number}.{kind}."
            found |= {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
        pixels = VideoPixels(job.localiser or DEFAULT_LOCALISER)
        pixels.counts = arrays[f"{number}.counts"]
        pixels.rows = stored["rows"]
        pixels.regions = [arrays[f"{number}.region.{n}"] for n in range(stored["regions"])]
        video = ScoredVideo(
            name=facts["video"],
            fps=stored["fps"],
            raw=parts["raw"],
            causal=parts["causal"],
            labels=arrays.get(f"{number}.labels"),
            situation=stored["situation"],
            boxes=arrays.get(f"{number}.boxes"),
        )
        outputs[model] = ModelOutput(video, pixels, stored["runtime"])
    return VideoResult(outputs, tuple(facts["notes"]), None)
