"""Tells what is to be done with each video, in a form that can be sent to another machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from abnormal.scoring.alarm import Alarm
from abnormal.scoring.localisation import Localiser


@dataclass(frozen=True)
class Job:
    """What is to be done with each video of a run.

    Attributes:
        alarms: The alarm of each model, by the name of the model.
        localiser: Finds the anomalous pixels; None if they are not wanted.
        zone: A picture that is white where nothing counts; None if everything counts.
        output: The folder of results, for plots, pictures and videos.
        figures: File ending of the plots; None if no plots, pictures and videos are wanted.
        false_alarms_per_hour: The rate that the user asked for, for the records; None if none.
        panels: Whether the four panels of each frame are also written as a picture.
        only_events: Whether only frames around events are drawn, and few of the others.
    """

    alarms: Mapping[str, Alarm]
    localiser: Localiser | None
    zone: Path | None = None
    output: Path = Path()
    figures: str | None = None
    false_alarms_per_hour: float | None = None
    panels: bool = False
    only_events: bool = False

    def folder(self, model: str) -> str:
        """Returns the folder of a model's pictures and videos; empty if there is only one model."""
        return model.replace("/", "_") if len(self.alarms) > 1 else ""
