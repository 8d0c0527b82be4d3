import dataclasses

import numpy as np
import pandas as pd
import pytest

from abnormal.errors import AbnormalError
from abnormal.evaluation.evaluate import MICRO_PER_VIDEO, MICRO_RAW, evaluate
from abnormal.evaluation.pixel_level import VideoPixels
from abnormal.frames.gaps import Gap
from abnormal.report.tables import (
    comparison_table,
    events_table,
    metrics_lines,
    records,
    regularity_events_table,
    scores_table,
    write_table,
)
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.localisation import Localiser
from abnormal.scoring.residual import ERRORS, SCORES


def above(limit, score="l2"):
    return Alarm(score, limit, limit)


COLUMNS = ["model", "video", "frame", "time_sec", "error", "regularity", "score", "alarm", "label"]


@pytest.fixture
def table(scored):
    videos = [scored("a/b", 3, [0, 1, 1], fps=2.0), scored("c", 2)]
    return scores_table("model", videos, above(1.9))


def test_the_columns_are_those_that_users_rely_on(table):
    assert table.columns.tolist() == COLUMNS
    kinds = {name: dtype.kind for name, dtype in table.dtypes.items()}
    assert {name for name, kind in kinds.items() if kind == "f"} == {
        "time_sec",
        "error",
        "regularity",
        "score",
    }
    assert kinds["frame"] == kinds["alarm"] == "i"
    assert str(table["label"].dtype) == "Int8"


def test_one_row_per_frame(table):
    assert table.index.tolist() == [0, 1, 2, 3, 4]
    assert table["model"].tolist() == ["model"] * 5
    assert table["video"].tolist() == ["a/b", "a/b", "a/b", "c", "c"]
    assert table["frame"].tolist() == [0, 1, 2, 0, 1]
    assert table["time_sec"].tolist() == [0, 0.5, 1, 0, 0.25]
    assert table["error"].tolist() == [1, 2, 3, 1, 2]
    assert table["regularity"].tolist() == pytest.approx([1, 2 / 3, 1 / 3, 1, 0.5])
    assert table["score"].tolist() == [1, 1.5, 2.5, 1, 1.5]  # the mean of the last second
    assert table["alarm"].tolist() == [0, 0, 1, 0, 0]
    assert table["label"].tolist() == [0, 1, 1, pd.NA, pd.NA]


def test_a_score_at_the_threshold_is_no_alarm(scored):
    assert scores_table("m", [scored(frames=3, fps=1.0)], above(2.0))["alarm"].tolist() == [0, 0, 1]


def test_the_score_that_was_asked_for_is_in_the_table(scored):
    video = scored(frames=3)
    video.causal["difference"][:] = 7
    video.raw["l1"] = np.array([2.0, 1.0, 4.0])
    assert scores_table("m", [video], above(1, "difference"))["score"].tolist() == [7, 7, 7]
    assert scores_table("m", [video], above(1, "difference"))["error"].tolist() == [1, 2, 3]
    by_l1 = scores_table("m", [video], above(1, "l1"))
    assert by_l1["error"].tolist() == [2, 1, 4]
    assert by_l1["regularity"].tolist() == [0.75, 1, 0.25]


def test_a_table_comes_back_from_its_file(table, tmp_path):
    write_table(tmp_path / "scores.csv", table)
    lines = (tmp_path / "scores.csv").read_text().splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert lines[3] == "model,a/b,2,1,3,0.3333333,2.5,1,1"
    assert lines[5] == "model,c,1,0.25,2,0.5,1.5,0,"
    read = pd.read_csv(tmp_path / "scores.csv", dtype={"label": "Int8"})
    pd.testing.assert_frame_equal(read, table, check_dtype=False, rtol=1e-6)


def test_a_table_that_cannot_be_written_leaves_nothing(table, tmp_path):
    (tmp_path / "scores.csv").mkdir()
    with pytest.raises(AbnormalError, match=r"scores\.csv cannot be written"):
        write_table(tmp_path / "scores.csv", table)
    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]


def metrics(**changes):
    return {
        "videos": 2,
        "frames": 300,
        "scores": {},
        "situations": {},
        "localisation": None,
        "regions": None,
        "events": None,
        "alarm": {
            "score": "gradient",
            "threshold": 0.123456,
            "alarm_frames": 12,
            "false_alarm_rate": None,
            "detection_rate": None,
        },
    } | changes


def test_lines_without_labels():
    assert list(metrics_lines("model", metrics())) == [
        "model: 300 frames of 2 videos",
        "  alarms (gradient > 0.1235): 12 frames",
    ]


