import dataclasses
import json

import numpy as np

from abnormal.inference.tracking import UnusualThing
from abnormal.names import FUSED
from abnormal.report.event_paths import events_with_things
from abnormal.report.tables import events_table, write_table
from abnormal.scoring.alarm import Alarm

BOX, OTHER = (0.25, 0.5, 0.125, 0.25), (0.75, 0.1, 0.1, 0.33334)
ALARM = Alarm(FUSED, 2.0, 1.0, gap_sec=0.0, shortest_sec=0.0)


def with_things(video, scores, things):
    """A video whose frames have some scores `fused` and things."""
    scores = np.array(scores, float)
    boxes = np.array([of_frame[0].box if of_frame else (0, 0, 1, 1) for of_frame in things], float)
    causal = video.causal | {FUSED: scores}
    return dataclasses.replace(video, causal=causal, boxes=boxes, things=tuple(things))


def test_an_event_has_the_path_of_each_thing_in_it(scored):
    things = [
        [],
        [UnusualThing(3, 2.5, BOX)],
        [UnusualThing(4, 4.0, OTHER), UnusualThing(3, 1.5, BOX), UnusualThing(5, 1.2, BOX)],
        [],
        [UnusualThing(4, 3.0, OTHER), UnusualThing(3, 1.0, BOX), UnusualThing(5, 1.2, BOX)],
        [UnusualThing(9, 1.0, BOX)],
    ]
    video = with_things(scored(frames=6), [0, 2.5, 4, 1.5, 3, 1], things)
    table = events_table("m", [video], [None], ALARM)
    (event,) = events_with_things(table, [video])
    assert (event["start_frame"], event["end_frame"], event["peak_frame"]) == (1, 4, 2)
    assert [event[side] for side in ("left", "top", "width", "height")] == list(OTHER)
    assert event["thing"] == 4
    assert event["things"] == [
        {
            "id": 4,
            "peak_score": 4.0,
            "path": [[2, 0.75, 0.1, 0.1, 0.3333], [4, 0.75, 0.1, 0.1, 0.3333]],
        },
        {"id": 3, "peak_score": 2.5, "path": [[1, *BOX], [2, *BOX], [4, *BOX]]},
    ]
    json.dumps(event)  # 5 was seen twice only, and 9 after the event


def test_an_event_at_whose_peak_nothing_can_be_told_apart_has_no_number(scored, tmp_path):
    video = with_things(
        scored(frames=4),
        [3, 2, 2, 2],
        [[], [UnusualThing(1, 2.0, BOX)], [UnusualThing(1, 1.5, BOX)], [UnusualThing(1, 1.5, BOX)]],
    )
    table = events_table("m", [video], [None], ALARM)
    (event,) = events_with_things(table, [video])
    assert event["thing"] is None
    assert [thing["id"] for thing in event["things"]] == [1]
    write_table(tmp_path / "events.csv", table)
    header, row = (tmp_path / "events.csv").read_text().splitlines()
    assert header.endswith(",left,top,width,height,thing,reason,sentence")
    assert row.endswith(",0,0,1,1,,,The picture as a whole is unusual: its score is 3.")
