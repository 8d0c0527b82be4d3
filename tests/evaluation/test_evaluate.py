import dataclasses
import json

import numpy as np
import pytest

from abnormal.evaluation.evaluate import (
    MACRO_RAW,
    MICRO_PER_VIDEO,
    MICRO_RAW,
    PROTOCOLS,
    evaluate,
    labels_of,
)
from abnormal.frames.gaps import Gap
from abnormal.inference.scored_video import ScoredVideo
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.residual import SCORES


def above(limit, score="l2"):
    return Alarm(score, limit, limit)


def scored(name, values, labels, situation="", errors=None):
    """A video to which every causal score gives the same values."""
    values = np.array(values, float)
    return ScoredVideo(
        name=name,
        fps=10.0,
        raw={score: np.array(values if errors is None else errors, float) for score in SCORES},
        causal=dict.fromkeys(SCORES, values),
        labels=None if labels is None else np.array(labels, np.uint8),
        situation=situation,
    )


VIDEOS = [
    scored("dark", [0.1, 0.2, 0.1, 0.2], [0, 1, 0, 1], "cart"),
    scored("light", [0.5, 0.9, 0.5, 0.9], [0, 1, 0, 1], "bicycle"),
    scored("calm", [0.3, 0.3], [0, 0], "normal"),
    scored("unknown", [0.8, 0.1, 0.8], None, "cart"),
]


PERFECT = {"auc": 1.0, "eer": 0.0, "average_precision": 1.0}


def test_what_was_tested():
    tree = evaluate(VIDEOS, above(0.4, "gradient"))
    counts = ("videos", "frames", "labelled_videos", "labelled_frames", "abnormal_frames")
    assert [tree[name] for name in counts] == [4, 13, 3, 10, 4]


