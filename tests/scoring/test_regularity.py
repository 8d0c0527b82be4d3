import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.scoring.regularity import (
    causal_mean,
    psnr_score,
    regularity,
    stretched,
    without_saw_tooth,
)

scores = st.lists(st.floats(0, 200), min_size=1, max_size=40).map(np.array)


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        # 1 - (e - min e) / max e: divided by the largest, not by the range.
        ([2.0, 4.0, 8.0], [1.0, 0.75, 0.25]),
        ([0.0, 5.0, 2.0], [1.0, 0.0, 0.6]),
        ([3.0, 3.0], [1.0, 1.0]),
        ([7.0], [1.0]),
        ([0.0, 0.0, 0.0], [1.0, 1.0, 1.0]),
    ],
)
def test_regularity_by_hand(errors, expected):
    assert regularity(np.array(errors)) == pytest.approx(expected)


@settings(deadline=None)
@given(scores)
def test_regularity_is_in_0_to_1_and_falls_with_the_error(errors):
    values = regularity(errors)
    assert ((values >= 0) & (values <= 1)).all()
    assert values[errors.argmin()] == 1
    order = errors.argsort()
    assert (np.diff(values[order]) <= 0).all()


@pytest.mark.parametrize(
    ("distances", "expected"),
    [
        ([1.0, 10.0, 100.0], [0, 0.5, 1]),  # 20 dB and 40 dB below the first
        ([4.0, 4.0], [0, 0]),
        ([0.0, 0.0], [0, 0]),
    ],
)
def test_psnr_score_by_hand(distances, expected):
    assert psnr_score(np.array(distances)) == pytest.approx(expected)


@settings(deadline=None)
@given(scores, st.sampled_from([0.3, 1, 2.4, 7, 10, 25, 29.97]))
def test_causal_mean_is_the_mean_of_the_last_second(values, fps):
    window = max(1, round(fps))
    expected = [values[max(0, i + 1 - window) : i + 1].mean() for i in range(len(values))]
    np.testing.assert_allclose(causal_mean(values, fps), expected, atol=1e-9)


@settings(deadline=None)
@given(scores, st.integers(1, 40), st.sampled_from([1, 3, 10, 25]))
def test_causal_mean_never_looks_ahead(values, stop, fps):
    before = causal_mean(values[:stop], fps)
    assert np.array_equal(causal_mean(values, fps)[:stop], before)


def test_causal_mean_takes_other_times_than_a_second():
    assert causal_mean(np.array([0.0, 4.0, 8.0, 0.0]), 10, seconds=0.2).tolist() == [0, 2, 6, 4]


def test_causal_mean_leaves_its_argument_alone():
    values = np.array([1.0, 5.0, 3.0])
    causal_mean(values, 1)
    assert values.tolist() == [1, 5, 3]


@pytest.mark.parametrize(
    ("values", "expected"),
    [([3.0, 1.0, 2.0], [1.0, 0.0, 0.5]), ([4.0, 4.0], [0.0, 0.0]), ([0.0], [0.0])],
)
def test_stretched_by_hand(values, expected):
    assert stretched(np.array(values)).tolist() == expected


def test_what_comes_from_the_position_in_a_clip_cancels():
    way = np.linspace(10, 20, 40)
    saw_tooth = np.tile([5.0, 2.0, 0.0, 1.0], 10)
    smooth = without_saw_tooth(way + saw_tooth, 4)
    np.testing.assert_allclose(smooth, without_saw_tooth(way, 4) + saw_tooth.mean(), rtol=1e-12)


def test_the_mean_over_a_clip_by_hand():
    errors = np.array([0.0, 4, 8, 0, 4])
    assert without_saw_tooth(errors, 4).tolist() == [3, 3, 3, 4, 4]
    assert without_saw_tooth(errors, 1).tolist() == errors.tolist()
    assert without_saw_tooth(errors, 5).tolist() == errors.tolist()  # a clip without a border
