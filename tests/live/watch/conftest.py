import numpy as np
import pytest

from abnormal.models.backend import start_backend

start_backend()  # before a test module imports Keras

from abnormal.inference.detector import Detector  # noqa: E402
from abnormal.models.model import ModelInfo  # noqa: E402
from abnormal.scoring.calibration import Calibration, Normality  # noqa: E402
from abnormal.scoring.local import LOCAL_SCORES  # noqa: E402
from abnormal.scoring.surprise import learn_surprise  # noqa: E402
from tests.live.watch.watching import FPS, LENGTH, SIZE, darkened  # noqa: E402


@pytest.fixture
def detector():
    levels = {name: np.full((6, 6), 1.0, np.float32) for name in LOCAL_SCORES}
    surprises = dict.fromkeys(LOCAL_SCORES, learn_surprise(np.random.default_rng(0).random(500)))
    calibration = Calibration({}, {}, {"": Normality(levels, surprises)}, 9, (), held_out=True)
    darkened.sizes = []
    return Detector("m", ModelInfo("cae", LENGTH, SIZE, FPS), darkened, calibration)
