"""An event of a video is dismissed for the network that it was measured with."""

from pathlib import Path
from types import SimpleNamespace

import keras
import pytest

from abnormal.detection import dismiss as module
from abnormal.detection.dismiss import dismiss_frames
from abnormal.detection.options import DetectionOptions
from abnormal.errors import AbnormalError
from abnormal.inference.videos import InputVideo
from abnormal.models.model import ModelInfo
from abnormal.models.model_file import save_model


def test_a_network_that_came_meanwhile_learns_nothing_of_it(tmp_path, monkeypatch):
    path = tmp_path / "model.h5"

    def train(*_):
        network = keras.Sequential([keras.Input((2, 16, 16, 1)), keras.layers.Conv3D(1, 1)])
        save_model(path, network, ModelInfo("cae", 2, 16, 25.0))

    train()
    video = InputVideo("01", lambda *_: None)
    detector = SimpleNamespace(alarm=lambda *_: None)
    monkeypatch.setattr(module, "find_videos", lambda _: [video])
    monkeypatch.setattr(module, "detector_of", lambda *_: detector)
    monkeypatch.setattr(module, "measure_event", train)
    options = DetectionOptions((path,), Path("img"), None, "", tmp_path, "fused", None, None)
    with pytest.raises(AbnormalError, match="has another network now"):
        dismiss_frames(options, "01:1", ("01", 0, 3))
