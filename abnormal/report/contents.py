"""What the page shows, as the run that made it knows it."""

import os
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from abnormal.inference.score import ScoredVideo
from abnormal.models.model_file import ModelInfo


@dataclass(frozen=True)
class ModelResults:
    """A model and what it found.

    Attributes:
        info: What is known about the model.
        runtime: What computed it.
        threshold: An alarm is above it.
        release: An event lasts while the score is above it.
        folder: Part of the paths of its videos; empty where it is the only model.
        videos: As it scored them; in the same order for all models.
        metrics: Its figures, as in `metrics.json`.
        events: As in `events.csv`: a row for each, in the order of the videos.
    """

    info: ModelInfo
    runtime: str
    threshold: float
    release: float
    folder: str
    videos: Sequence[ScoredVideo]
    metrics: Mapping[str, Any]
    events: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Contents:
    """All that the page shows.

    Attributes:
        models: By their names; at least one.
        score: The one that carries the alarm.
        figures: Ending of the figures that are printed in place of the curves: `png` or `svg`.
    """

    models: Mapping[str, ModelResults]
    score: str
    figures: str

    @property
    def videos(self) -> Sequence[ScoredVideo]:
        """As the first model scored them; names, times and labels are the same for all."""
        return next(iter(self.models.values())).videos


def address(*parts: str) -> str:
    """A path below the folder of results as a link from the page: `videos/gate%20%233.mp4`."""
    return urllib.parse.quote(os.fsencode(PurePosixPath(*parts)))
