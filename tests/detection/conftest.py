import pytest

from abnormal.models.backend import start_backend

start_backend()  # before a test module imports Keras

from abnormal.cli import train  # noqa: E402
from abnormal.datasets.demo import find_demo  # noqa: E402
from abnormal.datasets.extract import extract  # noqa: E402
from abnormal.frames.manifest import write_manifest  # noqa: E402
from abnormal.models.model import ModelInfo  # noqa: E402
from abnormal.models.model_file import save_model  # noqa: E402
from abnormal.models.networks import NETWORKS  # noqa: E402
from abnormal.progress import Progress  # noqa: E402
from tests.detection.detecting import FRAMES, LENGTH, SIZE, VIDEOS, score  # noqa: E402


@pytest.fixture(scope="session")
def work(tmp_path_factory):
    """A folder with `img/` and a calibrated `model.h5`."""
    folder = tmp_path_factory.mktemp("work")
    for video in find_demo(training_clips=2, clip_frames=FRAMES):
        if video.split == "training" or video.name in VIDEOS:
            assert not extract(video, folder / "img", SIZE, None).problem
    write_manifest(folder / "img")
    history = ({"epoch": 1, "loss": 0.1},)
    info = ModelInfo("spatiotemporal", LENGTH, SIZE, 25.0, history=history)
    save_model(folder / "model.h5", NETWORKS["spatiotemporal"](LENGTH, SIZE), info)
    model = folder / "model.h5"
    assert train.main(["--calibrate", str(folder / "img"), "--output", str(model)]) == 0
    return folder


@pytest.fixture(scope="session")
def local(work):
    """The results of a run. The bar ends when all is drawn, and not when all is scored."""
    steps = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Progress, "advance", lambda self, count=1: steps.append((self, count)))
        assert score(work, work / "local") == 0
    (bar,) = {id(progress): progress for progress, _ in steps}.values()
    assert sum(count for _, count in steps) == bar._total == 2 * FRAMES * len(VIDEOS)
    return work / "local"
