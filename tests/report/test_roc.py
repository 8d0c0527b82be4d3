import dataclasses

import numpy as np
import pytest

from abnormal.report.roc import MOST_POINTS, plot_roc, roc_of
from abnormal.scoring.alarm import Alarm


def above(limit, score="l2"):
    return Alarm(score, limit, limit)


def test_the_curve_its_area_and_the_alarm(scored):
    videos = [scored("a", labels=[0, 1, 0, 1], errors=[1, 2, 3, 4], fps=1.0), scored("b")]
    roc = roc_of(videos, above(2.5))
    assert roc.raw.T.tolist() == [[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]]
    assert roc.raw_auc == 0.75
    assert roc.alarm == (0.5, 0.5)


def test_stretched_videos_are_told_apart_better(scored):
    videos = [
        scored("dark", labels=[0, 1], errors=[1, 2], fps=1.0),
        scored("bright", labels=[0, 1], errors=[10, 20], fps=1.0),
    ]
    roc = roc_of(videos, above(0))
    assert roc.raw_auc == 0.75
    assert roc.per_video_auc == 1


@pytest.mark.parametrize("labels", [None, [0, 0, 0], [1, 1, 1]])
def test_there_is_no_curve_of_one_class(scored, labels):
    assert roc_of([scored(frames=3, labels=labels)], above(1)) is None


def test_a_long_curve_keeps_its_ends_and_its_area(scored):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 5000)
    roc = roc_of([scored(labels=labels, errors=2 * rng.random(5000) + labels, fps=0.5)], above(1))
    assert roc.raw.shape == (2, MOST_POINTS)
    assert roc.raw[:, 0].tolist() == [0, 0]
    assert roc.raw[:, -1].tolist() == [1, 1]
    assert np.trapezoid(roc.raw[1], roc.raw[0]) == pytest.approx(roc.raw_auc, abs=0.002)


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_it_is_drawn(scored, tmp_path, ending):
    roc = roc_of([scored(labels=[0, 1, 0, 1, 1])], above(2.5))
    plot_roc({"a$b": roc, "c": roc}, "l2", tmp_path / f"roc.{ending}")
    assert (tmp_path / f"roc.{ending}").stat().st_size > 5000


def test_the_alarm_is_where_the_thresholds_of_all_cameras_lead(scored):
    videos = [
        dataclasses.replace(scored(labels=[0, 1], errors=[1, 9], fps=1.0), camera=camera)
        for camera in ("calm", "lively")
    ]
    alarm = dataclasses.replace(above(0.5), cameras={"lively": above(5)})
    assert roc_of(videos, alarm).alarm == (0.5, 1.0)
