"""Event-level metrics: how many true events are found, and how many alarms are false."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from abnormal.frames.gaps import Gap, times_sec
from abnormal.scoring.events import Event, intervals
from abnormal.scoring.rate_check import EventRate, event_rate

HOUR_SEC = 3600
"""Length of an hour, in seconds."""


@dataclass(frozen=True)
class EventMetrics:
    """Event-level metrics over some videos with labels.

    Attributes:
        true_events: Number of intervals of abnormal frames.
        found: Number of true events of which events cover enough.
        missed: Number of the other true events.
        false_alarms: Number of events with too few abnormal frames.
        false_alarms_per_hour: False alarms per hour of normal footage; None if there is none.
        false_alarms_per_hour_interval: Lower and upper limit of the 95 % interval of that rate; see
            `event_rate`.
        mean_delay_sec: Mean delay of the events that are found, in seconds, from the start of the
            true event to the start of the first event that overlaps with it, gaps included. The
            delay is 0 if that event began earlier. None if no event is found.
    """

    true_events: int
    found: int
    missed: int
    false_alarms: int
    false_alarms_per_hour: float | None
    false_alarms_per_hour_interval: list[float] | None
    mean_delay_sec: float | None


def event_metrics(
    events: Sequence[Sequence[Event]],
    labels: Sequence[np.ndarray],
    fps: Sequence[float],
    gaps: Sequence[Sequence[Gap]] = (),
    overlap: float = 0.0,
) -> EventMetrics:
    """Compares events with labels.

    Args:
        events: The events of each video.
        labels: For each video `(n,)` uint8, 1 for abnormal frames and 0 for normal ones.
        fps: Frames per second of each video.
        gaps: The gaps of each video; empty if no video has any.
        overlap: A true event is found if more than this share of its frames belong to events, and
            an event is right if more than this share of its frames are abnormal. With 0, one frame
            in common is enough.
    """
    delays: list[float] = []
    true_events = false_alarms = 0
    normal_sec = 0.0
    gaps = gaps or [()] * len(events)
    for found, truth, rate, of_video in zip(events, labels, fps, gaps, strict=True):
        abnormal, covered = truth == 1, np.zeros(len(truth), bool)
        for event in found:
            covered[event.start : event.stop] = True
            false_alarms += bool(abnormal[event.start : event.stop].mean() <= overlap)
        normal_sec += float((~abnormal).sum()) / rate
        for start, stop in intervals(abnormal):
            true_events += 1
            if covered[start:stop].mean() > overlap:
                first = min(e.start for e in found if e.start < stop and e.stop > start)
                begun, noticed = times_sec(np.array([start, max(start, first)]), rate, of_video)
                delays.append(noticed - begun)
    hourly = event_rate(false_alarms, normal_sec / HOUR_SEC) if normal_sec else None
    return EventMetrics(
        true_events=true_events,
        found=len(delays),
        missed=true_events - len(delays),
        false_alarms=false_alarms,
        false_alarms_per_hour=hourly and hourly.per_hour,
        false_alarms_per_hour_interval=hourly and [hourly.low, hourly.high],
        mean_delay_sec=float(np.mean(delays)) if delays else None,
    )


def describe_false_alarms(metrics: Mapping[str, Any], unit: str = "") -> str:
    """Says how many false alarms there are, and at which rate, with its interval.

    Args:
        metrics: `EventMetrics` as a dict, as in `metrics.json`.
        unit: Follows the number, after a space.
    """
    number = f"{metrics['false_alarms']} {unit}".strip()
    if metrics["false_alarms_per_hour"] is None:
        return number
    rate = EventRate(metrics["false_alarms_per_hour"], *metrics["false_alarms_per_hour_interval"])
    return f"{number} ({rate} an hour)"
