import dataclasses

import pytest

from abnormal.evaluation.evaluate import MICRO_PER_VIDEO, MICRO_RAW
from abnormal.report import page_tables
from abnormal.report.page_tables import (
    event_rows,
    format_time,
    metric_rows,
    model_rows,
    protocol_rows,
    score_rows,
    situation_rows,
)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00.0"), (9.96, "0:10.0"), (59.94, "0:59.9"), (61.5, "1:01.5"), (3723.4, "1:02:03.4")],
)
def test_times_are_as_on_a_clock(seconds, shown):
    assert format_time(seconds) == shown


@pytest.fixture
def contents(make_contents, scored):
    videos = [
        dataclasses.replace(scored("a", labels=[0, 0, 0, 1, 1]), situation="cart"),
        scored("b", labels=[0, 0, 0, 0, 0]),
    ]
    return make_contents(videos, ("first", "second"))


def test_figures_stand_under_their_protocols(contents):
    rows = {(what, protocol): texts for what, protocol, texts in metric_rows(contents)}
    assert rows["True events found", "events"] == ["1 of 1"] * 2
    assert rows["False alarms", "events"] == ["1 (1800 [45.6, 10029] an hour)"] * 2
    assert rows["Frame AUC", MICRO_RAW] == ["87.5 %"] * 2
    assert {protocol for _, protocol in rows if protocol} <= set(protocol_rows(contents))


def test_a_figure_that_nobody_has_is_left_out(contents, make_contents, scored):
    assert not any(what == "Pixel AUC" for what, _, _ in metric_rows(contents))
    assert metric_rows(make_contents([scored()])) == []


def test_a_figure_that_one_model_has_is_a_dash_for_the_other(contents):
    pixels = {"auc": 0.875, "iou": None, "protocol": "all pixels"}
    contents.models["second"].metrics["localisation"] = pixels
    rows = {what: texts for what, _, texts in metric_rows(contents)}
    assert rows["Pixel AUC"] == ["–", "87.5 %"]
    assert "Intersection over union" not in rows


def test_regions_and_tracks_stand_under_their_protocol(contents):
    for model in contents.models.values():
        model.metrics["regions"] = {"rbdc": 0.75, "tbdc": 0.5, "protocol": "by regions"}
    rows = {(what, protocol): texts for what, protocol, texts in metric_rows(contents)}
    assert rows["Regions found (RBDC)", "regions"] == ["75.0 %"] * 2
    assert rows["Tracks found (TBDC)", "regions"] == ["50.0 %"] * 2
    assert protocol_rows(contents)["regions"] == "by regions"


def test_scores_that_are_not_known_here_are_shown(contents):
    for model in contents.models.values():
        model.metrics["scores"]["fused"] = {MICRO_PER_VIDEO: {"auc": 0.5, "eer": 0.5}}
    assert ("fused", MICRO_PER_VIDEO, ["50.0 %"] * 2) in score_rows(contents)
    assert [row[0] for row in situation_rows(contents)] == ["cart"]


def test_events_come_in_the_order_of_time_and_say_what_the_labels_say(contents):
    rows = event_rows(contents)
    assert [(row["video"], row["model"], row["truth"]) for row in rows] == [
        ("a", "first", "true event"),
        ("a", "second", "true event"),
        ("b", "first", "false alarm"),
        ("b", "second", "false alarm"),
    ]
    assert rows[1]["thumbnail"] == "thumbnails/second/a-1.jpg"


def test_of_too_many_events_the_highest_are_shown(make_contents, scored, monkeypatch):
    monkeypatch.setattr(page_tables, "MOST_EVENTS", 2)
    videos = [scored(name, frames) for name, frames in (("a", 9), ("b", 5), ("c", 7))]
    assert [row["video"] for row in event_rows(make_contents(videos))] == ["a", "c"]


def test_how_a_model_was_made(contents):
    info = contents.models["second"].info
    other = dataclasses.replace(info, calibration={"frames": 30, "held_out": True}, history=())
    contents.models["second"] = dataclasses.replace(contents.models["second"], info=other)
    rows = dict(model_rows(contents))
    assert rows["size of a frame"] == ["16x16 px"] * 2
    assert rows["epochs"] == ["2", "0"]
    assert rows["last loss"] == ["0.25, held out 0.5", "–"]
    assert rows["calibrated on"] == ["–", "30 normal frames, not all known to the network"]
