import logging

import numpy as np
import pytest

from abnormal.frames.manifest import VideoRecord, write_manifest, write_record
from abnormal.frames.writer import write_frames
from abnormal.models import networks
from abnormal.models.model_check import KNOWN_CLASSES
from abnormal.video.stream import Frame
from tests.training.run.running import EPOCHS, LENGTH, SIZE, small_network


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setitem(networks.NETWORKS, "spatiotemporal", small_network)
    monkeypatch.setattr(
        "abnormal.models.model_check.KNOWN_CLASSES",
        {*KNOWN_CLASSES, "BatchNormalization", "Dropout", "Ones"},
    )


@pytest.fixture(scope="session")
def img(tmp_path_factory):
    folder = tmp_path_factory.mktemp("footage") / "img"
    draw = np.random.default_rng(0)
    for number, length in enumerate((29, 22, 34), start=1):
        video = folder / "training" / f"{number:02d}"
        video.mkdir(parents=True)
        pictures = draw.integers(0, 255, (length, SIZE, SIZE), np.uint8)
        write_frames(video, (Frame(p, n / 10, n) for n, p in enumerate(pictures)), SIZE)
        write_record(video, VideoRecord("training", video.name, length, 10.0, SIZE, SIZE))
    write_manifest(folder)
    return folder


@pytest.fixture
def options(img, options_of):
    return options_of(img, "model", size=SIZE, clip_length=LENGTH, epochs=EPOCHS)


@pytest.fixture
def said(caplog):
    """Returns what the package has said to the user so far."""
    caplog.set_level(logging.INFO, "abnormal")
    return lambda: caplog.messages
