"""What other programs call: `abnormal.load`, `abnormal.score_video`, `abnormal.evaluate`."""

import warnings
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from abnormal.inference.detector import Detector
    from abnormal.scoring.localisation import Sink


def load(path: str | Path, runtime: str = "auto") -> "Detector":
    """Loads a trained model.

    Args:
        path: A model file of `train_model.py`.
        runtime: What computes the network: `"keras"`, `"openvino"`, `"openvino-bfloat16"`, or
            `"auto"` for the fastest that is there and agrees with Keras.

    Raises:
        AbnormalError: It is no such file.
    """
    from abnormal.models.backend import start_backend

    start_backend()
    from abnormal.inference.detector import open_detector

    return open_detector(Path(path), Path(path).stem, runtime)


def score_video(
    model: "Detector", source: str | Path, score: str = "fused", threshold: float | None = None
) -> "pd.DataFrame":
    """Scores every frame of a video.

    Args:
        model: From `load`.
        source: A video file or a folder of pictures; of a folder of videos all are scored.
        score: Which score carries the alarm.
        threshold: A frame whose score is above it is an alarm; None for the calibrated one.

    Returns:
        The columns of `results/scores.csv`, one row per frame. A source at another frame rate than
        the model's is resampled to it; a warning says so, as of anything wrong with a video.

    Raises:
        AbnormalError: There is no video that can be read.
    """
    from abnormal.inference.videos import source_videos
    from abnormal.report.tables import scores_table

    videos = []
    for video in source_videos(Path(source)):
        scored, notes = model.score(video)
        videos.append(scored)
        for note in notes:
            warnings.warn(f"{video.name}: {note}", stacklevel=2)
    limit = model.calibration.threshold(score) if threshold is None else threshold
    return scores_table(model.name, videos, score, limit)


def evaluate(
    model: "Detector",
    img: str | Path = "img",
    score: str = "fused",
    threshold: float | None = None,
) -> dict[str, Any]:
    """Scores the test videos under `img/` and compares them with their labels.

    Returns:
        The figures of one model as in `results/metrics.json`.
    """
    from abnormal.evaluation.evaluate import evaluate as figures_of
    from abnormal.evaluation.pixel_level import VideoPixels
    from abnormal.inference.videos import stored_videos
    from abnormal.scoring.localisation import DEFAULT_LOCALISER

    videos, pixels = [], []
    for video in stored_videos(Path(img)):
        of_video = VideoPixels(DEFAULT_LOCALISER)
        sink = of_video.sink(video.read_masks())
        videos.append(model.score(video, open_sink=partial(_opened, sink))[0])
        pixels.append(of_video)
    limit = model.calibration.threshold(score) if threshold is None else threshold
    return figures_of(videos, score, limit, model.calibration.release(score, limit), pixels)


def _opened(sink: "Sink", fps: float) -> "AbstractContextManager[Sink]":
    return nullcontext(sink)
