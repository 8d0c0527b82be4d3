"""Publishing at a real broker, Mosquitto, and at hosts that are none."""

import contextlib
import dataclasses
import gc
import itertools
import json
import shutil
import socket
import subprocess
import threading

import pytest

from abnormal.live import broker, mqtt
from abnormal.live.broker import Broker
from abnormal.live.broker_address import parse_broker_address
from abnormal.live.event import make_event
from abnormal.live.frame import Moment
from abnormal.live.mqtt import open_mqtt
from abnormal.live.outbox import Outbox
from abnormal.live.status import Watched
from abnormal.live.tracker import LiveFrameScore, OngoingEvent
from benchmarks.mosquitto import PATH, PROGRAM, Listener, Mosquitto

needs_mosquitto = pytest.mark.skipif(
    not PROGRAM, reason="there is no Mosquitto: apt-get install mosquitto"
)


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    monkeypatch.setattr(mqtt, "WAITS_SEC", (0.02, 0.1))
    monkeypatch.setattr(mqtt, "REFRESH_SEC", 0.05)
    monkeypatch.setattr(mqtt.Publisher, "refresh_sec", 0.05)


@pytest.fixture
def publish(tmp_path):
    """Opens what publishes, as the program does."""

    def start(server, url="mqtt://127.0.0.1:{}"):
        url = url.format(getattr(server, "port", server))
        return open_mqtt(url, tmp_path, Watched(["gate"]))

    return start


def event(number, state="opened", camera="gate", thumbnail=None):
    at = Moment(number, number / 25, 1e9 + number)
    ongoing = OngoingEvent(at, at, LiveFrameScore(at, 2.5, (0, 0, 1, 1)), 2.5)
    return make_event(camera, "anomaly", state, ongoing, thumbnail=thumbnail)


def lines(events):
    return [one.as_json().encode() for one in events]


def waiting(folder):
    return (folder / "mqtt").glob("*.json")


