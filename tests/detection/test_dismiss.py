"""An event of a video is dismissed for the network that it was measured with."""

from pathlib import Path
from types import SimpleNamespace

import keras
import pytest

from abnormal.detection import dismiss as module
from abnormal.detection.dismiss import dismiss_event, dismiss_frames
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


@pytest.fixture
def dismissed(monkeypatch):
    """The frames that are found for events, in place of what follows from them."""
    found = []
    monkeypatch.setattr(module, "dismiss_frames", lambda _, __, frames: found.append(frames))
    return found


def write_events(folder, *rows):
    lines = ["model,video,situation,event,start_frame,end_frame,thing,reason", *rows]
    (folder / "events.csv").write_text("\n".join(lines) + "\n")


def options_for(model, output):
    return DetectionOptions((model,), Path("img"), None, "", output, "fused", None, None)


@pytest.mark.parametrize("name", ["NA", "null", "nan", "None", "1e5", "'=gate"])
def test_a_video_and_a_model_may_be_called_like_a_missing_value(name, tmp_path, dismissed):
    write_events(tmp_path, f"{name},01,,1,2,3,,", f"{name},{name},,1,4,5,1,motion")
    real = name.removeprefix("'")  # the mark is that of the table

    dismiss_event(options_for(tmp_path / f"{real}.h5", tmp_path), f"{real}:1")

    assert dismissed == [(real, 4, 5)]


def test_of_two_compared_files_of_one_name_the_right_one_is_meant(tmp_path, monkeypatch, dismissed):
    monkeypatch.chdir(tmp_path)
    write_events(tmp_path, "a/model.h5,01,,1,2,3,,", "b/model.h5,01,,1,4,5,,")

    dismiss_event(options_for(Path("b/model.h5"), tmp_path), "01:1")
    dismiss_event(options_for(tmp_path / "a" / "model.h5", tmp_path), "01:1")

    assert dismissed == [("01", 4, 5), ("01", 2, 3)]
    with pytest.raises(AbnormalError, match="names 0 events of model in"):
        dismiss_event(options_for(Path("c/model.h5"), tmp_path), "01:1")
