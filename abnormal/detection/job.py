"""What is to be done with each video: small enough to be sent to a worker on another machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from abnormal.scoring.alarm import Alarm
from abnormal.scoring.localisation import Localiser


@dataclass(frozen=True)
class Job:
    """What is to be done with each video; the same for all.

    Attributes:
        alarms: What raises an alarm, by the name of the model.
        localiser: How anomalous pixels are found; None where nobody asks for them.
        zone: A picture that is white where nothing counts; None where everything does.
        output: The folder of results, for the figures.
        figures: Ending of the plots; None where no figure is wanted.
        false_alarms_per_hour: What was asked for, for the records; None where nothing was.
        panels: Whether the four panels of each frame are written as pictures, too.
    """

    alarms: Mapping[str, Alarm]
    localiser: Localiser | None
    zone: Path | None = None
    output: Path = Path()
    figures: str | None = None
    false_alarms_per_hour: float | None = None
    panels: bool = False

    def folder(self, model: str) -> str:
        """The part of the paths of a model's figures that is its own; empty for the only model."""
        return model.replace("/", "_") if len(self.alarms) > 1 else ""
