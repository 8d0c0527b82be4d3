import numpy as np
import pytest

from abnormal.evaluation.region_level import intersection_over_union, region_metrics, true_regions

WHOLE, LEFT, NOTHING = (
    np.array(boxes, float).reshape(-1, 4)
    for boxes in (
        [[0, 0, 1, 1]],
        [[0, 0, 0.5, 1]],
        [],
    )
)


def test_connected_parts_are_regions():
    mask = np.zeros((10, 20), bool)
    mask[1:3, 2:6] = True
    mask[3, 6] = True  # touches at a corner
    mask[8:, 19] = True
    assert true_regions(mask).tolist() == [[0.1, 0.1, 0.25, 0.3], [0.95, 0.8, 0.05, 0.2]]
    assert true_regions(np.zeros((4, 4), bool)).shape == (0, 4)


def test_an_overlap_is_what_is_common_by_what_either_covers():
    box = np.array([0.5, 0.0, 0.5, 0.5])
    others = np.array([[0.5, 0, 0.5, 0.5], [0.75, 0.25, 0.5, 0.5], [0, 0.5, 0.5, 0.5]])
    assert intersection_over_union(box, others) == pytest.approx([1.0, 0.0625 / 0.4375, 0.0])
    assert intersection_over_union(box, NOTHING).shape == (0,)


def test_who_finds_all_regions_before_anything_else_is_perfect():
    boxes = np.repeat(WHOLE, 4, axis=0)
    truth = [WHOLE, WHOLE, NOTHING, NOTHING]
    metrics = region_metrics([np.array([3.0, 4, 1, 2])], [boxes], [truth])
    assert (metrics["rbdc"], metrics["regions"], metrics["frames"]) == (1.0, 2, 4)


def test_false_ones_cost_what_comes_after_them():
    boxes = np.repeat(WHOLE, 4, axis=0)
    truth = [WHOLE, WHOLE, NOTHING, NOTHING]
    # The order is: found, false, found, false. The share is 0.5 from 0 to a quarter false a frame.
    metrics = region_metrics([np.array([4.0, 2, 3, 1])], [boxes], [truth])
    assert metrics["rbdc"] == pytest.approx(0.25 * 0.5 + 0.75 * 1.0)


def test_equal_scores_have_no_order():
    boxes = np.repeat(WHOLE, 2, axis=0)
    for truth in ([WHOLE, NOTHING], [NOTHING, WHOLE]):
        metrics = region_metrics([np.ones(2)], [boxes], [truth])
        assert metrics["rbdc"] == pytest.approx(0.25 + 0.5)


def test_one_detection_may_find_two_regions_and_a_region_in_the_wrong_place_is_not_found():
    two = np.array([[0.0, 0, 0.5, 0.4], [0, 0.5, 0.5, 0.4]])
    assert region_metrics([np.ones(1)], [LEFT], [[two]])["rbdc"] == pytest.approx(1.0)
    right = np.array([[0.6, 0, 0.4, 1]])
    assert region_metrics([np.ones(1)], [LEFT], [[right]])["rbdc"] == 0


def test_videos_count_together():
    scores, boxes = [np.array([2.0]), np.array([1.0])], [WHOLE, WHOLE]
    metrics = region_metrics(scores, boxes, [[NOTHING], [WHOLE]])
    assert metrics["rbdc"] == pytest.approx(0.5)


def test_without_a_true_region_nothing_is_defined():
    assert region_metrics([np.ones(2)], [np.repeat(WHOLE, 2, axis=0)], [[NOTHING] * 2]) is None
    assert region_metrics([], [], []) is None
