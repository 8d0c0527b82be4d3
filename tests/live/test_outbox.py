import json

import pytest

from abnormal.errors import AbnormalError
from abnormal.live.event import make_event
from abnormal.live.frame import Moment
from abnormal.live.outbox import Outbox, message_key
from abnormal.live.tracker import LiveFrameScore, OngoingEvent


def event(number, state="opened"):
    at = Moment(number, number / 25, 1e9 + number)
    ongoing = OngoingEvent(at, at, LiveFrameScore(at, 2.5), 2.5)
    return make_event("gate", "anomaly", state, ongoing)


def names(outbox):
    return [path.name for path in outbox.waiting()]


def test_messages_are_files_in_the_order_in_which_they_came(tmp_path):
    outbox = Outbox(tmp_path / "webhook")
    for state in ("opened", "updated", "closed"):
        outbox.put(event(1, state))
    assert names(outbox) == [
        "000000000001-gate-20010909T014641.000Z-anomaly-opened.json",
        "000000000002-gate-20010909T014641.000Z-anomaly-updated-2001-09-09T014641.000Z.json",
        "000000000003-gate-20010909T014641.000Z-anomaly-closed.json",
    ]
    assert [json.loads(path.read_text())["state"] for path in outbox.waiting()] == [
        *("opened", "updated", "closed")
    ]
    assert message_key(outbox.waiting()[0]) == f"{event(1).id}-opened"


def test_numbers_go_on_behind_what_an_earlier_run_left(tmp_path):
    first = Outbox(tmp_path)
    first.put(event(1))
    first.put(event(2))
    first.waiting()[0].unlink()
    second = Outbox(tmp_path)
    second.put(event(3))
    assert [name.split("-")[0] for name in names(second)] == ["000000000002", "000000000003"]


def test_what_is_refused_is_kept_aside(tmp_path):
    outbox = Outbox(tmp_path)
    outbox.put(event(1))
    outbox.put(event(2))
    message = outbox.waiting()[0]
    outbox.refuse(message)
    assert names(outbox) == [f"000000000002-{event(2).id}-opened.json"]
    assert [path.name for path in outbox.refused.iterdir()] == [message.name]
    assert Outbox(tmp_path).waiting() == outbox.waiting()


def test_other_files_are_not_messages_and_are_said(tmp_path, said):
    names = ["1-opened.json", "1.json", "٣-x-opened.json", "000000000009-a.txt", "notes.json"]
    names += [f"{'9' * count}-x-opened.json" for count in (12, 15, 200)]
    for name in names:
        (tmp_path / name).write_text("{}")
    (tmp_path / "000000000007-x-opened.json").mkdir()
    outbox = Outbox(tmp_path)
    assert outbox.waiting() == []
    assert "has files that are no messages: 1-opened.json, 1.json, " in said[0]
    outbox.put(event(1))
    assert [path.name[:13] for path in outbox.waiting()] == ["000000000001-"]


def test_a_folder_that_cannot_be_made_is_answered(tmp_path):
    (tmp_path / "webhook").write_text("")
    with pytest.raises(AbnormalError, match="a file is in its way"):
        Outbox(tmp_path / "webhook")
