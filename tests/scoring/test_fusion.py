import numpy as np
import pytest

from abnormal.scoring.fusion import corrected, fuse


@pytest.mark.parametrize("correction", [-1.0, 0.0, 0.7])
def test_where_nothing_is_unusual_nothing_is_added(correction):
    surprises = {"motion": np.array([0.0, 0.1, 3.0]), "place": np.zeros(3)}
    fused, sources = fuse(surprises, 1000, correction)
    share = np.log10(0.6 / 0.7)  # of the false alarms
    expected = [0, max(0, 0.1 + share + correction), 3 + share + correction]
    assert fused == pytest.approx(expected)
    assert sources.tolist() == [0, 0, 0]


def test_a_correction_never_makes_a_surprise_negative():
    assert corrected(np.array([-1.0, 0.0, 0.5, 2.0]), -1.0).tolist() == [0, 0, 0, 1]
    assert corrected(np.array([-1.0, 0.0, 0.5, 2.0]), 0.5).tolist() == [0, 0, 1, 2.5]
