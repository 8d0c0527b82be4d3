import numpy as np
import pytest

from abnormal.models.backend import start_backend

start_backend()  # before a test module imports Keras

from abnormal.frames.cache import FrameCache  # noqa: E402
from abnormal.training.options import TrainingOptions  # noqa: E402


@pytest.fixture
def cache():
    """Three videos of 7, 9 and 5 frames of 8x8 pixels; no two pixels of a place are alike."""
    lengths = (7, 9, 5)
    frames = np.random.default_rng(0).permuted(
        np.broadcast_to(np.arange(0, 252, 12, dtype=np.uint8)[:, None, None], (21, 8, 8)), axis=0
    )
    return FrameCache(frames, (0, 7, 16), lengths)


@pytest.fixture
def options_of(tmp_path):
    """Options of a short run, by its name, with what is said of them."""

    def options(img, name, **said):
        return TrainingOptions(
            **{
                "img": img,
                "output": tmp_path / f"{name}.h5",
                "arch": "spatiotemporal",
                "size": 16,
                "clip_length": 4,
                "epochs": 3,
                "batch_size": 2,
                "learning_rate": 1e-2,
                "weight_decay": 1e-3,
                "bottleneck": 0,
                "loss": "mse",
                "precision": "float32",
                "strides": (1, 2),
                "validation": 0.3,
                "patience": 9,
                "init": None,
                "seed": 3,
                "checkpoints": tmp_path / "checkpoints" / name,
                "checkpoint_every": 600,
                "keep": 5,
                "restart": False,
                "tensorboard": None,
                **said,
            }
        )

    return options
