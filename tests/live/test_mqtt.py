"""What is published by MQTT, and when, at a broker that only takes notes."""

import json

import pytest

from abnormal.live.broker_address import parse_broker_address
from abnormal.live.event import make_event
from abnormal.live.frame import LiveFrame, Moment
from abnormal.live.mqtt import Publisher
from abnormal.live.sender import DeniedError, RefusedError
from abnormal.live.status import CameraStatus, Watched
from abnormal.live.tracker import LiveFrameScore, OngoingEvent

DISCOVERY = "homeassistant/device/abnormal__gate/config"
START = [
    *(("abnormal/gate/alarm", b"OFF"), ("abnormal/gate/connection", b"online")),
    ("abnormal/available", b"online"),
]


class Notebook:
    """Takes the place of the broker."""

    def __init__(self, address, will, hear):
        self.will, self.hear = will, hear
        self.is_connected, self.is_up, self.got, self.keys = False, True, [], []
        self.refusals, self.breaks_at, self.is_busy = {}, "", False

    def connect(self, topics):
        self.topics = topics
        if not self.is_up:
            raise ConnectionRefusedError("nobody there")
        self.is_connected = True

    def publish(self, topic, payload, retain=False, key=""):
        assert self.is_connected
        if topic == self.breaks_at:
            self.is_connected = False
            raise ConnectionError("the connection was lost")
        if topic in self.refusals:
            raise self.refusals[topic]
        assert retain == (topic != "abnormal/events")
        self.got.append((topic, payload))
        self.keys += [key] if key else []

    def offer(self, topic, payload):
        assert self.is_connected
        if not self.is_busy:
            self.got.append((topic, payload))
        return not self.is_busy

    def listen(self):
        assert self.is_connected

    def close(self):
        self.is_connected = False

    def take(self, of=""):
        """What has come since the last call, without discoveries and statuses unless asked for."""
        taken, self.got = self.got, []
        hidden = ("config", "status")
        return [one for one in taken if (of and of in one[0]) or not one[0].endswith(hidden)]


class Desk:
    """A publisher, its cameras and its broker."""

    def __init__(self, monkeypatch, pictures=True):
        monkeypatch.setattr("abnormal.live.broker.Broker", Notebook)
        self.now, self.watched = 0.0, Watched(["gate"], pictures)
        address = parse_broker_address("mqtt://me:secret@desk.lan")
        self.publisher = Publisher(address, self.watched, lambda: self.now)
        self.broker = self.publisher._broker

    def tell(self, one):
        self.publisher.note(one)
        self.deliver(one)

    def deliver(self, one):
        self.publisher.deliver(f"{one.id}-{one.state}", one.as_json().encode())

    def refresh(self, after_sec=0.0):
        self.now += after_sec
        self.publisher.refresh()


@pytest.fixture
def desk(monkeypatch):
    return Desk(monkeypatch)


def event(state="opened", kind="anomaly", camera="gate", thumbnail=None, number=1):
    at = Moment(number, number / 25, 1e9 + number)
    ongoing = OngoingEvent(at, at, LiveFrameScore(at, 2.5, (0, 0, 1, 1)), 2.5)
    return make_event(camera, kind, state, ongoing, thumbnail=thumbnail)


def line(one):
    return ("abnormal/events", one.as_json().encode())


def test_at_the_start_what_is_retained_is_right_before_the_program_is_available(desk):
    desk.refresh()
    (first, *rest) = desk.broker.take(of=DISCOVERY)
    assert first[0] == DISCOVERY
    assert rest == START
    assert desk.broker.will == ("abnormal/available", b"offline")
    desk.refresh()
    assert desk.broker.take() == []


def test_the_alarm_is_on_while_an_anomaly_goes_on(desk):
    desk.refresh()
    desk.broker.take()
    states = [event(), event("updated"), event("closed"), event("amended")]
    for one in states:
        desk.tell(one)
        desk.refresh()
    opened, updated, closed, amended = map(line, states)
    on, off = (("abnormal/gate/alarm", payload) for payload in (b"ON", b"OFF"))
    assert desk.broker.take() == [on, opened, updated, off, closed, amended]
    assert desk.broker.keys == [f"{one.id}-{one.state}" for one in states]