def test_the_line_names_the_thresholds_of_cameras():
    alarm = metrics()["alarm"] | {"thresholds": {"gate": 2.91234, "lobby": 3.5}}
    assert list(metrics_lines("model", metrics(alarm=alarm)))[-1] == (
        "  alarms (gradient > 2.912 (gate), 3.5 (lobby)): 12 frames"
    )


def test_lines_with_labels():
    figures = {"auc": 0.91234, "eer": 0.15}
    alarm = metrics()["alarm"] | {"false_alarm_rate": 0.01, "detection_rate": 0.5}
    full = metrics(
        scores={
            "gradient": {MICRO_RAW: figures, MICRO_PER_VIDEO: figures},
            "regularity": {MICRO_PER_VIDEO: figures},
        },
        situations={"cart": {MICRO_RAW: figures}, "normal": {MICRO_RAW: None}},
        alarm=alarm,
        localisation={"auc": 0.875, "iou": 0.25, "mask_sigmoid_cross_entropy": 0.6931},
        regions={"rbdc": 0.6666, "tbdc": 0.855, "regions": 2410, "tracks": 21},
        events={"found": 3, "true_events": 4, "false_alarms": 2, "false_alarms_per_hour": 61.2}
        | {"false_alarms_per_hour_interval": [7.412, 221.1]},
    )
    assert list(metrics_lines("model", full)) == [
        "model: 300 frames of 2 videos",
        "  frame AUC (EER)        all frames, raw     each video stretched",
        "  gradient                91.2 % (15.0 %)     91.2 % (15.0 %)",
        "  regularity                                  91.2 % (15.0 %)",
        "  pixels: AUC 87.5 %, intersection over union 25.0 %, mask sigmoid cross-entropy 0.6931",
        "  regions: RBDC 66.7 % of 2410, TBDC 85.5 % of 21 tracks",
        "  events: 3 of 4 found, 2 false alarms (61.2 [7.41, 221] an hour)",
        "  gradient by situation",
        "  cart                    91.2 % (15.0 %)",
        "  normal                 not defined: frames of one class only",
        "  alarms (gradient > 0.1235): 12 frames, 50.0 % of the abnormal ones, "
        "1.0 % of the normal ones",
    ]


def test_one_row_per_event(scored):
    localiser = Localiser()
    videos = [scored("a/b", 5, fps=1.0), scored("c", 3, fps=2.0)]
    pixels = [VideoPixels(localiser) for _ in videos]
    for of_video, frames in zip(pixels, (5, 3), strict=True):
        shown = np.zeros((frames, 10, 20), np.float32)
        shown[-1, 5:9, 4:14] = 1
        of_video.sink(None)(localiser.localise(shown, np.zeros_like(shown)))

    table = events_table("m", videos, pixels, Alarm("l2", 2.5, 1.5))

    assert table["video"].tolist() == ["a/b"]  # the other one's scores end at a mean of 2.5
    (row,) = records(table)
    expected = {"model": "m", "event": 1, "start_frame": 2, "end_frame": 4, "start_sec": 2.0}
    expected |= {"end_sec": 4.0, "peak_frame": 4, "peak_sec": 4.0, "peak_score": 5.0}
    assert {name: row[name] for name in expected} == expected
    assert row["mean_score"] == 4.0
    # Lit are columns 4 to 13 and rows 5 to 8; more than four lit pixels are in the boxes of
    # columns 4 to 14 and rows 5 to 9.
    assert (row["left"], row["width"]) == (pytest.approx(0.2), pytest.approx(0.55))
    assert (row["top"], row["height"]) == (pytest.approx(0.5), pytest.approx(0.5))


def test_one_row_per_persistent_minimum_of_the_regularity(scored):
    video = scored("c", 9, fps=1.0)
    video.raw["l2"][:] = [0, 0, 0, 8, 0, 0, 0, 1, 0]
    of_video = VideoPixels(Localiser())
    shown = np.zeros((9, 10, 20), np.float32)
    of_video.sink(None)(Localiser().localise(shown, shown))
    (row,) = records(regularity_events_table("m", [video], [of_video]))
    falls = f"The regularity falls to {1 - row['peak_score']:.2f}, on the scale"
    assert row["sentence"].startswith(falls)
    assert (row["video"], row["start_frame"], row["end_frame"]) == ("c", 0, 8)
    assert (row["peak_frame"], row["peak_score"]) == (3, 1.0)


def test_no_event_is_a_table_without_rows(scored, tmp_path):
    video = scored("a")
    of_video = VideoPixels(Localiser())
    table = events_table("m", [video], [of_video], above(99))
    assert records(table) == []
    write_table(tmp_path / "events.csv", table)
    assert (tmp_path / "events.csv").read_text().startswith("model,video,situation,event,start_")


