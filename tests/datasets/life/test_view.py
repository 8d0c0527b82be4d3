import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abnormal.datasets.life.paint import Body
from abnormal.datasets.life.places import PLACES
from abnormal.datasets.life.scene import open_scene
from abnormal.datasets.life.view import View
from abnormal.datasets.street.shapes import Pose, Shape

VIEWS = [place.view for place in PLACES.values()]


@given(st.sampled_from(VIEWS), st.floats(-3.0, 3.0), st.floats(3.0, 50.0))
def test_a_ray_meets_the_ground_where_it_is_projected(view, x, z):
    (pixel,), _ = view.project(np.array([[x, z, 0.0]]))
    ray = view.rays(*pixel)
    reach = view.height_m / -ray[2]
    assert reach * ray[:2] == pytest.approx([x, z], rel=1e-4, abs=1e-3)


def test_what_is_twice_as_far_is_half_as_large():
    view = View(height_m=0.0, tilt_deg=0.0, focal_px=300.0)
    (foot, head, far_foot, far_head), depths = view.project(
        np.array([[0.0, 10.0, 0.0], [0.0, 10.0, 1.8], [0.0, 20.0, 0.0], [0.0, 20.0, 1.8]])
    )
    assert foot[1] - head[1] == pytest.approx(54.0)
    assert far_foot[1] - far_head[1] == pytest.approx(27.0)
    assert depths.tolist() == [10.0, 10.0, 20.0, 20.0]


@pytest.mark.parametrize("place", PLACES)
def test_ways_begin_and_end_out_of_sight(place):
    scene, pillar = open_scene(place, 0), [Shape([(0.0, 0.0, 0.0), (0.0, 0.0, 1.7)], 0.2, 100.0)]
    ends = [end for lane in PLACES[place].lanes for end in (lane.points[0], lane.points[-1])]
    for x, z in [*ends, PLACES[place].forbidden[0], PLACES[place].forbidden[-1]]:
        assert scene.mask([Body(pillar, Pose(x, z), abnormal=True)]).sum() <= 1, (x, z)
