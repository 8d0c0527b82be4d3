import dataclasses
import json

import pytest

from abnormal.live.page import past_events
from abnormal.live.page.past_events import read_past_events
from abnormal.live.page.shown_event import shown_event


@pytest.fixture
def log(tmp_path):
    return tmp_path / "events.jsonl"


def write(log, events):
    log.write_text("".join(f"{event.as_json()}\n" for event in events), "utf-8")


def test_each_event_has_its_newest_state_and_the_newest_comes_first(log, make_event):
    write(
        log,
        [
            make_event(1, "opened"),
            make_event(1, "updated"),
            make_event(2, "opened", camera="門"),
            make_event(1, "closed"),
        ],
    )
    past = read_past_events(log)
    assert list(past.events) == ["gate-1-anomaly", "門-2-anomaly"]
    end, first = past.events["gate-1-anomaly"]
    assert (end, first.going_on) == (log.stat().st_size, False)
    assert past.events["門-2-anomaly"][1].going_on
    assert past.start == 0


@pytest.mark.parametrize("most", [("MOST_EVENTS", 7), ("MOST_BYTES", 5000)])
def test_all_are_read_part_by_part(most, log, make_event, monkeypatch):
    monkeypatch.setattr(past_events, *most)
    write(log, [make_event(n) for n in range(50)])
    found, end, parts = [], None, 0
    while end != 0:
        past = read_past_events(log, end)
        found += past.events
        end, parts = past.start, parts + 1
    assert found == [f"gate-{n}-anomaly" for n in range(50)][::-1]
    assert parts > 4


def test_damaged_and_endless_lines_are_passed_over(log, make_event, monkeypatch):
    monkeypatch.setattr(past_events, "MOST_BYTES", 3000)
    write(log, [make_event(1), make_event(2)])
    lines = log.read_bytes().splitlines(keepends=True)
    nonsense = [b"\xff\xfe\n", b"[" * 999 + b"\n", b"null\n", b"{}\n", b"\n", b"x" * 10000 + b"\n"]
    log.write_bytes(b"".join([lines[0], *nonsense, lines[1], lines[0][:90]]))
    found, end = [], None
    while end != 0:
        past = read_past_events(log, end)
        found += past.events
        end = past.start
    assert found == ["gate-2-anomaly", "gate-1-anomaly"]


def test_a_place_beyond_the_end_is_the_end_as_old_lines_may_have_been_deleted(log, make_event):
    write(log, [make_event(1)])
    assert list(read_past_events(log, 10**12).events) == ["gate-1-anomaly"]


def test_without_a_log_there_are_no_events(log):
    assert read_past_events(log).events == {}


def test_what_an_event_shows(make_event):
    set_by_an_hour = "2026-01-01T13:00:02.500Z"  # the clock of the machine
    event = make_event(box=(0.0, 0.5, 0.2, 0.4), thumbnail=None, end_utc=set_by_an_hour)
    shown = shown_event(event.as_dict())
    assert (shown.place, shown.length_sec, shown.text) == (
        *("in the lower left", 2.5),
        "faster than is usual here",
    )
    assert (shown.has_thumbnail, shown.has_clip, shown.is_alarm) == (False, True, True)
    line = {**event.as_dict(), "sentence": "Somebody runs.", "quiet": True}
    shown = shown_event(line)
    assert (shown.text, shown.place) == ("Somebody runs.", "")
    assert not shown.is_alarm


@pytest.mark.parametrize(
    ("box", "place"),
    [
        (None, ""),
        ((0.4, 0.4, 0.2, 0.2), "in the middle"),
        ((0.9, 0.0, 0.1, 0.1), "in the upper right"),
        ((0.0, 0.0, 1.0, 1.0), "all over the picture"),
    ],
)
def test_the_place_is_said_in_words(box, place, make_event):
    assert shown_event(make_event(box=box).as_dict()).place == place


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "../../etc/passwd"),
        ("id", ".awaited-x"),
        ("id", "a/b"),
        ("id", "x" * 999),
        ("id", 7),
        ("camera", None),
        ("state", "exploded"),
        ("start_utc", "yesterday"),
        ("start_utc", "9999999-01-01T00:00:00Z"),
        ("end_sec", "12"),
        ("peak_score", float("nan")),
        ("box", [0, 0, 5, 5]),
        ("detail", ["a"]),
    ],
)
def test_what_is_no_event_is_refused(field, value, make_event):
    line = json.loads(json.dumps({**dataclasses.asdict(make_event()), field: value}))
    with pytest.raises(ValueError, match=r"\w"):
        shown_event(line)
