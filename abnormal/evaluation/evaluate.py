"""All figures of one model over its test videos."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from abnormal.evaluation.frame_level import frame_figures
from abnormal.evaluation.pixel_level import VideoPixels, pixel_figures
from abnormal.inference.score import ScoredVideo
from abnormal.scoring.regularity import stretched
from abnormal.scoring.residual import ERRORS

MICRO_RAW = "micro_raw"
MICRO_PER_VIDEO = "micro_per_video"

PROTOCOLS = {
    MICRO_RAW: "all frames of all labelled videos together, scores as an alarm sees them",
    MICRO_PER_VIDEO: "the same, each video first stretched between its own smallest and largest "
    "score; this looks ahead, and is what most papers report",
}


def evaluate(
    videos: Sequence[ScoredVideo],
    score: str,
    threshold: float,
    pixels: Sequence[VideoPixels] = (),
) -> dict[str, Any]:
    """Figures of a model.

    Args:
        videos: All that it was tested on. Those without labels count for alarms only.
        score: Which score carries the alarm.
        threshold: A frame whose score is above it is an alarm.
        pixels: Their pixels, where these have been looked at.

    Returns:
        A tree that goes into `metrics.json`. A figure that is not defined, because all frames are
        of one class, is None.
    """
    labelled = [video for video in videos if video.labels is not None]
    return {
        "videos": len(videos),
        "frames": sum(len(video.causal[score]) for video in videos),
        "labelled_videos": len(labelled),
        "labelled_frames": sum(len(labels_of(video)) for video in labelled),
        "abnormal_frames": sum(int(labels_of(video).sum()) for video in labelled),
        "protocols": PROTOCOLS,
        "scores": _figures_by_score(labelled) if labelled else {},
        "situations": _figures_by_situation(labelled, score),
        "localisation": pixel_figures(pixels),
        "alarm": _alarm(videos, labelled, score, threshold),
    }


def labels_of(video: ScoredVideo) -> np.ndarray:
    """The labels of a video that has some."""
    if video.labels is None:
        raise ValueError(f"{video.name} has no labels")
    return video.labels


def _figures_by_score(videos: Sequence[ScoredVideo]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name in videos[0].causal:
        raw = [video.causal[name] for video in videos]
        figures[name] = {
            MICRO_RAW: _figures(videos, raw),
            MICRO_PER_VIDEO: _figures(videos, [stretched(values) for values in raw]),
        }
    # By its definition the regularity is per video, and it is not smoothed.
    for error in ERRORS:
        irregularity = [-video.regularity(error) for video in videos]
        name = "regularity" if error == "l2" else f"regularity_{error}"
        figures[name] = {MICRO_PER_VIDEO: _figures(videos, irregularity)}
    return figures


def _figures_by_situation(videos: Sequence[ScoredVideo], score: str) -> dict[str, Any]:
    figures = {}
    for situation in sorted({video.situation for video in videos if video.situation}):
        those = [video for video in videos if video.situation == situation]
        figures[situation] = {MICRO_RAW: _figures(those, [v.causal[score] for v in those])}
    return figures


def _figures(
    videos: Sequence[ScoredVideo], scores: Sequence[np.ndarray]
) -> dict[str, float] | None:
    labels = np.concatenate([labels_of(video) for video in videos])
    figures = frame_figures(np.concatenate(scores), labels)
    return dataclasses.asdict(figures) if figures else None


def _alarm(
    videos: Sequence[ScoredVideo], labelled: Sequence[ScoredVideo], score: str, threshold: float
) -> dict[str, Any]:
    alarms = [video.causal[score] > threshold for video in labelled]
    labels = [labels_of(video) == 1 for video in labelled]
    alarm = np.concatenate([*alarms, np.zeros(0, bool)])
    abnormal = np.concatenate([*labels, np.zeros(0, bool)])
    return {
        "score": score,
        "threshold": threshold,
        "alarm_frames": sum(int((video.causal[score] > threshold).sum()) for video in videos),
        "false_alarm_rate": float(alarm[~abnormal].mean()) if (~abnormal).any() else None,
        "detection_rate": float(alarm[abnormal].mean()) if abnormal.any() else None,
    }
