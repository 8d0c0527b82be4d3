"""All figures of one model over its test videos."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from abnormal.evaluation.event_level import event_figures
from abnormal.evaluation.frame_level import bootstrap_auc, frame_figures, macro_figures
from abnormal.evaluation.pixel_level import VideoPixels, pixel_figures
from abnormal.evaluation.region_level import region_figures
from abnormal.inference.scored_video import ScoredVideo
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.events import persistent_events
from abnormal.scoring.local import FUSED
from abnormal.scoring.regularity import stretched
from abnormal.scoring.residual import ERRORS

MICRO_RAW = "micro_raw"
MICRO_PER_VIDEO = "micro_per_video"
MACRO_RAW = "macro_raw"

PROTOCOLS = {
    MICRO_RAW: "all frames of all labelled videos together, scores as an alarm sees them",
    MICRO_PER_VIDEO: "the same, each video first stretched between its own smallest and largest "
    "score; this looks ahead, and is what most papers report",
    MACRO_RAW: "mean over the videos of the AUC within each; a video of one class is given a "
    "normal frame below and an abnormal one above all its scores, and so counts as nearly perfect",
    "auc_interval": "from the 2.5 to the 97.5 % quantile, over draws of whole videos with "
    "replacement",
    "events": "stretches of abnormal frames against events: an alarm that lasts until the score is "
    "no longer above the release; stretches less than 2 s apart are one event, those shorter than "
    "0.2 s none",
    "regularity_events": "the same, events by the persistent minima of the regularity of the whole "
    "video (Persistence1D, above a persistence of 0.2), as Chong and Tay count them; it looks back",
}


def evaluate(
    videos: Sequence[ScoredVideo], alarm: Alarm, pixels: Sequence[VideoPixels] = ()
) -> dict[str, Any]:
    """Figures of a model.

    Args:
        videos: All that it was tested on. Those without labels count for alarms only.
        alarm: What raises an alarm.
        pixels: Their pixels, where these have been looked at.

    Returns:
        A tree that goes into `metrics.json`. A figure that is not defined, because all frames are
        of one class, is None.
    """
    labelled = [video for video in videos if video.labels is not None]
    return {
        "videos": len(videos),
        "frames": sum(len(video.causal[alarm.score]) for video in videos),
        "labelled_videos": len(labelled),
        "labelled_frames": sum(len(labels_of(video)) for video in labelled),
        "abnormal_frames": sum(int(labels_of(video).sum()) for video in labelled),
        "protocols": PROTOCOLS,
        "scores": _figures_by_score(labelled) if labelled else {},
        "situations": _figures_by_situation(labelled, alarm),
        "localisation": pixel_figures(pixels),
        "regions": _regions(videos, pixels),
        "alarm": _alarm_figures(videos, labelled, alarm),
        "events": _events(labelled, alarm) if labelled else None,
        "regularity_events": _regularity_events(labelled) if labelled else None,
    }


def labels_of(video: ScoredVideo) -> np.ndarray:
    """The labels of a video that has some."""
    if video.labels is None:
        raise ValueError(f"{video.name} has no labels")
    return video.labels


def _figures_by_score(videos: Sequence[ScoredVideo]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name in dict.fromkeys(name for video in videos for name in video.causal):
        those = [video for video in videos if name in video.causal]
        raw = [video.causal[name] for video in those]
        figures[name] = {
            "videos": len(those),  # a camera that is not known has no score that knows the place
            MICRO_RAW: _figures_with_interval(those, raw),
            MICRO_PER_VIDEO: _figures(those, [stretched(values) for values in raw]),
            MACRO_RAW: dataclasses.asdict(macro_figures(raw, [labels_of(v) for v in those])),
        }
    # By its definition the regularity is per video, and it is not smoothed.
    for error in ERRORS:
        irregularity = [-video.regularity(error) for video in videos]
        name = "regularity" if error == "l2" else f"regularity_{error}"
        figures[name] = {MICRO_PER_VIDEO: _figures(videos, irregularity)}
    return figures


def _figures_by_situation(videos: Sequence[ScoredVideo], alarm: Alarm) -> dict[str, Any]:
    figures = {}
    for situation in sorted({video.situation for video in videos if video.situation}):
        those = [video for video in videos if video.situation == situation]
        figures[situation] = {
            MICRO_RAW: _figures(those, [v.causal[alarm.score] for v in those]),
            "events": _events(those, alarm),
        }
    return figures


def _figures(
    videos: Sequence[ScoredVideo], scores: Sequence[np.ndarray]
) -> dict[str, float] | None:
    labels = np.concatenate([labels_of(video) for video in videos])
    figures = frame_figures(np.concatenate(scores), labels)
    return dataclasses.asdict(figures) if figures else None


def _figures_with_interval(
    videos: Sequence[ScoredVideo], scores: Sequence[np.ndarray]
) -> dict[str, Any] | None:
    figures = _figures(videos, scores)
    if figures is None:
        return None
    interval = bootstrap_auc(scores, [labels_of(video) for video in videos])
    return figures | {"auc_interval": interval and list(interval)}


def _events(videos: Sequence[ScoredVideo], alarm: Alarm) -> dict[str, Any]:
    found = [video.events(alarm) for video in videos]
    labels = [labels_of(video) for video in videos]
    return dataclasses.asdict(event_figures(found, labels, [video.fps for video in videos]))


def _regularity_events(videos: Sequence[ScoredVideo]) -> dict[str, Any]:
    """As the paper counts events, by the persistent minima of the regularity."""
    found = [persistent_events(video.regularity(), video.fps) for video in videos]
    labels = [labels_of(video) for video in videos]
    return dataclasses.asdict(event_figures(found, labels, [video.fps for video in videos]))


def _regions(videos: Sequence[ScoredVideo], pixels: Sequence[VideoPixels]) -> dict[str, Any] | None:
    """Where the score that knows the place says it is, against the masks."""
    masked = [
        (video.causal[FUSED], video.boxes, seen.regions)
        for video, seen in zip(videos, pixels, strict=False)
        if video.boxes is not None and FUSED in video.causal and seen.regions
    ]
    if not masked:
        return None
    scores, boxes, truths = zip(*masked, strict=True)
    return region_figures(scores, boxes, truths)


def _alarm_figures(
    videos: Sequence[ScoredVideo], labelled: Sequence[ScoredVideo], alarm: Alarm
) -> dict[str, Any]:
    labels = [labels_of(video) == 1 for video in labelled]
    raised = np.concatenate([*(video.alarms(alarm) for video in labelled), np.zeros(0, bool)])
    abnormal = np.concatenate([*labels, np.zeros(0, bool)])
    return {
        "score": alarm.score,
        "threshold": alarm.threshold,
        "alarm_frames": sum(int(video.alarms(alarm).sum()) for video in videos),
        "false_alarm_rate": float(raised[~abnormal].mean()) if (~abnormal).any() else None,
        "detection_rate": float(raised[abnormal].mean()) if abnormal.any() else None,
    }
