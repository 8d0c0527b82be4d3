import numpy as np
import pytest

from abnormal.evaluation.region_level import ScoredBoxes, intersection_over_union, region_metrics
from abnormal.evaluation.true_regions import TrueRegions

UPPER, LOWER, NOWHERE = (0.0, 0.0, 0.5, 0.5), (0.0, 0.5, 0.5, 0.5), (0.6, 0.0, 0.4, 1.0)
WHOLE = (0.0, 0.0, 1.0, 1.0)


def boxes(*each):
    return np.array(each, float).reshape(-1, 4)


def detections(*each):
    """The detections in a frame, each as (score, box)."""
    return ScoredBoxes(boxes(*(box for _, box in each)), np.array([float(s) for s, _ in each]))


def true(**by_track):
    """The true regions of a frame; the name of a region is `t` and the number of its track."""
    tracks = np.array([int(name[1:]) for name in by_track], int)
    return TrueRegions(boxes(*by_track.values()), tracks)


def test_an_overlap_is_what_is_common_by_what_either_covers():
    box = boxes((0.5, 0.0, 0.5, 0.5))
    others = boxes((0.5, 0, 0.5, 0.5), (0.75, 0.25, 0.5, 0.5), (0, 0.5, 0.5, 0.5))
    assert intersection_over_union(box, others)[0] == pytest.approx([1.0, 0.0625 / 0.4375, 0.0])
    assert intersection_over_union(boxes(), others).shape == (0, 3)


def test_both_criteria_agree_with_a_table_worked_out_by_hand():
    """25 frames; track 0 is above in frames 0 to 19, and track 1 is below in frames 1 and 2.

    Two of the 20 regions of track 0 have to be found, and one of the two of track 1:

    | score | frame | detection | regions found | tracks found | false ones per frame |
    |---|---|---|---|---|---|
    | 9 | 0 | above | 1 of 22 | 0 of 2 | 0 |
    | 8 | 22 | nothing is there | 1 of 22 | 0 of 2 | 0.04 |
    | 7 | 1 | around both | 3 of 22 | 2 of 2 | 0.04 |
    | 6 | 1 | above, once more | 3 of 22 | 2 of 2 | 0.04 |
    | 5 | 5 | beside it | 3 of 22 | 2 of 2 | 0.08 |
    | 4 | 2 | above | 4 of 22 | 2 of 2 | 0.08 |
    """
    truth = [true(t0=UPPER) for _ in range(20)] + [true()] * 5
    truth[1] = truth[2] = true(t0=UPPER, t1=LOWER)
    found = [detections()] * 25
    found[0] = detections((9, UPPER))
    found[22] = detections((8, UPPER))
    found[1] = detections((7, WHOLE), (6, UPPER))
    found[5] = detections((5, NOWHERE))
    found[2] = detections((4, UPPER))
    metrics = region_metrics([found], [truth])
    assert metrics["rbdc"] == pytest.approx(0.04 * 1 / 22 + 0.04 * 3 / 22 + 0.92 * 4 / 22)
    assert metrics["tbdc"] == pytest.approx(0.04 * 0 + 0.96 * 1)
    assert (metrics["regions"], metrics["tracks"], metrics["detections"]) == (22, 2, 6)
    assert metrics["frames"] == 25


def test_only_what_is_found_with_up_to_one_false_detection_per_frame_counts():
    frame = detections((4, NOWHERE), (3, NOWHERE), (2, NOWHERE), (1, UPPER))
    metrics = region_metrics([[frame, detections()]], [[true(t0=UPPER), true()]])
    assert metrics["rbdc"] == 0  # the region is found after 1.5 false detections per frame
    frame = detections((3, NOWHERE), (2, UPPER), (1, NOWHERE))
    metrics = region_metrics([[frame, detections()]], [[true(t0=UPPER), true()]])
    assert metrics["rbdc"] == pytest.approx(0.5)


@pytest.mark.parametrize(("regions", "needed"), [(1, 1), (10, 1), (11, 2), (20, 2), (30, 3)])
def test_a_tenth_of_a_track_has_to_be_found(regions, needed):
    truth = [true(t0=UPPER)] * regions
    for found, expected in ((needed - 1, 0.0), (needed, 1.0)):
        frames = [detections((1, UPPER))] * found + [detections()] * (regions - found)
        assert region_metrics([frames], [truth])["tbdc"] == expected


def test_equal_scores_have_no_order():
    for truth in ([true(t0=UPPER), true()], [true(), true(t0=UPPER)]):
        metrics = region_metrics([[detections((1, UPPER))] * 2], [truth])
        assert metrics["rbdc"] == pytest.approx(0.25 + 0.5)


def test_videos_count_together_and_share_no_track():
    found = [[detections((2, UPPER))], [detections((1, UPPER))]]
    metrics = region_metrics(found, [[true()], [true(t0=UPPER)]])
    assert metrics["rbdc"] == metrics["tbdc"] == pytest.approx(0.5)
    metrics = region_metrics(found, [[true(t0=LOWER)], [true(t0=UPPER)]])
    assert (metrics["tracks"], metrics["tbdc"]) == (2, pytest.approx(0.5 * 0.5))


def test_without_a_true_region_nothing_is_defined():
    assert region_metrics([[detections((1, WHOLE))]], [[true()]]) is None
    assert region_metrics([], []) is None