def wait_for(condition):
    for _ in range(3000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come")


@pytest.fixture
def door(monkeypatch):
    """Nobody gets through to a broker unless it is set: whoever listens has to be there first."""
    is_open, connect = threading.Event(), Broker.connect

    def connect_if_open(self, topics):
        if not is_open.is_set():
            raise ConnectionRefusedError("the door is shut")
        connect(self, topics)

    monkeypatch.setattr(Broker, "connect", connect_if_open)
    return is_open


@needs_mosquitto
def test_every_line_arrives_once_and_in_order_whenever_the_broker_is_there(
    publish, tmp_path, said, door
):
    server = Mosquitto(tmp_path)
    told = [event(number, state) for number in range(1, 4) for state in ("opened", "closed")]
    with publish(server) as send:
        send(told[0])
        wait_for(lambda: said)  # that nobody is there
        with server, Listener(server) as home:
            door.set()
            home.wait_for(lambda home: len(home.of("abnormal/events")) == 1)
            assert home.last("abnormal/gate/alarm") == b"ON"
            send(told[1])
            home.wait_for(lambda home: len(home.of("abnormal/events")) == 2)
            wait_for(lambda: not list(waiting(tmp_path)))  # for the answer
            door.clear()
        for one in told[2:5]:
            send(one)
        with server, Listener(server) as later:  # which has forgotten what was retained
            door.set()
            later.wait_for(lambda later: len(later.of("abnormal/events")) == 3)
            later.wait_for(lambda later: later.last("abnormal/available") == b"online")
            assert later.of("abnormal/gate/alarm") == [b"OFF", b"ON", b"OFF", b"ON"]
            send(told[5])
            later.wait_for(lambda later: len(later.of("abnormal/events")) == 4)
            assert later.last("abnormal/gate/alarm") == b"OFF"
            assert later.last("homeassistant/device/abnormal__gate/config")
            wait_for(lambda: not list(waiting(tmp_path)))
    got = home.got + later.got
    assert [payload for topic, payload, *_ in got if topic == "abnormal/events"] == lines(told)
    keys = [key for topic, _, _, key in got if topic == "abnormal/events"]
    assert keys == [f"{one.id}-{one.state}" for one in told]
    assert len(said) <= 5  # no reason twice while it is down
    assert "does not take events (the door is shut); they wait in" in said[0]


@needs_mosquitto
def test_after_it_was_killed_the_next_run_puts_right_what_it_left(publish, tmp_path):
    with Mosquitto(tmp_path) as server:
        address = parse_broker_address(f"mqtt://127.0.0.1:{server.port}")
        killed = Broker(address, ("abnormal/available", b"offline"), lambda *_: None)
        killed.connect(["abnormal/available"])
        for topic, payload in (("gate/alarm", b"ON"), ("yard/alarm", b"ON")):
            killed.publish(f"abnormal/{topic}", payload, retain=True)
        killed.publish("abnormal/available", b"online", retain=True)
        with Listener(server) as home:
            killed._drop()
            home.wait_for(lambda home: home.last("abnormal/available") == b"offline")
        left = Outbox(tmp_path / "mqtt")
        left.put(event(1))
        with Listener(server) as home, publish(server) as send:
            send(event(2))
            send(event(2, "closed"))
            home.wait_for(lambda home: home.last("abnormal/yard/alarm") == b"")
            home.wait_for(lambda home: len(home.of("abnormal/events")) == 3)
            assert home.of("abnormal/events") == lines([event(1), event(2), event(2, "closed")])
            assert home.of("abnormal/gate/alarm")[:3] == [b"ON", b"OFF", b"ON"]
            home.wait_for(lambda home: home.last("abnormal/gate/alarm") == b"OFF")
        with Listener(server) as home:
            home.wait_for(lambda home: len(home.got) == 5)
            assert home.last("abnormal/available") == b"offline"
            assert {topic for topic, *_ in home.got} == {
                *("homeassistant/device/abnormal__gate/config", "abnormal/available"),
                *(f"abnormal/gate/{kind}" for kind in ("alarm", "connection", "status")),
            }


@needs_mosquitto
def test_home_assistant_is_told_again_when_it_says_that_it_has_started(publish, tmp_path):
    topic = "homeassistant/device/abnormal__gate/config"
    with Mosquitto(tmp_path) as server, Listener(server) as home, publish(server):
        home.wait_for(lambda home: home.last("abnormal/available"))
        home.say("homeassistant/status", b"online")
        home.wait_for(lambda home: len(home.of(topic)) == 2)
        assert json.loads(home.last(topic))["device"]["name"] == "gate"


@needs_mosquitto
def test_user_and_password_are_used_and_never_shown(publish, tmp_path, said, caplog):
    (tmp_path / "users").write_text("")
    login = "mé@me", "s/ecr#et?:%"
    tool = shutil.which("mosquitto_passwd", path=PATH)
    subprocess.run([tool, "-b", str(tmp_path / "users"), *login], check=True)
    (tmp_path / "users").chmod(0o600)
    server = Mosquitto(tmp_path, f"password_file {tmp_path / 'users'}", has_login=True)
    with server:
        with publish(server, "mqtt://m%C3%A9%40me:secret1@127.0.0.1:{}") as send:
            send(event(1))
            send(event(2))
            wait_for(lambda: said)
            threading.Event().wait(0.2)  # it tries again and again
        assert len(said) == 1
        assert "refuses the connection: Not authorized, so check user name and password" in said[0]
        assert "secret1" not in caplog.text
        right = "mqtt://m%C3%A9%40me:s%2Fecr%23et%3F%3A%25@127.0.0.1:{}"
        with Listener(server, login) as home, publish(server, right):
            home.wait_for(lambda home: len(home.of("abnormal/events")) == 2)
    assert home.of("abnormal/events") == lines([event(1), event(2)])


@needs_mosquitto
@pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl")
# The client leaves the socket to the garbage collection if the certificate is not trusted.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_connection_is_encrypted_and_the_certificate_checked(
    publish, tmp_path, said, monkeypatch
):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", key, "-out", certificate, "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    server = Mosquitto(tmp_path, f"certfile {certificate}", f"keyfile {key}")
    with server:
        with publish(server, "mqtts://localhost:{}") as send:
            send(event(1))
            wait_for(lambda: said)
        assert "its certificate is not trusted: self-signed certificate" in said[0]
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with (
            Listener(server, certificate=certificate) as home,
            publish(server, "mqtts://localhost:{}"),
        ):
            home.wait_for(lambda home: len(home.of("abnormal/events")) == 1)
    gc.collect()


