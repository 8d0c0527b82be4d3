import itertools
from datetime import datetime

import numpy as np
import PIL.Image
import pytest

from abnormal.models.backend import start_backend

start_backend()  # before a test module imports Keras

from abnormal.evaluation.evaluate import evaluate  # noqa: E402
from abnormal.evaluation.pixel_level import VideoPixels  # noqa: E402
from abnormal.files import make_folder  # noqa: E402
from abnormal.inference.scored_video import ScoredVideo  # noqa: E402
from abnormal.models.model import ModelInfo  # noqa: E402
from abnormal.report.contents import Contents, ModelResults  # noqa: E402
from abnormal.report.page import write_page  # noqa: E402
from abnormal.report.tables import events_table, records  # noqa: E402
from abnormal.report.thumbnails import keep_thumbnails  # noqa: E402
from abnormal.scoring.alarm import Alarm  # noqa: E402
from abnormal.scoring.localisation import Localiser  # noqa: E402
from abnormal.scoring.regularity import causal_mean  # noqa: E402
from abnormal.scoring.residual import SCORES  # noqa: E402
from abnormal.video.encode import open_encoder  # noqa: E402

HISTORY = (
    {"epoch": 1, "loss": 0.5, "val_loss": 0.6},
    {"epoch": 2, "loss": 0.25, "val_loss": 0.5},
)


@pytest.fixture
def scored():
    """Makes scored videos: the errors of each are 1, 2, 3, ..."""
    return _scored


def _scored(name="gate", frames=5, labels=None, fps=4.0, errors=None):
    errors = np.arange(1.0, frames + 1) if errors is None else np.array(errors, float)
    raw = {score: errors.copy() for score in SCORES}
    labels = None if labels is None else np.array(labels, np.uint8)
    causal = {score: causal_mean(values, fps) for score, values in raw.items()}
    return ScoredVideo(name, fps, raw, causal, labels)


@pytest.fixture(scope="session")
def make_contents():
    """Makes the contents of a page: some videos as some models see them."""

    def make(videos, models=("model",), threshold=2.5, release=1.5, figures="png"):
        results = {}
        for name in models:
            pixels = [_pixels(video) for video in videos]
            alarm = Alarm("l2", threshold, release)
            results[name] = ModelResults(
                info=ModelInfo("cae", 1, 16, 4.0, history=HISTORY, versions={"keras": "3"}),
                runtime="keras",
                alarm=alarm,
                folder=name if len(models) > 1 else "",
                videos=videos,
                pixels=pixels,
                metrics=evaluate(videos, alarm, pixels),
                events=events_table(name, videos, pixels, alarm),
            )
        plots = {"roc": "ROC", "histogram": "Scores and threshold", "losses": "Losses"}
        if all(video.labels is None for video in videos):
            del plots["roc"]  # as test_model.py does
        return Contents(results, figures, plots)

    return make


def _pixels(video):
    localiser, pixels = Localiser(), VideoPixels(Localiser())
    frames = np.zeros((len(video.raw["l2"]), 8, 8), np.float32)
    pixels.sink(None)(localiser.localise(frames, frames))
    return pixels


@pytest.fixture(scope="session")
def make_results(make_contents, picture_of):
    """Writes a page and the small videos that it shows; every frame tells its own number."""

    def make(folder, videos, models=("model",), **options):
        contents = make_contents(videos, models, **options)
        for model in contents.models.values():
            for video in videos:
                for kind in ("videos", "anomalies"):
                    path = folder / kind / model.folder / f"{video.name}.mp4"
                    with open_encoder(path, video.fps) as write:
                        for number in range(len(video.raw["l2"])):
                            write(np.stack([picture_of(number, 90, 160)] * 3, axis=-1))
                thumbnails = folder / "thumbnails" / model.folder
                pictures = itertools.repeat(picture_of(0), len(video.raw["l2"]))
                events = [row for row in records(model.events) if row["video"] == video.name]
                list(keep_thumbnails(pictures, events, thumbnails))
        for name in (*contents.plots, *(f"regularity/{video.name}" for video in videos)):
            make_folder((folder / name).parent)
            PIL.Image.new("L", (20, 10)).save(folder / f"{name}.{contents.figures}")
        write_page(folder / "report.html", contents, datetime(2026, 1, 2, 3, 4))
        return folder / "report.html"

    return make


@pytest.fixture(scope="session")
def make_scored():
    return _scored
