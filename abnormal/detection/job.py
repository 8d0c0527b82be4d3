"""Tells what is to be done with each video, in a form that can be sent to another machine."""

import hashlib
import os
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
        figures: File ending of the plots; None if no plots, pictures and videos of single videos
            are wanted.
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

    @property
    def overview_ending(self) -> str:
        """File ending of the plots of all videos together, which are drawn in any case."""
        return self.figures or "png"

    def folder(self, model: str) -> str:
        """Returns the folder of a model's pictures and videos; empty if there is only one model."""
        if len(self.alarms) == 1:
            return ""
        folders = {name: name.replace("/", "_") for name in self.alarms}
        if list(folders.values()).count(folders[model]) == 1:
            return folders[model]
        digest = hashlib.sha256(os.fsencode(model)).hexdigest()  # of `a/b.h5` and `a_b.h5`
        return f"{folders[model]}~{digest[:8]}"

    def plot_path(self, video: str) -> Path:
        """Returns where the plot of a video's regularity is."""
        return self.output / "regularity" / f"{video}.{self.figures}"

    def video_path(self, model: str, kind: str, video: str) -> Path:
        """Returns where the video of a kind is that is drawn of a video: `anomalies`, `videos`."""
        return self.output / kind / self.folder(model) / f"{video}.mp4"

    def figure_paths(self, video: str) -> list[Path]:
        """Returns the plot and the videos that are drawn of a video, without pictures of panels."""
        if not self.figures:
            return []
        kinds = ("anomalies", "videos")
        paths = [self.video_path(model, kind, video) for model in self.alarms for kind in kinds]
        return [self.plot_path(video), *paths]
