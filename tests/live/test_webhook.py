import contextlib
import json
import socket
import threading
import urllib.parse
from base64 import b64encode

import pytest

from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.live.event import make_event
from abnormal.live.frame import Moment
from abnormal.live.tracker import LiveFrameScore, OngoingEvent
from abnormal.live.webhook import Webhook, make_webhook

QUICK = (0.01, 0.05)


def event(number, state="opened", camera="gate"):
    at = Moment(number, number / 25, 1e9 + number)
    ongoing = OngoingEvent(at, at, LiveFrameScore(at, 2.5, (0, 0, 1, 1)), 2.5)
    return make_event(camera, "anomaly", state, ongoing)


@contextlib.contextmanager
def dripping(answer):
    """A receiver that sends a byte every 50 ms."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, contextlib.suppress(OSError):
                        for byte in answer:
                            connection.send(bytes([byte]))
                            threading.Event().wait(0.05)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@pytest.fixture
def open_webhook(tmp_path):
    opened = []

    def make(port, path="/hook"):
        url = f"http://me:s%65cret%2F@127.0.0.1:{port}{path}?token=secret"
        webhook = make_webhook(url, tmp_path / "spool", QUICK)
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
    with pytest.raises(AbnormalError, match="ftp://host is no http://") as raised:
        make_webhook("ftp://me:secret@host/a?secret", tmp_path)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("camera", ["Hof-süd", "門", "двор"])
def test_whatever_a_camera_is_called_its_events_arrive(receiver, open_webhook, camera):
    with receiver:
        webhook = open_webhook(receiver.port, "/häkchen/a b")
        for number in range(3):
            webhook(event(number, camera=camera))
        receiver.wait_for(3)
    assert [body["camera"] for body in receiver.taken()] == [camera] * 3
    keys = [urllib.parse.unquote(key) for key, _, _ in receiver.got]
    assert keys == [f"{event(number, camera=camera).id}-opened" for number in range(3)]
    assert receiver.heads[0]["path"] == "/h%C3%A4kchen/a%20b?token=secret"
    assert receiver.heads[0]["authorization"] == f"Basic {b64encode(b'me:secret/').decode()}"


def test_what_finds_no_room_until_the_end_is_counted(receiver, open_webhook, said, monkeypatch):
    def full(path):
        raise CannotWriteError(f"{path} cannot be written: No space left on device.")

    with receiver:
        webhook = open_webhook(receiver.port)
        monkeypatch.setattr("abnormal.live.outbox.replacing", full)
        for number in (1, 2):
            with pytest.raises(CannotWriteError):
                webhook(event(number))
        webhook.stop(30)
    assert not webhook.is_alive()
    assert said[-1].startswith("2 messages to the webhook http://127.0.0.1:")


def test_an_unexpected_failure_does_not_end_the_thread(receiver, open_webhook, said, monkeypatch):
    with receiver:
        webhook = open_webhook(receiver.port)
        monkeypatch.setattr(Webhook, "deliver", lambda *_: {}["no such thing"])
        webhook(event(1))
        while not said:
            threading.Event().wait(0.01)
        assert "does not take events ('no such thing')" in said[0]
        monkeypatch.undo()
        receiver.wait_for(1)
    assert receiver.taken() == [json.loads(event(1).as_json())]


def test_a_receiver_that_is_away_is_named_without_the_number_of_the_error(tmp_path, said):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    webhook = make_webhook(f"http://127.0.0.1:{port}/", tmp_path, QUICK)
    webhook.start()
    webhook(event(1))
    while not said:
        threading.Event().wait(0.01)
    webhook.stop(10)
    assert "does not take events (Connection refused); they wait in" in said[0]


@pytest.mark.parametrize("host", ["desk..lan", "x" * 64, "ü" * 63])
def test_a_receiver_whose_name_can_be_none_is_refused_at_the_start(tmp_path, host):
    with pytest.raises(AbnormalError, match="has no valid name of a host"):
        make_webhook(f"http://me:secret@{host}/", tmp_path)


def test_a_receiver_that_answers_a_byte_at_a_time_is_given_up(tmp_path, monkeypatch, said):
    monkeypatch.setattr("abnormal.live.webhook.TIMEOUT_SEC", 0.5)
    with dripping(b"HTTP/1.1 200 OK\r\n" * 1000) as port:
        webhook = make_webhook(f"http://127.0.0.1:{port}/", tmp_path, QUICK)
        webhook.start()
        webhook(event(1))
        while not said:
            threading.Event().wait(0.01)
        webhook.stop(10)
    assert "does not take events (there is no answer in time)" in said[0]
    assert not webhook.is_alive()


def test_what_finds_no_room_on_the_disk_arrives_in_order_when_there_is_some(
    receiver, open_webhook, monkeypatch
):
    def full(path):
        raise CannotWriteError(f"{path} cannot be written: No space left on device.")

    with receiver:
        webhook = open_webhook(receiver.port)
        webhook(event(1))
        receiver.wait_for(1)
        monkeypatch.setattr("abnormal.live.outbox.replacing", full)
        for number in (2, 3):
            with pytest.raises(CannotWriteError, match="No space left"):
                webhook(event(number))
        monkeypatch.undo()
        receiver.wait_for(3)  # although no other event comes
        webhook(event(4))
        receiver.wait_for(4)
    assert receiver.taken() == [json.loads(event(number).as_json()) for number in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"id": "other", "state": "opened"}', "[" * 99_999, "9" * 2_000_000],
    ids=["empty", "half", "list", "other", "deep", "long"],
)
def test_a_message_that_is_damaged_is_set_aside_and_said(
    receiver, open_webhook, said, tmp_path, text
):
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "000000000001-gate-x-anomaly-opened.json").write_text(text)
    with receiver:
        open_webhook(receiver.port)(event(2))
        receiver.wait_for(1)
    assert receiver.taken() == [json.loads(event(2).as_json())]
    assert "000000000001-gate-x-anomaly-opened.json cannot be sent" in said[0]
    assert len(list((tmp_path / "spool" / "refused").iterdir())) == 1


@pytest.mark.parametrize(
    "url", ["http://", "http://me:secret/a@host/", "http://host:secret/", "https://-ß-.x..y/"]
)
def test_an_address_that_cannot_work_is_refused_at_the_start(tmp_path, url):
    with pytest.raises(AbnormalError) as raised:
        make_webhook(url, tmp_path)
    assert "secret" not in str(raised.value)
