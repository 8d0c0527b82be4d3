"""Scores, events and figures: `abnormal.load`, `score_video`, `evaluate` and `dismiss`."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abnormal.commands import command
from abnormal.errors import AbnormalError, require_one_of
from abnormal.names import FUSED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from abnormal.detection.detect import Detections
    from abnormal.detection.score_table import ScoreTable
    from abnormal.inference.detector import Detector
    from abnormal.inference.videos import InputVideo
    from abnormal.scoring.alarm import Alarm


def load(
    path: str | Path, runtime: str = "auto", exact: bool = False, trust: bool = False
) -> "Detector":
    """Loads a trained model.

    Args:
        path: Path of a model file that `train_model.py` or `abnormal.train` has written.
        runtime: Name of the runtime that computes the network: `"keras"`, `"openvino"`,
            `"openvino-bfloat16"`, or `"auto"` for the fastest one that is installed and agrees with
            Keras.
        exact: Whether the network runs on all clips, also on those that show nothing new.
        trust: Whether code that the network needs may be run: layers of one's own, from the files
            and modules that the model file names. Only trust files whose makers you know.

    Returns:
        The model, for the other functions of this package.

    Raises:
        AbnormalError: There is no such file, it is not a model file, or it needs code and is not
            trusted.
    """
    from abnormal.inference.detector import open_detector
    from abnormal.inference.runtimes import AUTO, RUNTIMES
    from abnormal.models.trust import trusting

    require_one_of("runtime", runtime, (AUTO, *RUNTIMES))
    with trusting(trust):
        return open_detector(Path(path), Path(path).stem, runtime, exact=exact)


def score_video(
    model: "Detector",
    source: str | Path,
    score: str = "fused",
    threshold: float | None = None,
    camera: str = "",
    false_alarms_per_hour: float | None = None,
) -> "ScoreTable":
    """Scores every frame of a video, and finds the events in it.

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
        false_alarms_per_hour: Expected number of false alarms per hour of a camera, by which its
            threshold is chosen; None for one normal frame in a hundred.

    Returns:
        A table with one row per frame and the columns of `results/scores.csv`. Its attribute
        `events` is a table with one row per event and the columns of `results/events.csv`.

    Raises:
        AbnormalError: No video can be read, the model is not calibrated for the score, the model
            does not know the camera, or both a threshold and a number of false alarms are given.
    """
    from abnormal.detection.score_table import ScoreTable

    alarm = _alarm(model, score, threshold, false_alarms_per_hour)
    return ScoreTable.of(_detect(model, alarm, _videos(source, camera)), model.name)


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
        The attribute `events` of the table that `score_video` returns.
    """
    table = score_video(model, source, score, threshold, camera, false_alarms_per_hour)
    return table.events


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

    found = _detect(model, _alarm(model, score, threshold), stored_videos(Path(img)))
    return dict(model_results(found)[model.name].metrics)


def dismiss(
    model: "str | Path | Detector",
    source: str | Path,
    event: "Mapping[str, Any] | pd.Series[Any]",
    camera: str = "",
    trust: bool = False,
) -> "Detector":
    """Teaches a model that an event was a false alarm: the same at the same place is normal.

    Args:
        model: Path of the model file, which is replaced, or the model that was loaded from it.
        source: The video file, folder of pictures, folder of videos, or folder of frames (`img`) in
            which the event was found.
        event: A row of the events of `score_video`, of which `video`, `event`, `start_frame` and
            `end_frame` are used.
        camera: Name by which the model knows the camera; needed only if it knows several.
        trust: Whether code that the network needs may be run; see `load`.

    Returns:
        The model as it is now.

    Raises:
        AbnormalError: There is no such video, the event ends after it, or it is dismissed already.
    """
    from abnormal.models.backend import start_backend

    start_backend()
    from abnormal.detection.dismiss import dismiss_frames
    from abnormal.detection.options import DetectionOptions
    from abnormal.frames.manifest import is_img
    from abnormal.models.trust import trusting

    path, source = path_of(model), Path(source)
    img, video = (source, None) if is_img(source) else (Path("img"), source)
    options = DetectionOptions((path,), img, video, camera, Path(), FUSED, None, None)
    try:
        frames = (str(event["video"]), int(event["start_frame"]), int(event["end_frame"]))
        name = f"{event['video']}:{event['event']}"
    except (KeyError, TypeError, ValueError):
        raise AbnormalError(
            f"The event is {event!r}. Expected: a row of the events of `abnormal.score_video`, "
            "with video, event, start_frame and end_frame."
        ) from None
    with trusting(trust):
        dismiss_frames(options, name, frames)
        return load(path)


def require_loaded(model: "Detector") -> None:
    """Makes sure that a model is one that was loaded, and not its path.

    Raises:
        AbnormalError: It is a path.
    """
    if isinstance(model, str | Path):
        raise AbnormalError(
            f"The model is a path, {str(model)!r}. Expected: abnormal.load({str(model)!r})."
        )


def path_of(model: "str | Path | Detector") -> Path:
    """Returns the path of a model file, which may be given as the model that was loaded from it."""
    return Path(model if isinstance(model, str | Path) else model.path)


def _alarm(
    model: "Detector", score: str, threshold: float | None, per_hour: float | None = None
) -> "Alarm":
    require_loaded(model)
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
            f"folder of videos; cameras are watched by `abnormal.watch`, or by `{command('test')} "
            "--source`."
        )
    videos = source_videos(Path(source))
    return [dataclasses.replace(video, camera=camera) if camera else video for video in videos]


def _detect(
    model: "Detector",
    alarm: "Alarm",
    videos: "Sequence[InputVideo]",
) -> "Detections":
    """Scores videos, and warns of problems with them unless none of them can be scored."""
    from abnormal.detection.detect import Detections, problem_of, score_videos
    from abnormal.detection.job import Job
    from abnormal.detection.video_result import VideoResult
    from abnormal.scoring.localisation import DEFAULT_LOCALISER

    job = Job({model.name: alarm}, DEFAULT_LOCALISER)
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
