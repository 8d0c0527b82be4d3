"""The examples of docs/PYTHON.md run as they are printed, one after the other."""

import re
import sys
import types
from pathlib import Path

import pytest

import abnormal
from abnormal.models import defaults
from abnormal.models.backend import start_backend

start_backend()

import keras  # noqa: E402

PAGE = Path(__file__).parent.parent / "docs" / "PYTHON.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.S | re.M)


class Logger(keras.callbacks.Callback):
    """Stands for the callbacks of MLflow and of Weights & Biases."""

    seen: tuple = ()

    def on_epoch_end(self, epoch, logs=None):
        Logger.seen += (sorted(logs),)


class Run:
    """Stands for a run of either; both are context managers."""

    def __init__(self, **said):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def module(name, **content):
    made = types.ModuleType(name)
    vars(made).update(content)
    return made


@pytest.fixture
def _trackers(monkeypatch):
    mlflow = module("mlflow", start_run=Run, keras=module("mlflow.keras", MlflowCallback=Logger))
    wandb = module("wandb", init=Run)
    for made in (mlflow, wandb, module("wandb.integration")):
        monkeypatch.setitem(sys.modules, made.__name__, made)
    logger = module("wandb.integration.keras", WandbMetricsLogger=Logger)
    monkeypatch.setitem(sys.modules, logger.__name__, logger)


@pytest.fixture
def _small(monkeypatch):
    """Networks have these sizes unless others are chosen, so that the examples take seconds."""
    small = {"clip_length": 4, "size": 35, "strides": (1,)}
    spatiotemporal = defaults.ARCHITECTURES[defaults.SPATIOTEMPORAL]._replace(**small)
    monkeypatch.setitem(defaults.ARCHITECTURES, defaults.SPATIOTEMPORAL, spatiotemporal)
    monkeypatch.setattr("abnormal.training.choices.OWN_NETWORK", spatiotemporal)
    for room in ("finish", "recalibrate"):  # which takes as long as all else
        monkeypatch.setattr(f"abnormal.training.{room}.examine", lambda *given: given[-1])


@pytest.mark.usefixtures("_small", "_trackers")
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_the_examples_run_as_printed(tmp_path, monkeypatch, make_video, make_pictures, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    for number, frames in enumerate((30, 24), start=1):
        make_pictures(Path("videos", "normal", str(number)), frames)
    make_pictures(Path("videos", "odd", "1"), 12)
    Path("videos", "labels.csv").write_text("video,start_frame,end_frame\nodd/1,4,9\n")
    make_video(Path("gate.mp4"), 20)
    names = {"__name__": "a_script"}
    monkeypatch.setitem(sys.modules, "a_script", module("a_script"))

    for block in BLOCKS:
        exec(compile(block, str(PAGE), "exec"), names)

    assert names["images"].shape == (3, 4, 227, 227, 1)
    assert names["abnormal_frames"].tolist() == [[0] * 4, [1] * 4, [1, 0, 0, 0]]
    assert len(list(names["dataset"])) == len(names["training"])
    assert abnormal.load("mine.h5").info.arch == "build"
    assert [len(each) for each in Logger.seen] == [2, 2]
    assert Path("gate.png").is_file()
