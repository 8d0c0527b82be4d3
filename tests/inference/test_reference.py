import numpy as np
import pytest

from abnormal.inference.reference import largest_difference, make_reference
from abnormal.models.model import Reference
from abnormal.scoring.residual import SCORES

THRESHOLDS = {"gradient": 0.5, "l2": 4.0, "difference": 0.1}


@pytest.fixture
def clips():
    return np.random.default_rng(0).integers(0, 256, (2, 5, 16, 16), np.uint8)


def black(frames):
    return np.zeros_like(frames)


def test_the_same_runtime_does_not_differ(clips):
    reference = make_reference(clips, black)
    assert {name: values.shape for name, values in reference.scores.items()} == dict.fromkeys(
        SCORES, (2, 5)
    )
    assert largest_difference(reference, black, THRESHOLDS) == 0


def test_a_score_is_that_of_its_own_frame(clips):
    norms = np.sqrt(np.square(clips / 255).sum((2, 3)))
    assert make_reference(clips, black).scores["l2"] == pytest.approx(norms, rel=1e-5)


def test_differences_are_shares_of_the_threshold(clips):
    made = make_reference(clips, black)
    l2 = made.scores["l2"].copy()
    l2[1, 3] += 0.4
    gradient = made.scores["gradient"].copy()
    gradient[0, 0] -= 0.04
    assert largest_difference(Reference(clips, {"l2": l2}), black, THRESHOLDS) == pytest.approx(0.1)
    both = Reference(clips, {"l2": l2, "gradient": gradient})
    assert largest_difference(both, black, THRESHOLDS | {"gradient": 0.2}) == pytest.approx(0.2)


def test_what_is_not_a_number_differs(clips):
    reference = make_reference(clips, black)
    assert largest_difference(reference, lambda x: x * np.nan, THRESHOLDS) == np.inf


def test_a_score_that_is_always_0_may_have_the_threshold_0(clips):
    reference = make_reference(clips[:, :1], black)
    thresholds = THRESHOLDS | {"gradient": 0.0, "difference": 0.0}
    assert largest_difference(reference, black, thresholds) == 0
