"""The contents of the page: the models of a run and what they found."""

import os
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from abnormal.evaluation.pixel_level import VideoPixels
from abnormal.inference.scored_video import ScoredVideo
from abnormal.models.model import ModelInfo
from abnormal.scoring.alarm import Alarm


@dataclass(frozen=True)
class ModelResults:
    """A model and what it found.

    Attributes:
        info: Description of the model, as it is in the model file.
        runtime: Name of the runtime that computed it.
        alarm: The alarm of the model.
        folder: Folder of the model's pictures and videos; empty if there is only one model.
        videos: The videos with the model's scores, in the same order for all models.
        pixels: The pixels of each video.
        metrics: The metrics of the model, as they are in `metrics.json`.
        events: The rows of `events.csv`, in the order of the videos.
    """

    info: ModelInfo
    runtime: str
    alarm: Alarm
    folder: str
    videos: Sequence[ScoredVideo]
    pixels: Sequence[VideoPixels]
    metrics: Mapping[str, Any]
    events: pd.DataFrame


@dataclass(frozen=True)
class Contents:
    """Everything that the page shows.

    Attributes:
        models: The models by name, of which there is at least one.
        figures: File ending of the plots that are printed in place of the curves: `"png"` or
            `"svg"`.
        plots: The plots of all videos together: for each file's name without ending, its title.
        videos_left: Number of videos that are still to be scored.
    """

    models: Mapping[str, ModelResults]
    figures: str
    plots: Mapping[str, str] = field(default_factory=dict)
    videos_left: int = 0

    @property
    def score(self) -> str:
        """Name of the score that raises alarms, which is the same for all models."""
        return next(iter(self.models.values())).alarm.score

    @property
    def videos(self) -> Sequence[ScoredVideo]:
        """The videos of the first model. Names, times and labels are the same for all models."""
        return next(iter(self.models.values())).videos


def relative_url(*parts: str) -> str:
    """Returns a path in the folder of results as a link, such as `videos/gate%20%233.mp4`."""
    return urllib.parse.quote(os.fsencode(PurePosixPath(*parts)))