def test_events_of_the_regularity_count_by_half_of_their_frames():
    errors = np.ones(400)
    errors[100] = 2.0
    found = scored("a", errors, np.arange(400) // 150 == 0, errors=errors)
    missed = scored("b", errors, np.arange(400) >= 100, errors=errors)  # 101 of 300 frames
    wrong = scored("c", errors, np.arange(400) >= 101, errors=errors)  # 100 of 201 frames
    events = evaluate([found, missed, wrong], above(9))["regularity_events"]
    assert (events["true_events"], events["found"], events["false_alarms"]) == (3, 1, 1)


def test_each_figure_stands_under_its_protocol():
    tree = evaluate(VIDEOS[:2], above(0.4, "gradient"))
    assert tree["protocols"] == PROTOCOLS
    assert set(tree["scores"]) == {*SCORES, "regularity", "regularity_l1", "psnr"}
    for name in SCORES:
        # Together, the 0.2 of the dark video lie below the 0.5 of the light one: 12 of 16 pairs.
        assert tree["scores"][name][MICRO_RAW]["auc"] == pytest.approx(0.75)
        # Each by itself is in perfect order.
        assert tree["scores"][name][MICRO_PER_VIDEO] == PERFECT
        assert tree["scores"][name][MACRO_RAW] == {"auc": 1.0, "videos": 2, "padded_videos": 0}
    assert list(tree["scores"]["regularity"]) == [MICRO_PER_VIDEO]


def test_the_regularity_falls_with_abnormality():
    video = scored("a", [0.0, 0.0, 0.0], [0, 0, 1], errors=[1.0, 2.0, 8.0])
    metrics = evaluate([video], above(1.0, "gradient"))["scores"]
    assert metrics["regularity"][MICRO_PER_VIDEO]["auc"] == 1.0
    assert metrics["gradient"][MICRO_RAW]["auc"] == 0.5


def test_the_psnr_is_stretched_over_each_video():
    # From best to worst in decibels, the second frame is half of the way down in the first video,
    # and 38 % in the second. As distances it would be 9 % and 30 %.
    videos = [
        scored("a", [0.0] * 3, [0, 1, 1], errors=[1.0, 10.0, 100.0]),
        scored("b", [0.0] * 3, [0, 0, 1], errors=[1.0, 1.3, 2.0]),
    ]
    metrics = evaluate(videos, above(1.0, "gradient"))["scores"]
    assert metrics["psnr"] == {MICRO_PER_VIDEO: PERFECT}


def test_each_situation_is_judged_by_itself():
    situations = evaluate(VIDEOS, above(0.4, "gradient"))["situations"]
    for name, metrics in situations.items():
        assert metrics[MICRO_RAW] == (None if name == "normal" else PERFECT)
    # All of the light video is above 0.4, and none of the others.
    found = {name: metrics["events"]["found"] for name, metrics in situations.items()}
    assert found == {"bicycle": 2, "cart": 0, "normal": 0}
    assert list(situations) == ["bicycle", "cart", "normal"]


def test_alarms_are_above_the_threshold():
    alarm = evaluate(VIDEOS, above(0.5, "gradient"))["alarm"]
    # Above 0.5: twice 0.9, and twice 0.8 in the video without labels, which have no rate.
    assert alarm == {
        "score": "gradient",
        "threshold": 0.5,
        "alarm_frames": 4,
        "false_alarm_rate": 0.0,
        "detection_rate": 0.5,
    }
    assert evaluate(VIDEOS, above(0.2, "gradient"))["alarm"]["false_alarm_rate"] == pytest.approx(
        4 / 6
    )


def test_each_video_is_judged_by_the_threshold_of_its_camera():
    alarm = dataclasses.replace(above(0.2), cameras={"lit": above(0.8), "other": above(0.3)})
    videos = [
        dataclasses.replace(VIDEOS[0], camera="dark"),
        dataclasses.replace(VIDEOS[1], camera="lit"),
    ]
    tree = evaluate(videos, alarm)
    assert tree["alarm"] == {
        "score": "l2",
        "threshold": 0.2,
        "thresholds": {"lit": 0.8, "other": 0.3},
        "alarm_frames": 2,  # twice 0.9
        "false_alarm_rate": 0.0,
        "detection_rate": 0.5,
    }
    assert tree["events"]["found"] == 2
    assert tree["events"]["false_alarms"] == 0
    assert evaluate(videos, above(0.2))["alarm"]["alarm_frames"] == 4


@pytest.mark.parametrize(("label", "false_alarms", "detection"), [(0, 1.0, None), (1, None, 1.0)])
def test_frames_of_one_class_have_no_metrics(label, false_alarms, detection):
    tree = evaluate([scored("a", [0.5, 0.6], [label, label], "x")], above(0.1))
    for metrics in tree["scores"].values():
        assert metrics[MICRO_PER_VIDEO] is None
        assert metrics.get(MICRO_RAW) is None
    assert tree["scores"]["l2"][MACRO_RAW]["padded_videos"] == 1
    assert tree["situations"]["x"][MICRO_RAW] is None
    assert tree["alarm"]["false_alarm_rate"] == false_alarms
    assert tree["alarm"]["detection_rate"] == detection


def test_videos_without_labels_count_for_alarms_only():
    tree = evaluate(VIDEOS[3:], above(0.5))
    assert (tree["videos"], tree["labelled_videos"], tree["labelled_frames"]) == (1, 0, 0)
    assert (tree["scores"], tree["situations"]) == ({}, {})
    assert tree["alarm"]["alarm_frames"] == 2
    assert tree["events"] is None
    assert tree["alarm"]["false_alarm_rate"] is tree["alarm"]["detection_rate"] is None
    with pytest.raises(ValueError, match="unknown has no labels"):
        labels_of(VIDEOS[3])


def test_an_event_lasts_until_the_release():
    video = scored("a", [0, 9, 5, 5, *[0] * 25, 9, 0], [0, 1, 0, 1, *[0] * 27])
    steady = evaluate([video], Alarm("l2", 8.0, 4.0))["events"]
    # With the release, the first event goes on into the second true one; 27 of 31 frames of a
    # tenth of a second are normal, counted without the two abnormal ones.
    assert (steady["true_events"], steady["found"], steady["missed"]) == (2, 2, 0)
    assert evaluate([video], above(8.0))["events"]["found"] == 0  # single frames are no events


def test_the_delay_of_an_event_counts_the_gap_before_it():
    values, labels = [*[0] * 6, *[9] * 4], [0, 0, *[1] * 8]
    video = dataclasses.replace(scored("a", values, labels), gaps=(Gap(5, 60.0),))
    assert evaluate([video], above(8.0))["events"]["mean_delay_sec"] == pytest.approx(59.9)


def test_the_interval_of_the_auc_needs_three_videos():
    assert evaluate(VIDEOS[:2], above(1))["scores"]["l2"][MICRO_RAW]["auc_interval"] is None
    low, high = evaluate(VIDEOS, above(1))["scores"]["l2"][MICRO_RAW]["auc_interval"]
    assert 0 <= low < high <= 1


def test_the_tree_is_json():
    tree = evaluate(VIDEOS, above(0.4, "difference"))
    assert json.loads(json.dumps(tree, allow_nan=False)) == tree