@needs_mosquitto
@pytest.mark.parametrize("limit", ["max_packet_size 2000", "message_size_limit 1800"])
def test_what_is_too_large_is_said_once_and_the_rest_arrives(publish, tmp_path, said, limit):
    picture = tmp_path / "peak.jpg"
    picture.write_bytes(bytes(5000))
    with Mosquitto(tmp_path, limit) as server, Listener(server) as home, publish(server) as send:
        home.wait_for(lambda home: home.last("abnormal/available"))
        send(event(1, thumbnail=str(picture)))
        wait_for(lambda: any("thumbnail: this is left out" in line for line in said))
        send(dataclasses.replace(event(2), detail="x" * 3000))  # a line that is too large itself
        send(event(3, thumbnail=str(picture)))
        home.wait_for(lambda home: len(home.of("abnormal/events")) == 2)
    assert home.of("abnormal/events") == lines(
        [event(number, thumbnail=str(picture)) for number in (1, 3)]
    )
    refused = list((tmp_path / "mqtt" / "refused").iterdir())
    assert len(refused) == 1
    for what in ("thumbnail: this is left out", "which is kept in"):
        assert sum(what in line for line in said) == 1, said
    assert home.of("abnormal/gate/thumbnail") == []


@needs_mosquitto
def test_what_is_not_permitted_waits_until_it_is(publish, tmp_path, said, door):
    door.set()
    rules = tmp_path / "rules"
    rules.write_text("topic read #\ntopic write homeassistant/#\n")
    server = Mosquitto(tmp_path, f"acl_file {rules}")
    with publish(server) as send:
        send(event(1))
        with server:
            wait_for(lambda: any("does not take events (answers 'Not auth" in one for one in said))
            door.clear()
        rules.write_text("topic #\n")
        with server, Listener(server) as home:
            door.set()
            home.wait_for(lambda home: home.of("abnormal/events") == lines([event(1)]))


@contextlib.contextmanager
def host(*answers):
    """A host that answers each connection with these bytes, or closes it where they are None."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept, port = [], server.getsockname()[1]

        def serve():
            with contextlib.suppress(OSError):
                for answer in itertools.cycle(answers):
                    connection, _ = server.accept()
                    kept.append(connection)
                    if answer is None:
                        connection.close()
                    else:
                        connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield port
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in kept:
                connection.close()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "the connection was lost"),
        (b"\x20\x02\x00\x01", "it refuses the connection: Unsupported protocol version"),
        (b"\x20\x03\x00\x7f\x00", "its answer is not one of MQTT 5"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", ""),
        (b"", "there is no answer in time"),
    ],
    ids=["closes", "MQTT 3", "nonsense", "HTTP", "silent"],
)
def test_a_host_that_is_no_broker_is_said_once_and_nothing_is_lost(
    publish, tmp_path, said, monkeypatch, answer, reason
):
    monkeypatch.setattr(broker, "TIMEOUT_SEC", 0.2)
    with host(answer) as port, publish(port) as send:
        send(event(1))
        wait_for(lambda: said)
        threading.Event().wait(0.3)
    assert len(said) == 1
    assert f"does not take events ({reason}" in said[0]
    assert len(list(waiting(tmp_path))) == 1


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (b"\x83", "it ended the connection: Implementation specific error"),
        (b"\x8e", "it ended the connection: Session taken over, as another program uses the same"),
    ],
)
def test_a_broker_that_ends_the_connection_at_each_message_is_said_once(
    publish, tmp_path, said, code, reason
):
    accepts = b"\x20\x03\x00\x00\x00"
    with host(accepts + b"\xe0\x02" + code + b"\x00") as port, publish(port) as send:
        send(event(1))
        wait_for(lambda: said)
        threading.Event().wait(0.2)
    assert len(said) == 1
    assert f"does not take events ({reason}" in said[0]
    assert len(list(waiting(tmp_path))) == 1


def test_a_message_with_the_number_of_an_earlier_one_waits_for_its_own_answer(monkeypatch):
    monkeypatch.setattr(broker, "TIMEOUT_SEC", 0.3)
    with host(b"\x20\x03\x00\x00\x00") as port:  # it accepts, and answers nothing else
        address = parse_broker_address(f"mqtt://127.0.0.1:{port}")
        connected = Broker(address, ("abnormal/available", b"offline"), lambda *_: None)
        connected.connect(["abnormal/gate/alarm"])
        assert connected.offer("abnormal/gate/status", b"{}")  # which is not answered anyway
        connected.listen()
        connected._client._last_mid -= 1  # as 65,535 messages later
        with pytest.raises(TimeoutError):
            connected.publish("abnormal/events", b"{}")
