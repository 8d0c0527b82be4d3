import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abnormal.report.thinning import pack_curve, thin_curve


def unpacked(curve):
    levels = np.frombuffer(base64.b64decode(curve["points"]), "<u2")
    return curve["low"] + (curve["high"] - curve["low"]) * levels / 65535


def test_a_short_curve_stays_as_it_is():
    points, step = thin_curve(np.array([3.0, 1, 2]), 4)
    assert points.tolist() == [3, 1, 2]
    assert step == 1


def test_of_every_stretch_its_extremes_in_their_order():
    points, step = thin_curve(np.array([0.0, 5, 1, 9, 2, 3, 7, 7]), 4)
    assert points.tolist() == [0, 9, 2, 7]
    assert step == 2
    assert thin_curve(np.array([0.0, 5, 1, -9, 2, 3, 7, 7]), 4)[0].tolist() == [5, -9, 2, 7]


def test_a_peak_of_one_frame_in_an_hour_is_seen_where_it_is():
    values = np.zeros(90_000)
    values[54_321] = 1
    points, step = thin_curve(values, 4000)
    assert points.max() == 1
    assert np.argmax(points) * step == pytest.approx(54_321, abs=46)


@given(
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=300),
    st.integers(1, 40).map(lambda half: 2 * half),
)
def test_thinned_curves_reach_as_far_and_are_as_long(values, most):
    points, step = thin_curve(np.array(values), most)
    assert len(points) <= most or len(values) <= most
    assert (points.min(), points.max()) == (min(values), max(values))
    assert len(points) * step >= len(values)
    assert (len(points) - 2) * step < len(values)


@pytest.mark.parametrize("values", [[0.0, 0.25, 1.0, 0.5], [7.0], [2.0, 2.0]])
def test_a_packed_curve_comes_back(values):
    curve = pack_curve(np.array(values), 10)
    assert curve["step"] == 1
    assert unpacked(curve) == pytest.approx(values, abs=1e-5)
