import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.evaluation.frame_level import bootstrap_auc, frame_metrics, macro_metrics


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
def test_metrics_by_hand(scores, labels, auc, eer):
    metrics = frame_metrics(np.array(scores), np.array(labels, np.uint8))
    assert (metrics.auc, metrics.eer) == (pytest.approx(auc), pytest.approx(eer))


@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1, 1], [1], []])
def test_frames_of_one_class_have_no_metrics(labels):
    scores = np.arange(float(len(labels)))
    assert frame_metrics(scores, np.array(labels, np.uint8)) is None


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
    metrics = frame_metrics(scores, labels.astype(np.uint8))
    assert metrics.auc == pytest.approx(in_order)
    assert 0 <= metrics.eer <= 1
    assert macro_metrics([scores], [labels]).auc == pytest.approx(in_order)


@settings(deadline=None)
@given(cases)
def test_the_scale_of_a_score_does_not_matter_and_its_sign_does(case):
    scores, labels = (np.array(column) for column in zip(*case, strict=True))
    labels = labels.astype(np.uint8)
    metrics = frame_metrics(scores, labels)
    stretched = frame_metrics(np.exp(0.3 * scores), labels)
    turned = frame_metrics(-scores, labels)
    assert (stretched.auc, stretched.eer) == pytest.approx((metrics.auc, metrics.eer))
    assert (turned.auc, turned.eer) == pytest.approx((1 - metrics.auc, 1 - metrics.eer))


def test_average_precision_by_hand():
    # From the highest score on: precision 1 at recall 1/2, then 2/3 at recall 1.
    metrics = frame_metrics(np.array([0.9, 0.8, 0.7, 0.1]), np.array([1, 0, 1, 0]))
    assert metrics.average_precision == pytest.approx((1 + 2 / 3) / 2)


def test_the_macro_auc_is_the_mean_over_videos():
    scores = [np.array([1.0, 2, 3, 4]), np.array([4.0, 1]), np.array([7.0, 8, 9])]
    labels = [np.array([0, 0, 1, 1]), np.array([0, 1]), np.array([1, 1, 1])]
    metrics = macro_metrics(scores, labels)
    # The last video has no normal frame: beside one below all, it is in perfect order.
    assert metrics.auc == pytest.approx((1 + 0 + 1) / 3)
    assert (metrics.videos, metrics.padded_videos) == (3, 1)
    # Without an abnormal frame there is one above all of them.
    assert macro_metrics([np.array([5.0, 1])], [np.array([0, 0])]).auc == 1


def test_the_interval_is_that_of_drawing_whole_videos():
    draw = np.random.default_rng(1)
    labels = [draw.integers(0, 2, 40) for _ in range(12)]
    scores = [truth + draw.normal(0, 1.5, 40) + draw.normal(0, 2) for truth in labels]
    low, high = bootstrap_auc(scores, labels)
    areas = []
    for _ in range(400):
        chosen = draw.integers(12, size=12)
        both = (np.concatenate([part[n] for n in chosen]) for part in (scores, labels))
        areas.append(frame_metrics(*both).auc)
    assert (low, high) == pytest.approx(np.quantile(areas, (0.025, 0.975)), abs=0.03)
    assert bootstrap_auc(scores, labels) == (low, high)
    assert bootstrap_auc(scores, labels, seed=1) != (low, high)


def test_videos_that_are_all_alike_have_a_narrow_interval():
    scores, labels = [np.array([1.0, 3, 2, 4])] * 5, [np.array([0, 0, 1, 1])] * 5
    assert bootstrap_auc(scores, labels) == pytest.approx((0.75, 0.75))


def test_too_few_videos_or_classes_have_no_interval():
    scores = [np.array([1.0, 2])] * 3
    assert bootstrap_auc(scores[:2], [np.array([0, 1])] * 2) is None
    assert bootstrap_auc(scores, [np.array([0, 0])] * 3) is None
