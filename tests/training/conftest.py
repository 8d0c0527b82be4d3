import numpy as np
import pytest

from abnormal.models.backend import start_backend

start_backend()  # before a test module imports Keras

from abnormal.frames.cache import FrameCache  # noqa: E402


@pytest.fixture
def cache():
    """Three videos of 7, 9 and 5 frames of 8x8 pixels; no two pixels of a place are alike."""
    lengths = (7, 9, 5)
    frames = np.random.default_rng(0).permuted(
        np.broadcast_to(np.arange(0, 252, 12, dtype=np.uint8)[:, None, None], (21, 8, 8)), axis=0
    )
    return FrameCache(frames, (0, 7, 16), lengths)
