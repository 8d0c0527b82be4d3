"""What the page's script draws from: plain numbers and texts, small enough to lie in the page."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from abnormal.inference.scored_video import ScoredVideo, error_of
from abnormal.report.contents import Contents, ModelResults, address
from abnormal.report.figure import COLOURS
from abnormal.report.histogram import Histogram, histograms_of
from abnormal.report.losses import KINDS, loss_points
from abnormal.report.roc import Roc, roc_of
from abnormal.report.tables import records
from abnormal.report.thinning import packed
from abnormal.scoring.events import intervals

PAGE_POINTS = 600_000
"""Of all curves together: 1.6 MB of the page."""

CURVE_POINTS = 4000
"""Of a curve, at most: two for each column of a wide screen."""


def page_data(contents: Contents) -> dict[str, Any]:
    """All that the script draws."""
    lengths = np.array([len(video.causal[contents.score]) for video in contents.videos])
    points = points_for(lengths, curves=2 * len(contents.models))
    alarms = {name: model.alarm for name, model in contents.models.items()}
    scored = {name: model.videos for name, model in contents.models.items()}
    histograms = histograms_of(scored, alarms)
    return {
        "score": contents.score,
        "error": error_of(contents.score),
        "models": [
            _model(name, model, COLOURS[number % len(COLOURS)])
            | {"roc": _roc(roc_of(model.videos, model.alarm))}
            | {"histogram": _histogram(histograms[name])}
            for number, (name, model) in enumerate(contents.models.items())
        ],
        "videos": _videos(contents, points),
    }


def points_for(lengths: np.ndarray, curves: int) -> int:
    """How many points a curve may have, so that the page has an upper size.

    Args:
        lengths: Of all videos, in frames; a curve has no more points than its video has frames.
        curves: Of each video.

    Returns:
        An even number: as many as a screen has room for where the videos are few, fewer where they
        are many.
    """
    for points in range(CURVE_POINTS, 2, -2):
        if curves * np.minimum(lengths, points).sum() <= PAGE_POINTS:
            return points
    return 2


def _model(name: str, model: ModelResults, colour: str) -> dict[str, Any]:
    losses = {key: loss_points(model.info.history, key) for key in KINDS}
    limit = model.alarm.threshold
    threshold = limit if math.isfinite(limit) else None
    return {"name": name, "colour": colour, "threshold": threshold, "losses": losses}


def _roc(roc: Roc | None) -> dict[str, Any] | None:
    if roc is None:
        return None
    return {
        "raw": _rounded(roc.raw),
        "rawAuc": roc.raw_auc,
        "perVideo": _rounded(roc.per_video),
        "perVideoAuc": roc.per_video_auc,
        "alarm": roc.alarm,
    }


def _histogram(histogram: Histogram) -> dict[str, Any]:
    return {
        "edges": histogram.edges.tolist(),
        "labelled": histogram.labelled,
        "normal": _rounded(histogram.normal),
        "abnormal": None if histogram.abnormal is None else _rounded(histogram.abnormal),
    }


def _rounded(values: np.ndarray) -> list[Any]:
    return np.round(values, 4).tolist()


def _videos(contents: Contents, points: int) -> list[dict[str, Any]]:
    events = [_intervals(records(model.events)) for model in contents.models.values()]
    return [
        {
            "name": video.name,
            "fps": video.fps,
            "frames": len(video.causal[contents.score]),
            "abnormal": None if video.labels is None else list(intervals(video.labels == 1)),
            "figure": address("regularity", f"{video.name}.{contents.figures}"),
            "seen": [
                _seen(model.videos[number], model.folder, contents.score, points)
                | {"events": found.get(video.name, [])}
                for model, found in zip(contents.models.values(), events, strict=True)
            ],
        }
        for number, video in enumerate(contents.videos)
    ]


def _intervals(events: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[int, int]]]:
    """First frame of each event and the one behind its last, by the name of the video."""
    found: dict[str, list[tuple[int, int]]] = {}
    for event in events:
        interval = event["start_frame"], event["end_frame"] + 1
        found.setdefault(event["video"], []).append(interval)
    return found


def _seen(video: ScoredVideo, folder: str, score: str, points: int) -> dict[str, Any]:
    """A video as a model sees it."""
    return {
        "video": address("videos", folder, f"{video.name}.mp4"),
        "panels": address("anomalies", folder, f"{video.name}.mp4"),
        "regularity": packed(video.regularity(score), points),
        "score": packed(video.causal[score], points),
    }
