import dataclasses
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from abnormal.cli import test as program
from abnormal.live.camera_events import CameraEvents
from abnormal.live.event import make_event
from abnormal.live.frame import Moment
from abnormal.live.gate import FAULTS
from abnormal.live.listeners import LISTENERS, Listener, open_listeners
from abnormal.live.quiet import QuietRule
from abnormal.live.quiet_hours import QuietHours
from abnormal.live.status import Watched
from abnormal.live.tracker import CLOSED, OPENED, UPDATED, LiveFrameScore, OngoingEvent

HERE, NEAR, THERE = (0.1, 0.1, 0.2, 0.2), (0.15, 0.1, 0.2, 0.2), (0.6, 0.6, 0.2, 0.2)
NIGHT = QuietHours(22 * 60, 6 * 60)


@pytest.fixture
def berlin(monkeypatch):
    """A machine in Berlin, and seconds since 1970 of its local times."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    zone = ZoneInfo("Europe/Berlin")
    yield (
        lambda text, fold=0: (
            datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()
        )
    )
    monkeypatch.undo()
    time.tzset()


def state_of(state, start_sec, end_sec, box=HERE, kind="anomaly"):
    first, last = (Moment(round(10 * sec), sec, 1e9 + sec) for sec in (start_sec, end_sec))
    ongoing = OngoingEvent(first, last, LiveFrameScore(last, 3.0, box), 3.0)
    return make_event("gate", kind, state, ongoing)


def reasons(rule, start_sec, end_sec, box=HERE, kind="anomaly"):
    """Why nobody is told of the states of an event, from its beginning to its end."""
    states = [(OPENED, start_sec), (UPDATED, end_sec), (CLOSED, end_sec)]
    return [rule(state_of(s, start_sec, sec, box, kind), 1e9) for s, sec in states]


@pytest.mark.parametrize(
    ("hours", "inside", "outside"),
    [
        (NIGHT, ("22:00", "23:59", "00:00", "05:59"), ("06:00", "12:00", "21:59")),
        (QuietHours(12 * 60, 13 * 60 + 30), ("12:00", "13:29"), ("11:59", "13:30")),
        (QuietHours(18 * 60, 24 * 60), ("18:00", "23:59"), ("00:00", "17:59")),
    ],
)
def test_quiet_hours_are_by_local_time_also_across_midnight(berlin, hours, inside, outside):
    for day in ("2026-01-15", "2026-07-15"):
        assert all(hours.contain(berlin(f"{day}T{text}")) for text in inside)
        assert not any(hours.contain(berlin(f"{day}T{text}")) for text in outside)


def test_quiet_hours_are_those_of_a_clock_on_the_wall_when_it_is_set(berlin):
    early = QuietHours(2 * 60, 3 * 60)
    assert early.contain(berlin("2026-10-25T02:30"))
    assert early.contain(berlin("2026-10-25T02:30", fold=1))
    before = berlin("2026-03-29T01:59:59")
    assert [early.contain(before + sec) for sec in (0, 2)] == [False, False]  # then it is 3:00


def test_what_a_camera_sees_at_quiet_hours_is_not_told_and_its_faults_are(berlin):
    rule, utc = QuietRule(hours=[QuietHours(12 * 60, 13 * 60), NIGHT]), berlin("2026-01-15T23:00")
    reason = "quiet hours 22:00-06:00"
    assert rule(state_of(OPENED, 0, 1), utc) == reason
    assert rule(state_of(OPENED, 0, 1, kind="light"), utc) == reason
    for kind in {"disconnected", *FAULTS} - {"light"}:
        assert rule(state_of(OPENED, 0, 1, None, kind), utc) == ""


@pytest.mark.parametrize(("opens", "closes"), [("21:59", "22:01"), ("05:59", "06:01")])
def test_an_event_is_told_as_a_whole_or_not_at_all(berlin, opens, closes):
    rule = QuietRule(hours=[NIGHT])
    first = rule(state_of(OPENED, 0, 1), berlin(f"2026-01-15T{opens}"))
    assert bool(first) == (opens == "05:59")
    assert rule(state_of(CLOSED, 0, 120), berlin(f"2026-01-15T{closes}")) == first


def test_at_a_place_others_are_not_told_until_the_cool_down_is_over():
    rule = QuietRule(60.0)
    assert reasons(rule, 0, 10) == [""] * 3
    again = reasons(rule, 30, 40, NEAR)
    assert again == ["cool-down: 20 s after gate-20010909T014640.000Z-anomaly"] * 3
    assert all(reasons(rule, 69, 80))
    assert reasons(rule, 71, 80) == [""] * 3  # it does not begin anew with what was not told


def test_another_place_or_another_kind_is_told():
    rule = QuietRule(60.0)
    reasons(rule, 0, 10)
    assert reasons(rule, 11, 12, THERE) == [""] * 3
    assert reasons(rule, 13, 14, HERE, "covered") == [""] * 3
    assert all(reasons(rule, 15, 16))


def test_a_thing_that_moves_was_where_it_began_and_where_it_peaked():
    rule = QuietRule(60.0)
    rule(state_of(OPENED, 0, 1, HERE), 1e9)
    rule(state_of(CLOSED, 0, 10, THERE), 1e9)
    assert rule(state_of(OPENED, 20, 21, NEAR), 1e9)
    assert rule(state_of(OPENED, 22, 23, THERE), 1e9)


def test_boxes_that_only_touch_are_at_different_places():
    rule = QuietRule(60.0)
    reasons(rule, 0, 10, HERE)
    assert reasons(rule, 11, 12, (0.28, 0.1, 0.2, 0.2)) == [""] * 3
    assert all(reasons(rule, 13, 14, (0.0, 0.0, 1.0, 1.0)))  # it contains the place


def test_without_a_cool_down_and_hours_everything_is_told():
    rule = QuietRule()
    assert [reasons(rule, sec, sec + 1) for sec in range(3)] == [[""] * 3] * 3


def test_what_is_not_told_is_recorded_and_says_why(monkeypatch, tmp_path):
    shown, heard = [], []

    class Radio:
        def __enter__(self):
            return heard.append

        def __exit__(self, *_):
            pass

    monkeypatch.setitem(LISTENERS, "radio", Listener("CHANNEL", "", lambda *_: Radio()))
    with open_listeners({"radio": "7"}, tmp_path, shown.append, Watched()) as send:
        events = CameraEvents("gate", send, None)
        events.why_quiet = QuietRule(60.0)
        for start_sec in (0.0, 20.0):
            for state in (OPENED, CLOSED):
                last = Moment(0, start_sec + 1, 1e9 + start_sec + 1)
                first = last._replace(sec=start_sec, utc=1e9 + start_sec)
                peak = LiveFrameScore(last, 3.0, HERE)
                events.report("anomaly", [(state, OngoingEvent(first, last, peak, 3.0))])
        amended = dataclasses.replace(shown[-1], state="amended")
        events._amend(amended)
    assert [event.state for event in heard] == ["opened", "closed"]
    assert [event.quiet for event in shown] == [False, False, True, True, True]
    assert shown[2].quiet_reason == f"cool-down: 19 s after {shown[0].id}"
    assert "(not sent: cool-down" in shown[2].as_message()
    assert len((tmp_path / "events.jsonl").read_text().splitlines()) == 5


@pytest.mark.parametrize(
    "text", ["22-6", "22:00", "22:00-22:00", "24:00-06:00", "22:60-06:00", "22:00-24:01", "a-b"]
)
def test_what_are_no_hours_is_refused(text, capsys):
    with pytest.raises(SystemExit):
        program.main(["--source", "0", "--quiet", text])
    assert f"{text!r} are no hours of a day. Expected" in capsys.readouterr().err


@pytest.mark.parametrize("option", [("--cool-down", "60"), ("--quiet", "22:00-06:00")])
def test_without_a_camera_there_is_nothing_to_be_quiet_about(option, capsys):
    assert program.main([*option]) == 2
    assert f"{option[0]} is for cameras" in capsys.readouterr().err