def test_what_is_wrong_with_a_camera_raises_no_alarm(desk):
    desk.refresh()
    desk.broker.take()
    lost, dark = event(kind="disconnected"), event(kind="black")
    desk.tell(lost)
    desk.tell(dark)
    desk.refresh(1)
    assert desk.broker.take(of="status") == [
        *(line(lost), line(dark), ("abnormal/gate/connection", b"offline")),
        ("abnormal/gate/status", b'{"score": null, "problems": ["black", "disconnected"]}'),
    ]
    desk.tell(event("closed", "disconnected"))
    desk.refresh()
    assert desk.broker.take()[-1] == ("abnormal/gate/connection", b"online")


def test_an_alarm_of_a_run_that_was_killed_ends(desk):
    desk.deliver(event())  # which was left on the disk; nobody has told of it in this run
    desk.refresh()
    alarm = [payload for topic, payload in desk.broker.take() if topic.endswith("alarm")]
    assert alarm == [b"OFF", b"ON", b"OFF"]


def test_events_of_cameras_that_are_no_longer_watched_still_arrive(desk):
    other = event(camera="yard")
    desk.tell(other)
    assert desk.broker.take() == [*START, line(other)]


@pytest.mark.parametrize("field", ["state", "kind", "camera"])
def test_a_line_in_the_queue_may_lack_anything(desk, field):
    fields = event().as_dict()
    for value in ([1], None):
        desk.publisher.deliver("key", json.dumps({**fields, field: value}).encode())
    del fields[field]
    desk.publisher.deliver("key", json.dumps(fields).encode())
    assert sum(topic == "abnormal/events" for topic, _ in desk.broker.take()) == 3


def test_a_new_connection_begins_with_what_is_so_now(desk, tmp_path):
    picture = tmp_path / "peak.jpg"
    picture.write_bytes(b"JPEG")
    desk.tell(event(thumbnail=str(picture)))
    desk.refresh()
    desk.broker.take()
    desk.broker.is_connected = desk.broker.is_up = False
    desk.publisher.note(event("closed"))
    desk.publisher.note(event(kind="disconnected"))
    with pytest.raises(ConnectionRefusedError):
        desk.refresh()
    desk.broker.is_up = True
    desk.deliver(event("closed"))
    got = desk.broker.take(of=DISCOVERY)
    assert got[0][0] == DISCOVERY
    # The alarm is told as far as its events have been delivered, and then goes on with them.
    assert got[1:4] == [
        *(("abnormal/gate/alarm", b"ON"), ("abnormal/gate/connection", b"offline")),
        ("abnormal/available", b"online"),
    ]
    assert got[4:] == [
        *(("abnormal/gate/thumbnail", b"JPEG"), ("abnormal/gate/alarm", b"OFF")),
        line(event("closed")),
    ]


def test_home_assistant_is_told_again_when_it_starts(desk):
    desk.refresh()
    first = desk.broker.take(of=DISCOVERY)
    assert "homeassistant/status" in desk.broker.topics
    for payload, is_retained in ((b"offline", False), (b"online", True)):
        desk.broker.hear("homeassistant/status", payload, is_retained)
        desk.refresh()
        assert desk.broker.take() == []
    desk.broker.hear("homeassistant/status", b"online", False)
    desk.refresh()
    assert desk.broker.take(of=DISCOVERY) == first


def test_a_camera_that_is_no_longer_watched_is_removed(desk):
    desk.refresh()
    assert "abnormal/+/alarm" in desk.broker.topics
    desk.broker.take()
    for topic in ("abnormal/gate/alarm", "abnormal/Hof-s%C3%BCd/alarm", "abnormal/a/b/alarm"):
        desk.broker.hear(topic, b"OFF", True)
    desk.broker.hear("abnormal/other/alarm", b"", False)
    desk.broker.breaks_at = "abnormal/Hof-s%C3%BCd/status"
    with pytest.raises(ConnectionError):
        desk.refresh()
    desk.broker.take()
    desk.broker.breaks_at = ""
    desk.refresh()
    level = "abnormal/Hof-s%C3%BCd"
    assert [one for one in desk.broker.take(of="Hof") if one not in START] == [
        ("homeassistant/device/abnormal__Hof-s_25C3_25BCd/config", b""),
        *((f"{level}/connection", b""), (f"{level}/status", b""), (f"{level}/thumbnail", b"")),
        (f"{level}/alarm", b""),  # the last one, so that a camera is never half removed
    ]
    desk.refresh()
    assert desk.broker.take() == []


