"""Event-level metrics: how many true events are found, and how many alarms are false."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from abnormal.scoring.events import Event, intervals
from abnormal.scoring.rate_check import EventRate, event_rate

HOUR_SEC = 3600
"""Length of an hour, in seconds."""


@dataclass(frozen=True)
class EventMetrics:
    """Event-level metrics over some videos with labels.

    Attributes:
        true_events: Number of intervals of abnormal frames.
        found: Number of true events that overlap with an event.
        missed: Number of true events that do not.
        false_alarms: Number of events without any abnormal frame.
        false_alarms_per_hour: False alarms per hour of normal footage; None if there is none.
        false_alarms_per_hour_interval: Lower and upper limit of the 95 % interval of that rate; see
            `event_rate`.
        mean_delay_sec: Mean delay of the events that are found, in seconds, from the start of the
            true event to the start of the first event that overlaps with it. The delay is 0 if that
            event began earlier. None if no event is found.
    """

    true_events: int
    found: int
    missed: int
    false_alarms: int
    false_alarms_per_hour: float | None
    false_alarms_per_hour_interval: list[float] | None
    mean_delay_sec: float | None


def event_metrics(
    events: Sequence[Sequence[Event]], labels: Sequence[np.ndarray], fps: Sequence[float]
) -> EventMetrics:
    """Compares events with labels.

    Args:
        events: The events of each video.
        labels: For each video `(n,)` uint8, 1 for abnormal frames and 0 for normal ones.
        fps: Frames per second of each video.
    """
    delays: list[float] = []
    true_events = false_alarms = 0
    normal_sec = 0.0
    for found, truth, rate in zip(events, labels, fps, strict=True):
        abnormal = list(intervals(truth == 1))
        true_events += len(abnormal)
        normal_sec += float((truth != 1).sum()) / rate
        false_alarms += sum(not truth[event.start : event.stop].any() for event in found)
        for start, stop in abnormal:
            overlapping = [e.start for e in found if e.start < stop and e.stop > start]
            if overlapping:
                delays.append(max(0, min(overlapping) - start) / rate)
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
