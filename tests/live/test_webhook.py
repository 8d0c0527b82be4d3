import json
import threading

import pytest

from abnormal.errors import AbnormalError
from abnormal.live.event import make_event
from abnormal.live.frame import Moment
from abnormal.live.tracker import LiveFrameScore, OngoingEvent
from abnormal.live.webhook import make_webhook

QUICK = (0.01, 0.05)


def event(number, state="opened"):
    at = Moment(number, number / 25, 1e9 + number)
    ongoing = OngoingEvent(at, at, LiveFrameScore(at, 2.5, (0, 0, 1, 1)), 2.5)
    return make_event("gate", "anomaly", state, ongoing)


@pytest.fixture
def open_webhook(tmp_path):
    opened = []

    def make(port, path="/hook"):
        url = f"http://me:secret@127.0.0.1:{port}{path}?token=secret"
        webhook = make_webhook(url.replace("me:secret@", ""), tmp_path / "spool", QUICK)
        webhook.start()
        opened.append(webhook)
        return webhook

    yield make
    for webhook in opened:
        webhook.stop(10)


def test_events_arrive_once_and_in_order_with_a_key_of_their_own(receiver, open_webhook):
    events = [event(1), event(1, "updated"), event(1, "closed"), event(2)]
    with receiver:
        webhook = open_webhook(receiver.port)
        for one in events:
            webhook(one)
        receiver.wait_for(4)
        webhook.stop(30)
    assert [body for _, body, _ in receiver.got] == [json.loads(e.as_json()) for e in events]
    keys = [key for key, _, _ in receiver.got]
    assert len(set(keys)) == 4
    assert keys[0] == f"{events[0].id}-opened"
    assert webhook.outbox.waiting() == []


def test_nothing_is_lost_while_the_receiver_is_down(receiver, open_webhook, said):
    with receiver:
        webhook = open_webhook(receiver.port)
        webhook(event(0))
        receiver.wait_for(1)
    for number in range(1, 6):
        webhook(event(number))
    while not said:  # it has noticed
        threading.Event().wait(0.01)
    assert len(webhook.outbox.waiting()) == 5
    with receiver:
        receiver.wait_for(6)
        webhook.stop(30)
    assert receiver.taken() == [json.loads(event(number).as_json()) for number in range(6)]
    assert len(said) == 1
    assert "they wait in" in said[0]
    assert "secret" not in said[0]


@pytest.mark.parametrize("trouble", [500, 503, 408, 429, "dies"])
def test_what_may_not_last_is_tried_again_under_the_same_key(receiver, open_webhook, trouble):
    with receiver:
        receiver.answers = [trouble, trouble]
        open_webhook(receiver.port)(event(1))
        receiver.wait_for(3)
    assert len({key for key, _, _ in receiver.got}) == 1
    assert receiver.taken() == [json.loads(event(1).as_json())]


@pytest.mark.parametrize("refusal", [400, 401, 404, 301])
def test_what_is_refused_is_set_aside_and_said_and_the_next_one_is_sent(
    receiver, open_webhook, refusal, said, tmp_path
):
    with receiver:
        receiver.answers = [refusal]
        webhook = open_webhook(receiver.port)
        webhook(event(1))
        webhook(event(2))
        receiver.wait_for(2)
        webhook.stop(30)
    (aside,) = (tmp_path / "spool" / "refused").iterdir()
    assert json.loads(aside.read_text()) == json.loads(event(1).as_json())
    assert receiver.taken() == [json.loads(event(2).as_json())]
    assert f"answers {refusal}" in said[0]
    assert "secret" not in said[0]


def test_the_next_run_sends_what_was_left(receiver, open_webhook):
    with receiver:
        pass  # now it has a port, and is down
    first = open_webhook(receiver.port)
    first(event(1))
    first.stop(10)
    assert len(first.outbox.waiting()) == 1
    with receiver:
        second = open_webhook(receiver.port)
        second(event(2))
        receiver.wait_for(2)
    assert receiver.taken() == [json.loads(event(number).as_json()) for number in (1, 2)]


def test_what_is_no_url_is_said_without_its_password(tmp_path):
    with pytest.raises(AbnormalError, match="ftp://host/a is no http://") as raised:
        make_webhook("ftp://me:secret@host/a?secret", tmp_path)
    assert "secret" not in str(raised.value)
