import dataclasses
import math

import pytest

from abnormal.report.histogram import BINS, histograms_of, plot_histograms
from abnormal.scoring.alarm import Alarm


def above(limit, score="l2"):
    return Alarm(score, limit, limit)


def test_shares_of_normal_and_abnormal_frames(scored):
    video = scored(errors=[0, 0, 0, 30, 60], labels=[0, 0, 0, 0, 1], fps=1.0)
    (histogram,) = histograms_of({"m": [video]}, {"m": above(50.0)}).values()
    assert histogram.edges[[0, -1]].tolist() == [0, 60]  # 1.2 times the threshold
    assert {place: share for place, share in enumerate(histogram.normal) if share} == {
        0: 75,
        30: 25,
    }
    assert {place: share for place, share in enumerate(histogram.abnormal) if share} == {
        BINS - 1: 100
    }
    assert histogram.thresholds == (50,)
    assert histogram.labelled


def test_all_frames_where_there_are_no_labels(scored):
    (histogram,) = histograms_of({"m": [scored(frames=4)]}, {"m": above(1.0)}).values()
    assert histogram.normal.sum() == pytest.approx(100)
    assert histogram.abnormal is None
    assert not histogram.labelled


def test_frames_of_which_nobody_knows_are_not_among_the_normal_ones(scored):
    labelled = scored(errors=[0, 0, 60], labels=[0, 0, 1], fps=1.0)
    unknown = scored(errors=[30] * 10, fps=1.0)
    both, alone = (
        histograms_of({"m": videos}, {"m": above(50.0)})["m"]
        for videos in ([labelled, unknown], [labelled])
    )
    assert both.normal.tolist() == alone.normal.tolist()
    assert both.normal[0] == 100
    assert both.labelled


def test_far_outliers_are_counted_in_the_last_bin(scored):
    errors = [1, 2] * 500 + [1e6]
    (histogram,) = histograms_of(
        {"m": [scored(errors=errors, fps=1.0)]}, {"m": above(2.0)}
    ).values()
    assert histogram.edges[-1] < 3
    assert histogram.normal.sum() == pytest.approx(100)
    assert histogram.normal[-1] == pytest.approx(100 / 1001)


def test_all_models_have_the_same_bins(scored):
    videos = {"a": [scored(errors=[0, 1])], "b": [scored(errors=[5, 9], fps=1.0)]}
    first, second = histograms_of(videos, {"a": above(1.0), "b": above(math.inf)}).values()
    assert first.edges.tolist() == second.edges.tolist()
    assert first.edges[0] == 0
    assert first.edges[-1] > 8.9
    assert second.thresholds == ()


def test_scores_that_are_all_equal_have_a_histogram(scored):
    video = scored(errors=[0, 0, 0])
    (histogram,) = histograms_of({"m": [video]}, {"m": Alarm("l2", -math.inf, -math.inf)}).values()
    assert histogram.normal[0] == 100


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_it_is_drawn(scored, tmp_path, ending):
    videos = {"a$b": [scored(labels=[0, 0, 1, 1, 0])], "c": [scored()]}
    histograms = histograms_of(videos, {"a$b": above(1.0), "c": above(math.inf)})
    plot_histograms(histograms, "l2", tmp_path / f"histogram.{ending}")
    assert (tmp_path / f"histogram.{ending}").stat().st_size > 5000


def test_the_thresholds_are_those_of_the_cameras(scored, tmp_path):
    videos = [dataclasses.replace(scored(), camera=camera) for camera in ("a", "b", "c")]
    alarm = dataclasses.replace(above(2.0), cameras={"b": above(3.0), "not here": above(4.0)})
    found = histograms_of({"m": videos}, {"m": alarm})
    assert found["m"].thresholds == (2.0, 3.0)
    plot_histograms(found, "l2", tmp_path / "histogram.png")
    assert (tmp_path / "histogram.png").exists()
