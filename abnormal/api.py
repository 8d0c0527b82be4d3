"""The Python interface: `abnormal.load`, `score_video`, `find_events` and `evaluate`.

These functions and the command line programs are built on the same functions of
`abnormal.detection`.
"""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abnormal.commands import command
from abnormal.errors import AbnormalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from abnormal.detection.detect import Detections
    from abnormal.inference.detector import Detector
    from abnormal.inference.videos import InputVideo
    from abnormal.scoring.alarm import Alarm
    from abnormal.scoring.localisation import Localiser


def load(path: str | Path, runtime: str = "auto", exact: bool = False) -> "Detector":
    """Loads a trained model.

    Args:
        path: Path of a model file that `train_model.py` has written.
        runtime: Name of the runtime that computes the network: `"keras"`, `"openvino"`,
            `"openvino-bfloat16"`, or `"auto"` for the fastest one that is installed and agrees with
            Keras.
        exact: Whether the network runs on all clips, also on those that show nothing new.

    Returns:
        The model, for the other functions of this module.

    Raises:
        AbnormalError: There is no such file, or it is not a model file.
    """
    from abnormal.inference.detector import open_detector

    return open_detector(Path(path), Path(path).stem, runtime, exact=exact)


def score_video(
    model: "Detector",
    source: str | Path,
    score: str = "fused",
    threshold: float | None = None,
    camera: str = "",
    false_alarms_per_hour: float | None = None,
) -> "pd.DataFrame":
    """Scores every frame of a video.

    A video whose frame rate differs from that of the model is resampled. That and any problem with
    a video is reported by a Python warning, as long as another video can be scored.

    Args:
        model: The model that `load` returned.
        source: Path of a video file, a folder of pictures, or a folder of videos, which are all
            scored.
        score: Name of the score that raises alarms.
        threshold: A frame whose score is above this is an alarm; None for the threshold that the
            calibration gives.
        camera: Name by which the model knows the camera that filmed the video; needed only if it
            knows several.
        false_alarms_per_hour: Expected number of false alarms per hour, by which the threshold is
            chosen; None for one normal frame in a hundred.

    Returns:
        A table with one row per frame and the columns of `results/scores.csv`.

    Raises:
        AbnormalError: No video can be read, the model is not calibrated for the score, the model
            does not know the camera, or both a threshold and a number of false alarms are given.
    """
    from abnormal.report.tables import scores_table

    alarm = _alarm(model, score, threshold, false_alarms_per_hour)
    found = _detect(model, alarm, _videos(source, camera), None)
    videos = [result.outputs[model.name].video for result in found.results.values()]
    return scores_table(model.name, videos, alarm)


def find_events(
    model: "Detector",
    source: str | Path,
    score: str = "fused",
    threshold: float | None = None,
    camera: str = "",
    false_alarms_per_hour: float | None = None,
) -> "pd.DataFrame":
    """Finds the events of a video, which are the periods in which something is not regular.

    It takes the same arguments as `score_video`, and raises the same errors.

    Returns:
        A table with one row per event and the columns of `results/events.csv`.
    """
    from abnormal.detection.results import model_results
    from abnormal.scoring.localisation import DEFAULT_LOCALISER

    alarm = _alarm(model, score, threshold, false_alarms_per_hour)
    found = _detect(model, alarm, _videos(source, camera), DEFAULT_LOCALISER)
    return model_results(found)[model.name].events


def evaluate(
    model: "Detector",
    img: str | Path = "img",
    score: str = "fused",
    threshold: float | None = None,
) -> dict[str, Any]:
    """Scores the test videos under `img/`, and compares the scores with the labels.

    A video that cannot be read is left out, and a warning says so.

    Args:
        model: The model that `load` returned.
        img: Folder of the frames that `preprocess.py` made.
        score: Name of the score that raises alarms.
        threshold: A frame whose score is above this is an alarm; None for the threshold that the
            calibration gives.

    Returns:
        The metrics, with the keys that `results/metrics.json` has for a model.

    Raises:
        AbnormalError: There is no test video, or the model is not calibrated for the score.
    """
    from abnormal.detection.results import model_results
    from abnormal.inference.videos import stored_videos
    from abnormal.scoring.localisation import DEFAULT_LOCALISER

    alarm = _alarm(model, score, threshold)
    found = _detect(model, alarm, stored_videos(Path(img)), DEFAULT_LOCALISER)
    return dict(model_results(found)[model.name].metrics)


def _alarm(
    model: "Detector", score: str, threshold: float | None, per_hour: float | None = None
) -> "Alarm":
    if threshold is not None and per_hour is not None:
        raise AbnormalError(
            f"A threshold of {threshold:g} and {per_hour:g} false alarms an hour are both asked "
            "for. Leave one of the two out."
        )
    return model.alarm(score, threshold, per_hour)


def _videos(source: str | Path, camera: str) -> "list[InputVideo]":
    import dataclasses

    from abnormal.inference.videos import source_videos

    if not isinstance(source, str | Path):
        raise AbnormalError(
            f"The source {source!r} is no path. Expected: a video file, a folder of pictures, or a "
            f"folder of videos; cameras are watched by `{command('test')} --source`."
        )
    videos = source_videos(Path(source))
    return [dataclasses.replace(video, camera=camera) if camera else video for video in videos]


def _detect(
    model: "Detector",
    alarm: "Alarm",
    videos: "Sequence[InputVideo]",
    localiser: "Localiser | None",
) -> "Detections":
    """Scores videos, and warns of problems with them unless none of them can be scored."""
    from abnormal.detection.detect import Detections, problem_of, score_videos
    from abnormal.detection.job import Job
    from abnormal.detection.video import VideoResult

    job = Job({model.name: alarm}, localiser)
    results, problems = {}, []
    for name, outcome in score_videos(job, {model.name: model}, videos).items():
        if isinstance(outcome, VideoResult):
            results[name] = outcome
            problems += [f"{name}: {note}" for note in outcome.notes]
        else:
            problems.append(f"{name} is left out: {problem_of(outcome)}")
    if not results:
        raise AbnormalError(" ".join(problems))
    for problem in problems:
        warnings.warn(problem, stacklevel=3)
    return Detections(job, {model.name: model}, results)
