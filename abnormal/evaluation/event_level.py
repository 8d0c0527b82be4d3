"""Event-level figures: was each true event found, and how often was there an alarm for nothing?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abnormal.scoring.events import Event, intervals

HOUR_SEC = 3600


@dataclass(frozen=True)
class EventFigures:
    """Figures over some videos with labels.

    Attributes:
        true_events: Stretches of abnormal frames.
        found: Those during which an event goes on.
        missed: The others.
        false_alarms: Events that touch no abnormal frame.
        false_alarms_per_hour: Of normal footage; None where there is none.
        mean_delay_sec: From the beginning of a true event to that of its first event, over those
            found; 0 where the event had begun before. None where none was found.
    """

    true_events: int
    found: int
    missed: int
    false_alarms: int
    false_alarms_per_hour: float | None
    mean_delay_sec: float | None


def event_figures(
    events: Sequence[Sequence[Event]], labels: Sequence[np.ndarray], fps: Sequence[float]
) -> EventFigures:
    """Compares events with labels.

    Args:
        events: Those of each video.
        labels: `(n,)` for each video, 1 where abnormal.
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
    return EventFigures(
        true_events=true_events,
        found=len(delays),
        missed=true_events - len(delays),
        false_alarms=false_alarms,
        false_alarms_per_hour=false_alarms * HOUR_SEC / normal_sec if normal_sec else None,
        mean_delay_sec=float(np.mean(delays)) if delays else None,
    )
