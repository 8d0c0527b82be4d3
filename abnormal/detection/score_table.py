"""The scores of videos as a table for Python programs, with the events that they make up."""

import pandas as pd

from abnormal.detection.detect import Detections
from abnormal.detection.results import model_results
from abnormal.report.tables import scores_table


class ScoreTable(pd.DataFrame):
    """A table with one row per frame, as in `results/scores.csv`. What is made of it is plain.

    Attributes:
        events: A table with one row per event, as in `results/events.csv`.
    """

    _metadata = ("events",)  # pandas takes other attributes for columns
    events: pd.DataFrame

    @classmethod
    def of(cls, found: Detections, model: str) -> "ScoreTable":
        """Returns the table of the results of a model, by its name."""
        results = model_results(found)[model]
        table = cls(scores_table(model, results.videos, results.alarm))
        table.events = results.events
        return table
