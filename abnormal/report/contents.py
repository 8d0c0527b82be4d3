"""What the page shows, as the run that made it knows it."""

import os
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from abnormal.evaluation.pixel_level import VideoPixels
from abnormal.inference.scored_video import ScoredVideo
from abnormal.models.model_file import ModelInfo
from abnormal.scoring.alarm import Alarm


@dataclass(frozen=True)
class ModelResults:
    """A model and what it found.

    Attributes:
        info: What is known about the model.
        runtime: What computed it.
        alarm: What raised an alarm.
        folder: Part of the paths of its videos; empty where it is the only model.
        videos: As it scored them; in the same order for all models.
        pixels: What it found in each of them.
        metrics: Its figures, as in `metrics.json`.
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
    """All that the page shows.

    Attributes:
        models: By their names; at least one.
        figures: Ending of the figures that are printed in place of the curves: `png` or `svg`.
    """

    models: Mapping[str, ModelResults]
    figures: str

    @property
    def score(self) -> str:
        """Name of the score that raises alarms; it is the same for all models."""
        return next(iter(self.models.values())).alarm.score

    @property
    def videos(self) -> Sequence[ScoredVideo]:
        """As the first model scored them; names, times and labels are the same for all."""
        return next(iter(self.models.values())).videos


def address(*parts: str) -> str:
    """A path below the folder of results as a link from the page: `videos/gate%20%233.mp4`."""
    return urllib.parse.quote(os.fsencode(PurePosixPath(*parts)))