def test_the_figures_of_several_models_stand_side_by_side():
    first = metrics(scores={"l2": {MICRO_RAW: {"auc": 0.9, "eer": 0.1}}}, arch="cae")
    second = metrics(scores={"l2": {MICRO_RAW: None}}, localisation={"auc": 0.8})
    table = comparison_table({"a": first, "b": second}).set_index("figure")
    assert list(table.columns) == ["a", "b"]
    assert table.loc["frames"].tolist() == [300, 300]
    assert table.loc["alarm.threshold"].tolist() == [0.123456, 0.123456]
    assert table.loc[f"scores.l2.{MICRO_RAW}.auc", "a"] == 0.9
    assert np.isnan(table.loc[f"scores.l2.{MICRO_RAW}.auc", "b"])
    assert table.loc["localisation.auc", "b"] == 0.8
    assert "arch" not in table.index


def test_what_is_not_defined_is_said_to_be_so():
    pixels = {"auc": None, "iou": None, "mask_sigmoid_cross_entropy": 0.5}
    events = {"found": 0, "true_events": 1, "false_alarms": 0, "false_alarms_per_hour": None}
    lines = list(metrics_lines("model", metrics(localisation=pixels, events=events)))
    assert lines[1].startswith("  pixels: AUC not defined, intersection over union not defined,")
    assert lines[2] == "  events: 0 of 1 found, 0 false alarms"


def test_a_model_may_be_called_figure():
    table = comparison_table({"figure": metrics(), "b": metrics()})
    assert table.columns.tolist() == ["figure", "figure", "b"]


def test_what_evaluate_gives_can_be_shown(scored):
    tree = evaluate([scored(labels=[0, 0, 0, 0, 0])], above(np.inf))
    lines = list(metrics_lines("model", tree))
    assert sum("not defined" in line for line in lines) == len({*SCORES, *ERRORS}) + len(ERRORS) + 1
    assert lines[-1] == "  alarms (l2 > inf): 0 frames, 0.0 % of the normal ones"


def test_times_go_on_in_gaps(scored):
    video = dataclasses.replace(scored("gate", 8), gaps=(Gap(4, 64.0),))
    table = scores_table("model", [video], above(1.9))
    assert table.time_sec.tolist() == [0, 0.25, 0.5, 0.75, 64, 64.25, 64.5, 64.75]
    pixels = [VideoPixels(Localiser()) for _ in range(1)]
    alarm = Alarm("motion", 0.0, 0.0)
    video = dataclasses.replace(
        video,
        causal={"motion": np.arange(1.0, 9)},
        boxes=np.zeros((8, 4)),
        things=((),) * 8,
        sources=np.zeros(8, int),
        measured={"motion": np.arange(1.0, 9)},
    )
    events = events_table("model", [video], pixels, alarm)
    assert set(events.reason) == {"faster than is usual here"}
    assert events.sentence.tolist() == [
        f"Somebody or something moves {count} times as fast as is usual here, in the upper left."
        for count in (4, 8)
    ]
    columns = ["start_frame", "end_frame", "start_sec", "end_sec", "peak_sec"]
    assert events[columns].to_numpy().tolist() == [[0, 3, 0, 0.75, 0.75], [4, 7, 64, 64.75, 64.75]]


def staying(scored, seconds):
    """A video in which something stays in frames 1 to 4, for the seconds that each frame says."""
    return dataclasses.replace(
        scored("gate", 8),
        causal={"stay": np.array([0, 2, 3, 3, 2, 0, 0, 0.0])},
        boxes=np.full((8, 4), 0.4),
        things=((),) * 8,
        sources=np.zeros(8, int),
        measured={"stay": np.array(seconds, float)},
    )


def test_a_stay_is_told_as_long_as_it_lasted_though_its_peak_was_before(scored):
    video = staying(scored, [9, 50, 60, 239, 200, 300, 300, 300])
    events = events_table("model", [video], [VideoPixels(Localiser())], Alarm("stay", 1.0, 1.0))
    assert events.peak_frame.tolist() == [2]
    assert events.sentence.tolist() == [
        "Something has stood here for 4 minutes, in the middle, which is longer than is usual."
    ]


def test_the_votes_of_an_event_say_what_stays(scored):
    votes = np.zeros((8, 4))
    votes[[1, 3, 4, 7]] = np.eye(4)[[1, 2, 2, 3]]  # stands, left, left and, too late, gone
    video = dataclasses.replace(staying(scored, [30] * 8), standing=votes)
    (event,) = video.events(alarm := Alarm("stay", 1.0, 1.0))
    (row,) = records(events_table("model", [video], [VideoPixels(Localiser())], alarm))
    told = "Something was left here, in the middle, and has not moved for 30 seconds."
    assert (row["reason"], row["sentence"]) == ("was left here", told)
    assert video.reason("stay", 2, video.what_stays(event)) == told.replace(", in the middle", "")