def test_the_newest_picture_is_published_once(desk, tmp_path):
    first, second = tmp_path / "1.jpg", tmp_path / "2.jpg"
    first.write_bytes(b"1")
    second.write_bytes(b"2")
    for path in (first, second, tmp_path / "gone.jpg", second):
        desk.tell(event(thumbnail=str(path)))
        desk.refresh()
    pictures = [payload for topic, payload in desk.broker.take() if topic.endswith("thumbnail")]
    assert pictures == [b"1", b"2"]


def test_without_pictures_an_earlier_one_is_removed(monkeypatch):
    desk = Desk(monkeypatch, pictures=False)
    desk.refresh()
    assert ("abnormal/gate/thumbnail", b"") in desk.broker.take()


def test_what_is_refused_is_said_once_and_the_rest_is_published(desk, tmp_path, said):
    too_large = RefusedError("answers 'too large'")
    desk.broker.refusals = {"abnormal/gate/thumbnail": too_large} | dict.fromkeys(
        [DISCOVERY, "abnormal/available"], DeniedError("answers 'no'")
    )
    for number in (1, 2):
        picture = tmp_path / f"{number}.jpg"
        picture.write_bytes(str(number).encode())
        desk.tell(event(thumbnail=str(picture), number=number))
        desk.refresh()
        desk.refresh()
    assert [payload for topic, payload in desk.broker.take() if topic.endswith("events")] == [
        event(number=number, thumbnail=str(tmp_path / f"{number}.jpg")).as_json().encode()
        for number in (1, 2)
    ]
    assert said == [
        f"the MQTT broker mqtt://desk.lan answers '{answer}' to {topic}: this is left out, and "
        "what else it answers so to"
        for topic, answer in ((DISCOVERY, "no"), ("abnormal/gate/thumbnail", "too large"))
    ]


def test_a_picture_at_which_the_connection_breaks_holds_up_nothing(desk, tmp_path):
    (tmp_path / "1.jpg").write_bytes(b"1")
    desk.broker.breaks_at = "abnormal/gate/thumbnail"
    desk.tell(event(thumbnail=str(tmp_path / "1.jpg")))
    with pytest.raises(ConnectionError):
        desk.refresh()
    desk.refresh()
    desk.tell(event("closed"))
    assert desk.broker.take()[-1] == line(event("closed"))


def test_the_highest_score_is_published_once_a_second(desk):
    status = CameraStatus("gate")

    def score(*scores):
        frames = (LiveFrame(Moment(0, 0.0, utc), 0.0, None) for utc, _ in scores)
        status.add(frames, [value for _, value in scores], 0.0)

    def statuses():
        return [json.loads(of) for topic, of in desk.broker.take(of="status") if "status" in topic]

    desk.refresh()
    assert statuses() == [{"score": None, "problems": []}]
    desk.watched.cameras.append(status)  # they have been set up
    score((1.0, 0.5), (1.04, 2.126), (1.08, 1.0))
    desk.refresh(0.9)
    assert statuses() == []
    desk.refresh(0.1)
    assert statuses() == [{"score": 2.13, "problems": []}]
    score((0.5, 0.25))  # the clock has been set back
    desk.refresh(1)
    assert statuses() == [{"score": 0.25, "problems": []}]
    score((0.54, 0.25))
    desk.refresh(1)
    assert statuses() == []  # nothing new
    desk.broker.is_connected = False
    desk.refresh()
    assert statuses() == [{"score": 0.25, "problems": []}]


def test_a_problem_for_which_there_was_no_room_is_published_later(desk):
    desk.refresh()
    desk.broker.take()
    desk.broker.is_busy = True
    desk.tell(event(kind="covered"))
    desk.refresh(1)
    desk.broker.is_busy = False
    desk.refresh(1)
    last = ("abnormal/gate/status", b'{"score": null, "problems": ["covered"]}')
    assert desk.broker.take(of="status")[-1] == last


def test_at_the_end_it_says_that_it_is_gone(desk):
    desk.refresh()
    desk.broker.take()
    desk.publisher.close()
    assert desk.broker.take() == [("abnormal/available", b"offline")]
    assert not desk.broker.is_connected
    desk.publisher.close()
