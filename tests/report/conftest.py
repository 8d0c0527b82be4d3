import numpy as np
import pytest

from abnormal.models.backend import start_backend

start_backend()  # before a test module imports Keras

from abnormal.inference.score import ScoredVideo  # noqa: E402
from abnormal.scoring.regularity import causal_mean  # noqa: E402
from abnormal.scoring.residual import SCORES  # noqa: E402


@pytest.fixture
def scored():
    """Makes scored videos: the errors of each are 1, 2, 3, ..."""

    def make(name="gate", frames=5, labels=None, fps=4.0):
        raw = {score: np.arange(1.0, frames + 1) for score in SCORES}
        labels = None if labels is None else np.array(labels, np.uint8)
        return ScoredVideo(
            name,
            fps,
            raw,
            {score: causal_mean(values, fps) for score, values in raw.items()},
            labels,
        )

    return make
