import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.evaluation.frame_level import frame_figures


@pytest.mark.parametrize(
    ("scores", "labels", "auc", "eer"),
    [
        ([0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1], 1.0, 0.0),
        ([0.4, 0.3, 0.2, 0.1], [0, 0, 1, 1], 0.0, 1.0),
        ([0.3, 0.3, 0.3, 0.3], [0, 1, 0, 1], 0.5, 0.5),
        # Of the 4 pairs of a normal and an abnormal frame, 3 are in order. From the largest score
        # on, (false alarms, misses) are (0, 1), (0, 1/2), (1/2, 1/2), ...
        ([0.4, 0.3, 0.2, 0.1], [1, 0, 1, 0], 0.75, 0.5),
        # A tied pair counts half: (1 + 1 + 1 + 1/2) / 4. From (0, 1/2) to (1/2, 0): 1/4.
        ([0.1, 0.5, 0.5, 0.9], [0, 0, 1, 1], 0.875, 0.25),
        # One of 3 normal frames is above the only abnormal one: 2/3; (1/3, 1) to (1/3, 0).
        ([0.1, 0.2, 0.9, 0.5], [0, 0, 0, 1], 2 / 3, 1 / 3),
        ([-7.0, -1.0], [0, 1], 1.0, 0.0),
        ([5.0, 2000.0], [1, 0], 0.0, 1.0),
    ],
)
def test_figures_by_hand(scores, labels, auc, eer):
    figures = frame_figures(np.array(scores), np.array(labels, np.uint8))
    assert (figures.auc, figures.eer) == (pytest.approx(auc), pytest.approx(eer))


@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1, 1], [1], []])
def test_frames_of_one_class_have_no_figures(labels):
    scores = np.arange(float(len(labels)))
    assert frame_figures(scores, np.array(labels, np.uint8)) is None


cases = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=30).filter(
    lambda case: len({label for _, label in case}) == 2
)


@settings(deadline=None)
@given(cases)
def test_the_auc_is_the_share_of_pairs_in_order(case):
    normal = np.array([score for score, label in case if not label])
    abnormal = np.array([score for score, label in case if label])
    in_order = (abnormal[:, None] > normal).mean() + 0.5 * (abnormal[:, None] == normal).mean()
    scores, labels = (np.array(column) for column in zip(*case, strict=True))
    figures = frame_figures(scores, labels.astype(np.uint8))
    assert figures.auc == pytest.approx(in_order)
    assert 0 <= figures.eer <= 1


@settings(deadline=None)
@given(cases)
def test_the_scale_of_a_score_does_not_matter_and_its_sign_does(case):
    scores, labels = (np.array(column) for column in zip(*case, strict=True))
    labels = labels.astype(np.uint8)
    figures = frame_figures(scores, labels)
    stretched = frame_figures(np.exp(0.3 * scores), labels)
    turned = frame_figures(-scores, labels)
    assert (stretched.auc, stretched.eer) == pytest.approx((figures.auc, figures.eer))
    assert (turned.auc, turned.eer) == pytest.approx((1 - figures.auc, 1 - figures.eer))
