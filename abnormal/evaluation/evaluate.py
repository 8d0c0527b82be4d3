"""Computes all metrics of one model over its test videos."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from abnormal.evaluation.event_level import event_metrics
from abnormal.evaluation.frame_level import bootstrap_auc, frame_metrics, macro_metrics
from abnormal.evaluation.pixel_level import VideoPixels, pixel_metrics
from abnormal.evaluation.region_level import ScoredBoxes, region_metrics
from abnormal.inference.scored_video import ScoredVideo
from abnormal.inference.tracking import UnusualThing
from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.events import Event, persistent_events
from abnormal.scoring.regularity import psnr_score, stretched
from abnormal.scoring.residual import ERRORS

MICRO_RAW = "micro_raw"
MICRO_PER_VIDEO = "micro_per_video"
MACRO_RAW = "macro_raw"

PROTOCOLS = {
    MICRO_RAW: "all frames of all labelled videos together, with the scores that alarms use",
    MICRO_PER_VIDEO: "the same, after each video has been stretched between its own smallest and "
    "largest score; this looks ahead, and is what most papers report",
    MACRO_RAW: "the mean over the videos of the AUC within each; a video with frames of one class "
    "only is given a normal frame below and an abnormal frame above all of its scores, and so "
    "counts as nearly perfect",
    "auc_interval": "from the 2.5 % to the 97.5 % quantile of the AUC, over draws of whole videos "
    "with replacement",
    "events": "intervals of abnormal frames (true events) compared with events, each of which "
    "lasts until the score is no longer above the release; events at most 2 s apart are one, and "
    "events shorter than 0.2 s do not count",
    "regularity_events": "intervals of abnormal frames compared with 100 frames on both sides of "
    "each persistent minimum of the regularity (Persistence1D, above 0.2 where the regularity of a "
    "video reaches from 0 to 1); more than half of the frames have to agree. The code for the "
    "counts of Hasan et al. counts so; this looks ahead",
}
"""How the metrics are computed, for people who read `metrics.json` or the page."""


def evaluate(
    videos: Sequence[ScoredVideo], alarm: Alarm, pixels: Sequence[VideoPixels] = ()
) -> dict[str, Any]:
    """Computes the metrics of a model.

    Args:
        videos: All test videos with the model's scores. Videos without labels only count for the
            number of alarms.
        alarm: The alarm of the model.
        pixels: The pixels of each video; empty if they were not gathered.

    Returns:
        The metrics of the model as they are in `metrics.json`. A metric that is not defined,
        because all frames are of one class, is None.
    """
    labelled = [video for video in videos if video.labels is not None]
    return {
        "videos": len(videos),
        "frames": sum(len(video.causal[alarm.score]) for video in videos),
        "labelled_videos": len(labelled),
        "labelled_frames": sum(len(labels_of(video)) for video in labelled),
        "abnormal_frames": sum(int(labels_of(video).sum()) for video in labelled),
        "protocols": PROTOCOLS,
        "scores": _metrics_by_score(labelled) if labelled else {},
        "situations": _metrics_by_situation(labelled, alarm),
        "localisation": pixel_metrics(pixels),
        "regions": _region_metrics(videos, pixels, alarm),
        "alarm": _alarm_metrics(videos, labelled, alarm),
        "events": _event_metrics(labelled, alarm) if labelled else None,
        "regularity_events": _regularity_event_metrics(labelled) if labelled else None,
    }


def labels_of(video: ScoredVideo) -> np.ndarray:
    """Returns the labels of a video, `(n,)` uint8 of 0 and 1; `ValueError` if it has none."""
    if video.labels is None:
        raise ValueError(f"{video.name} has no labels")
    return video.labels


def _metrics_by_score(videos: Sequence[ScoredVideo]) -> dict[str, Any]:
    metrics: dict[str, Any] = {}
    for name in dict.fromkeys(name for video in videos for name in video.causal):
        scored = [video for video in videos if name in video.causal]
        raw = [video.causal[name] for video in scored]
        metrics[name] = {
            "videos": len(scored),  # videos of a camera that is not known have no local scores
            MICRO_RAW: _metrics_with_interval(scored, raw),
            MICRO_PER_VIDEO: _metrics(scored, [stretched(values) for values in raw]),
            MACRO_RAW: dataclasses.asdict(macro_metrics(raw, [labels_of(v) for v in scored])),
        }
    # Both are defined for each video by itself. As in the papers, they are not smoothed.
    for error in ERRORS:
        irregularity = [-video.regularity_by_frame(error) for video in videos]
        name = "regularity" if error == "l2" else f"regularity_{error}"
        metrics[name] = {MICRO_PER_VIDEO: _metrics(videos, irregularity)}
    by_psnr = [psnr_score(video.raw["l2"]) for video in videos]
    metrics["psnr"] = {MICRO_PER_VIDEO: _metrics(videos, by_psnr)}
    return metrics


def _metrics_by_situation(videos: Sequence[ScoredVideo], alarm: Alarm) -> dict[str, Any]:
    metrics = {}
    for situation in sorted({video.situation for video in videos if video.situation}):
        shown = [video for video in videos if video.situation == situation]
        metrics[situation] = {
            MICRO_RAW: _metrics(shown, [v.causal[alarm.score] for v in shown]),
            "events": _event_metrics(shown, alarm),
        }
    return metrics


def _metrics(
    videos: Sequence[ScoredVideo], scores: Sequence[np.ndarray]
) -> dict[str, float] | None:
    labels = np.concatenate([labels_of(video) for video in videos])
    metrics = frame_metrics(np.concatenate(scores), labels)
    return dataclasses.asdict(metrics) if metrics else None


def _metrics_with_interval(
    videos: Sequence[ScoredVideo], scores: Sequence[np.ndarray]
) -> dict[str, Any] | None:
    metrics = _metrics(videos, scores)
    if metrics is None:
        return None
    interval = bootstrap_auc(scores, [labels_of(video) for video in videos])
    return metrics | {"auc_interval": interval and list(interval)}


def _event_metrics(videos: Sequence[ScoredVideo], alarm: Alarm) -> dict[str, Any]:
    return _compared_with_labels(videos, [video.events(alarm) for video in videos])


def _regularity_event_metrics(videos: Sequence[ScoredVideo]) -> dict[str, Any]:
    """Counts events as papers do, at the persistent minima of the regularity."""
    found = [persistent_events(video.regularity_by_frame()) for video in videos]
    return _compared_with_labels(videos, found, overlap=0.5)


def _compared_with_labels(
    videos: Sequence[ScoredVideo], found: Sequence[Sequence[Event]], overlap: float = 0.0
) -> dict[str, Any]:
    labels = [labels_of(video) for video in videos]
    fps, gaps = [video.fps for video in videos], [video.gaps for video in videos]
    return dataclasses.asdict(event_metrics(found, labels, fps, gaps, overlap))


def _region_metrics(
    videos: Sequence[ScoredVideo], pixels: Sequence[VideoPixels], alarm: Alarm
) -> dict[str, Any] | None:
    """Compares the unusual things in each frame with the masks.

    They are those by the alarm's score if that is local, and by `fused` otherwise.
    """
    score = alarm.score if alarm.is_local else FUSED
    detections, truths = [], []
    for video, of_video in zip(videos, pixels, strict=False):
        if video.boxes is not None and score in video.causal and of_video.regions:
            places = zip(video.things, video.boxes, video.causal[score], strict=True)
            detections.append([_detected(*place) for place in places])
            truths.append(of_video.regions)
    return region_metrics(detections, truths)


def _detected(things: Sequence[UnusualThing], box: np.ndarray, score: float) -> ScoredBoxes:
    """Returns the things in a frame or, if there are none, its most unusual place."""
    if not things:
        return ScoredBoxes(box[None], np.array([score]))
    return ScoredBoxes(
        np.array([thing.box for thing in things]), np.array([thing.score for thing in things])
    )


def _alarm_metrics(
    videos: Sequence[ScoredVideo], labelled: Sequence[ScoredVideo], alarm: Alarm
) -> dict[str, Any]:
    labels = [labels_of(video) == 1 for video in labelled]
    raised = np.concatenate([*(video.alarms(alarm) for video in labelled), np.zeros(0, bool)])
    abnormal = np.concatenate([*labels, np.zeros(0, bool)])
    return {
        "score": alarm.score,
        "threshold": alarm.threshold,
        **({"thresholds": alarm.thresholds} if alarm.cameras else {}),
        "alarm_frames": sum(int(video.alarms(alarm).sum()) for video in videos),
        "false_alarm_rate": float(raised[~abnormal].mean()) if (~abnormal).any() else None,
        "detection_rate": float(raised[abnormal].mean()) if abnormal.any() else None,
    }
