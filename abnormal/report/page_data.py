"""The data that the page's scripts draw, as numbers and texts that are stored in the page."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from abnormal.inference.scored_video import error_of
from abnormal.report.contents import Contents, ModelResults, relative_url
from abnormal.report.figure import COLOURS
from abnormal.report.tables import records
from abnormal.report.thinning import pack_curve
from abnormal.scoring.events import intervals

PAGE_POINTS = 600_000
"""Largest number of points of all curves together. They make up 1.6 MB of the page."""

CURVE_POINTS = 4000
"""Largest number of points of a curve: two for each column of a wide screen."""


def page_data(contents: Contents) -> dict[str, Any]:
    """Returns the data of the page, which `page_files/data.js` reads."""
    lengths = np.array([len(video.causal[contents.score]) for video in contents.videos])
    points = points_for(lengths, curves=2 * len(contents.models))
    return {
        "score": contents.score,
        "error": error_of(contents.score),
        "models": [
            _model(name, model, COLOURS[number % len(COLOURS)])
            for number, (name, model) in enumerate(contents.models.items())
        ],
        "videos": _videos(contents, points),
    }


def points_for(lengths: np.ndarray, curves: int) -> int:
    """Returns how many points a curve may have, so that the size of the page is limited.

    Args:
        lengths: Number of frames of each video, `(videos,)` int64. A curve never has more points.
        curves: Number of curves of each video.

    Returns:
        An even number from 2 to `CURVE_POINTS`. It is the smaller, the more videos there are.
    """
    for points in range(CURVE_POINTS, 2, -2):
        if curves * np.minimum(lengths, points).sum() <= PAGE_POINTS:
            return points
    return 2


def _model(name: str, model: ModelResults, colour: str) -> dict[str, Any]:
    return {"name": name, "colour": colour}


def _videos(contents: Contents, points: int) -> list[dict[str, Any]]:
    events = [_intervals(records(model.events)) for model in contents.models.values()]
    return [
        {
            "name": video.name,
            "fps": video.fps,
            "frames": len(video.causal[contents.score]),
            "gaps": list(video.gaps),
            "abnormal": None if video.labels is None else list(intervals(video.labels == 1)),
            "figure": relative_url("regularity", f"{video.name}.{contents.figures}"),
            "seen": [
                _model_view(model, number, points) | {"events": found.get(video.name, [])}
                for model, found in zip(contents.models.values(), events, strict=True)
            ],
        }
        for number, video in enumerate(contents.videos)
    ]


def _intervals(events: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[int, int, str]]]:
    """Returns the half-open interval of frames and the sentence of each event, by its video."""
    found: dict[str, list[tuple[int, int, str]]] = {}
    for event in events:
        interval = event["start_frame"], event["end_frame"] + 1, event["sentence"]
        found.setdefault(event["video"], []).append(interval)
    return found


def _model_view(model: ModelResults, number: int, points: int) -> dict[str, Any]:
    """Returns what the page shows of a video, given by its number, for one model."""
    video, score = model.videos[number], model.alarm.score
    limit = model.alarm.for_camera(video.camera).threshold
    return {
        "video": relative_url("videos", model.folder, f"{video.name}.mp4"),
        "panels": relative_url("anomalies", model.folder, f"{video.name}.mp4"),
        "regularity": pack_curve(video.regularity(score), points),
        "score": pack_curve(video.causal[score], points),
        "threshold": limit if math.isfinite(limit) else None,
        "alarms": list(intervals(video.alarms(model.alarm))),
    }
