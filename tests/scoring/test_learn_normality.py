import numpy as np
import pytest

from abnormal.names import FUSED
from abnormal.scoring.fusion import fuse
from abnormal.scoring.learn_normality import learn_normality
from abnormal.scoring.local import LOCAL_SCORES

FPS = 5.0

LEVELS = {name: np.ones((2, 2), np.float32) for name in LOCAL_SCORES}


def corrections(seconds):
    """The correction of a model, and those of the frames that it was judged by.

    No second exceeds the others by so much that it would be above the threshold.
    """
    draw = np.random.default_rng(0)
    ratios = np.repeat(draw.uniform(0.5, 1.5, seconds), round(FPS))
    normality, held_out = learn_normality(LEVELS, [dict.fromkeys(LOCAL_SCORES, ratios)], None, FPS)
    (fused,) = held_out.pop(FUSED)
    before, _ = fuse({name: parts[0] for name, parts in held_out.items()}, len(fused))
    return normality.correction, (fused - before)[before > 0]


@pytest.mark.parametrize("seconds", [100, 104, 110, 118, 124, 130, 300])
def test_footage_is_judged_as_corrected_where_the_model_is_corrected(seconds):
    correction, of_frames = corrections(seconds)
    assert correction > 0.2
    assert of_frames.min() > 0.1


@pytest.mark.parametrize("seconds", [60, 99])
def test_little_footage_is_judged_without_a_correction_as_the_model_has_none(seconds):
    correction, of_frames = corrections(seconds)
    assert (correction, of_frames.min(), of_frames.max()) == (0, 0, 0)
