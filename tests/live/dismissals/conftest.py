"""A model, and the folder of results of a watch that found events."""

import shutil

import keras
import numpy as np
import pytest

from abnormal.models.backend import start_backend

start_backend()

from abnormal.inference.event_cells import EventCells  # noqa: E402
from abnormal.live.dismiss import keep_event_cells  # noqa: E402
from abnormal.live.regime_file import (  # noqa: E402
    calibration_of_regime,
    digest_of,
    regime_path,
    write_regime,
)
from abnormal.models.model import ModelInfo  # noqa: E402
from abnormal.models.model_file import load_model, save_model  # noqa: E402
from abnormal.scoring.calibration import Calibration, Normality  # noqa: E402
from abnormal.scoring.local import LOCAL_SCORES  # noqa: E402
from abnormal.scoring.regime_names import learnt_regime_name  # noqa: E402
from abnormal.scoring.surprise import learn_surprise  # noqa: E402
from tests.live.dismissals.dismissing import (  # noqa: E402
    FIRST,
    GRID,
    LEARNT,
    MERGED,
    SECOND,
    SIZE,
)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    surprise = learn_surprise(np.arange(300) / 300)
    normality = Normality({"motion": np.ones(GRID, np.float32)}, {"motion": surprise})
    cameras = {"gate": normality, "yard": normality}
    known = Calibration({}, {}, cameras, 300, ("a",), held_out=True, dismissed=(MERGED,))
    layers = [keras.Input((2, SIZE, SIZE, 1)), keras.layers.Conv3D(1, 1, activation="sigmoid")]
    path = tmp_path_factory.mktemp("model") / "m.h5"
    info = ModelInfo("cae", 2, SIZE, 5.0, calibration=known.as_dict())
    save_model(path, keras.Sequential(layers), info, None, known.arrays)
    return path


@pytest.fixture
def model(saved, tmp_path):
    return shutil.copy(saved, tmp_path / "m.h5")


@pytest.fixture
def output(tmp_path):
    """The folder of results of a watch that found two events."""
    for event, value in ((FIRST, 5.0), (SECOND, 9.0)):
        cells = EventCells("gate", "motion", 1.0, {"motion": np.full(GRID, value)})
        keep_event_cells(tmp_path / "results", event, cells)
    return tmp_path / "results"


@pytest.fixture
def regime(model, output):
    """The file of a regime that was learnt while the camera was watched, with an event in it."""
    levels = {name: np.ones(GRID, np.float32) for name in LOCAL_SCORES}
    surprises = dict.fromkeys(LOCAL_SCORES, learn_surprise(np.arange(300) / 300))
    night = Normality(levels, surprises, np.zeros((SIZE, SIZE), np.uint8))
    path, learnt = regime_path(output, "gate", 2), calibration_of_regime(night)
    write_regime(path, learnt, load_model(model).info)
    name = learnt_regime_name("gate", digest_of(learnt))
    cells = EventCells(name, "motion", 1.0, {"motion": np.full(GRID, 5.0)})
    keep_event_cells(output, LEARNT, cells)
    return path
