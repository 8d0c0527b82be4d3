"""What the page answers, over real connections."""

import json
import socket
import struct
import threading
import time

import pytest

from abnormal.errors import AbnormalError
from abnormal.live.page import past_events, server
from abnormal.live.page.app import FILES
from abnormal.live.page.guard import POLICY
from abnormal.urls import without_secrets

JSON = {"content_type": "application/json"}


def test_the_page_loads_only_its_own_files(watch):
    status, headers, content = watch.ask("/")
    assert status == 200
    assert headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert b"style=" not in content
    assert b"http" not in content
    for name, kind in FILES.items():
        status, headers, content = watch.ask(f"/files/{name}")
        assert (status, headers.get_content_type()) == (200, kind)
        assert b"innerHTML" not in content


OUTSIDE = (
    "/files/app.py",
    "/files/..%2Fapp.py",
    "/events/..%2F..%2Fsecret/clip.mp4",
    "/events/..%2Fsecret/clip.mp4",
    "/events/.awaited-a/clip.mp4",
    "/events/link/clip.mp4",
    "/events/folder/clip.mp4",
    "/events/a%00b/clip.mp4",
    "/events/%FF/clip.mp4",
    f"/events/{'x' * 300}/thumbnail.jpg",
    "/clips/a.mp4",
    "/events.jsonl",
    "/page-token",
    "/cameras/nobody/picture.jpg",
    "/cameras/gate/picture.jpg",  # there is none yet
)


def test_nothing_else_can_be_reached(watch):
    (watch.output / "secret.mp4").write_text("secret")
    clips = watch.output / "clips"
    (clips / "folder.mp4").mkdir(parents=True)
    (clips / ".awaited-a.mp4").write_text("secret")
    (clips / "link.mp4").symlink_to(watch.output / "secret.mp4")
    for path in OUTSIDE:
        status, _, content = watch.ask(path)
        assert (status, b"secret" in content) == (404, False), path


def test_a_clip_is_sent_in_the_ranges_that_a_browser_asks_for(watch):
    (watch.output / "clips").mkdir()
    (watch.output / "clips" / "Hof süd#1.mp4").write_bytes(bytes(range(100)))
    url = "/events/Hof%20s%C3%BCd%231"
    status, headers, content = watch.ask(f"{url}/clip.mp4")
    assert (status, headers["Content-Type"], content) == (200, "video/mp4", bytes(range(100)))
    status, headers, content = watch.ask(f"{url}/clip.mp4", Range="bytes=10-19")
    assert (status, headers["Content-Range"]) == (206, "bytes 10-19/100")
    assert content == bytes(range(10, 20))
    assert watch.ask(f"{url}/clip.mp4", Range="bytes=200-")[0] == 416
    assert watch.ask_json(url) == (200, {"playable": True})
    assert watch.ask_json("/events/other") == (200, {"playable": False})


def test_cameras_are_shown_with_their_curves(watch, street_jpeg):
    watch.see(0, utc=1000.0, score=3.0, jpeg=street_jpeg)
    status, (gate, yard) = watch.ask_json("/cameras")
    assert status == 200
    assert (gate["name"], gate["state"], gate["curve"]) == ("gate", "watching", [[1000, 3.0]])
    assert (yard["name"], yard["state"], yard["picture_utc"]) == ("Hof-süd", "waiting", None)
    status, headers, content = watch.ask("/cameras/gate/picture.jpg")
    assert (status, headers["Content-Type"], content) == (200, "image/jpeg", street_jpeg)
    assert headers["Cache-Control"] == "no-store"


def test_events_of_earlier_runs_are_shown_and_none_of_them_goes_on(open_watch, make_event):
    open_watch.output.joinpath("events.jsonl").write_text(
        f"{make_event(1).as_json()}\nnonsense\n{make_event(2, 'opened').as_json()}\n"
    )
    with open_watch() as watch:
        watch.tell(make_event(3, "opened"))
        _, answer = watch.ask_json("/events")
        going_on = {event["id"]: event["going_on"] for event in answer["events"]}
        assert list(going_on.items()) == [
            ("gate-3-anomaly", True),
            ("gate-2-anomaly", False),
            ("gate-1-anomaly", False),
        ]
        assert answer["older"] == 0
        watch.tell(make_event(3, "closed", clip=None))
        _, answer = watch.ask_json("/events")
        assert (answer["events"][0]["going_on"], answer["events"][0]["has_clip"]) == (False, False)


def test_older_events_are_read_on_demand_and_none_is_missing(open_watch, make_event, monkeypatch):
    for module in (past_events, server):
        monkeypatch.setattr(module, "MOST_EVENTS", 10, raising=False)
    monkeypatch.setattr("abnormal.live.page.history.MOST_EVENTS", 10)
    path = open_watch.output / "events.jsonl"
    path.write_text("".join(f"{make_event(n).as_json()}\n" for n in range(25)))
    with open_watch() as watch:
        for number in range(25, 45):
            watch.tell(make_event(number))
        _, answer = watch.ask_json("/events")
        found = [event["id"] for event in answer["events"]]
        assert len(found) == 10
        while answer["older"]:
            _, answer = watch.ask_json(f"/events?before={answer['older']}")
            found += [event["id"] for event in answer["events"]]
        assert [*dict.fromkeys(found)] == [f"gate-{n}-anomaly" for n in range(45)][::-1]
        assert watch.ask("/events?before=-1")[0] == 400
        assert watch.ask(f"/events?before={'9' * 99}")[0] == 400


def test_alarms_of_today_are_counted_with_those_of_earlier_runs(open_watch, make_event):
    now = time.time()
    earlier = [make_event(1, utc=now), make_event(2, utc=now - 2 * 86400)]
    lines = [event.as_json() for event in (*earlier, make_event(3, kind="covered", utc=now))]
    open_watch.output.joinpath("events.jsonl").write_text("\n".join(lines) + "\n")
    with open_watch() as watch:
        for state in ("opened", "updated", "closed"):
            watch.tell(make_event(4, state, utc=now))
        _, cameras = watch.ask_json("/cameras")
        assert [camera["alarms_today"] for camera in cameras] == [2, 0]


def test_what_happens_arrives_and_after_a_break_nothing_is_missing(watch, make_event):
    _, answer = watch.ask_json("/events")
    stream = watch.follow(answer["last"])
    assert next(stream)[0] == "cameras"
    watch.tell(make_event(1, "opened"))
    last_id, event = stream.next_event()
    assert (event["id"], event["going_on"]) == ("gate-1-anomaly", True)
    stream.close()
    watch.tell(make_event(1, "closed"))
    watch.tell(make_event(2, "opened"))
    again = watch.follow(answer["last"], **{"Last-Event-ID": last_id})
    events = [again.next_event()[1] for _ in range(2)]
    assert [(event["id"], event["going_on"]) for event in events] == [
        ("gate-1-anomaly", False),
        ("gate-2-anomaly", True),
    ]
    endless = f"{answer['last'].partition('-')[0]}-{'9' * 5000}"
    for wrong in (
        "other-7",
        "nonsense",
        "-",
        "x-y-z",
        endless,
    ):  # another run, or a mistake: all of them
        assert watch.follow(wrong).next_event()[1]["id"] == "gate-1-anomaly"


def test_that_was_no_alarm_and_undo(watch, make_event):
    watch.tell(make_event(1))
    _, answer = watch.ask_json("/events")
    stream = watch.follow(answer["last"])
    next(stream)
    assert watch.ask_json("/events/gate-1-anomaly/dismiss", "POST", **JSON) == (
        200,
        {"dismissed": True},
    )
    assert stream.next_event()[1]["dismissed"]
    status, answer = watch.ask_json("/events/gate-1-anomaly/dismiss", "POST", **JSON)
    assert (status, answer) == (409, {"error": "gate-1-anomaly is dismissed already."})
    assert watch.ask_json("/events/gate-1-anomaly/undo", "POST", **JSON)[1] == {"dismissed": False}
    assert not watch.ask_json("/events")[1]["events"][0]["dismissed"]


FOREIGN = (
    ({}, 415),
    ({"content_type": "text/plain"}, 415),
    ({"content_type": "application/x-www-form-urlencoded"}, 415),
    ({**JSON, "Origin": "http://evil.example"}, 403),
    ({**JSON, "Origin": "null"}, 403),
    ({**JSON, "Origin": "http://["}, 403),
    ({**JSON, "Host": "evil.example"}, 421),
)


def test_other_sites_change_nothing(watch, make_event):
    watch.tell(make_event(1))
    for headers, status in FOREIGN:
        answer = watch.ask("/events/gate-1-anomaly/dismiss", "POST", **headers)
        assert answer[0] == status, headers
    assert watch.ask("/events/gate-1-anomaly/dismiss")[0] == 405
    assert watch.watched.dismissals.ids() == frozenset()


def test_its_own_page_may_change_things_by_each_of_its_names(watch):
    port = watch.address.rsplit(":", 1)[1].strip("/")
    for name in ("localhost", "127.0.0.1", "[::1]", "LOCALHOST"):
        host = f"{name}:{port}"
        headers = {**JSON, "Host": host, "Origin": f"http://{host}"}
        assert watch.ask(f"/events/{port}/dismiss", "POST", **headers)[0] == 200
        assert watch.ask(f"/events/{port}/undo", "POST", **headers)[0] == 200


def test_a_name_of_another_site_that_leads_here_shows_nothing(watch):
    for host in ("evil.example", "127.0.0.1.evil.example", "[", "", "a@localhost."):
        for path in ("/", "/events", "/healthz", "/stream"):
            assert watch.ask(path, Host=host)[0] in (400, 421), (host, path)


def test_at_another_address_it_needs_its_token(open_watch):
    with open_watch("0.0.0.0:0") as watch:
        told, token = watch.lines[-1], watch.address.rpartition("/")[2]
        assert "/token/" in told
        assert token not in without_secrets(told)  # from now on
        watch.address = f"http://127.0.0.1:{watch.address.split(':')[2].split('/')[0]}/"
        for path in ("/", "/events", "/metrics", "/stream", "/files/live.css"):
            assert watch.ask(path)[0] == 401
            assert watch.ask(path, Authorization="Bearer wrong")[0] == 401
            assert watch.ask(path, Cookie="abnormal-1=x; \xff")[0] == 401
        assert watch.ask("/healthz")[0] == 200
        assert watch.ask("/metrics", Authorization=f"Bearer {token}")[0] == 200
        assert watch.ask("/token/wrong")[0] == 401
        status, headers, _ = watch.ask(f"/token/{token}")
        assert (status, headers["Location"]) == (303, "/")
        cookie = headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert watch.ask("/events", Cookie=cookie.partition(";")[0], Host="desk.lan")[0] == 200


def test_metrics_and_health(watch, street_jpeg):
    watch.see(0, jpeg=street_jpeg)
    watch.watched.cameras[0].report("anomaly", "opened")
    watch.watched.cameras[1].dropped = lambda: 1_234_567
    status, headers, content = watch.ask("/metrics")
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    lines = content.decode().splitlines()
    assert 'abnormal_camera_up{camera="gate"} 1' in lines
    assert 'abnormal_camera_up{camera="Hof-süd"} 0' in lines
    assert 'abnormal_frames_dropped_total{camera="Hof-süd"} 1234567' in lines
    assert 'abnormal_latency_seconds{camera="gate",quantile="0.95"} 0.25' in lines
    assert 'abnormal_events_total{camera="gate",kind="anomaly"} 1' in lines
    assert "# TYPE abnormal_frames_total counter" in lines
    assert watch.ask("/healthz")[0] == 200
    for _ in range(100):
        frame = watch.watched.cameras[0]._newest
        watch.watched.cameras[0].see(frame._replace(arrival_sec=frame.arrival_sec + 1))
    assert watch.ask("/healthz")[0] == 503


def test_clients_that_never_read_hold_up_nobody_and_are_closed(watch, make_event, monkeypatch):
    monkeypatch.setattr(server, "STALLED_SEC", 0.5)
    for number in range(400):
        watch.tell(make_event(number, detail="x" * 9000))
    address = watch.connect()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        deaf.connect((address.host, address.port))
        deaf.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: clients_of(watch) == 1)
        stream = watch.follow()
        watch.tell(make_event(400))
        while stream.next_event()[1]["id"] != "gate-400-anomaly":
            pass
        wait_until(lambda: clients_of(watch) == 1)


def test_a_client_that_goes_away_is_sent_no_more(watch, make_event, monkeypatch, caplog):
    for number in range(300):
        watch.tell(make_event(number))
    address, asked = watch.connect(), []
    one = socket.create_connection((address.host, address.port))
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def ids():
        asked.append(1)
        if len(asked) == 20:  # its first events have been written
            one.close()
        return frozenset()

    monkeypatch.setattr(watch.watched.dismissals, "ids", ids)
    one.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
    wait_until(lambda: len(asked) >= 20)
    wait_until(lambda: clients_of(watch) == 0)
    assert len(asked) < 100
    assert caplog.messages[1:] == []  # after the address of the page


def clients_of(watch):
    lines = watch.ask("/metrics")[2].decode().splitlines()
    return int(next(line for line in lines if line.startswith("abnormal_page_clients")).split()[1])


def wait_until(is_so):
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_too_many_clients_are_told_so_and_those_that_say_nothing_are_closed(watch, monkeypatch):
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 30)
    monkeypatch.setattr(server, "IDLE_SEC", 1.0)
    address = watch.connect()
    connections = [socket.create_connection((address.host, address.port)) for _ in range(60)]
    try:
        for one in connections:
            one.settimeout(20)
        closed_at_once = closed(connections[30:])
        assert closed_at_once == 30
        assert closed(connections[:30]) == 30  # after a while
        assert watch.ask("/healthz")[0] == 200
    finally:
        for one in connections:
            one.close()


def closed(connections):
    count = 0
    for one in connections:
        try:
            count += one.recv(1) == b""
        except ConnectionResetError:
            count += 1
    return count


def test_requests_above_the_limit_are_answered_with_503(open_watch, monkeypatch):
    monkeypatch.setattr(server, "MOST_CLIENTS", 5)
    with open_watch() as watch:
        streams = [watch.follow() for _ in range(5)]
        for stream in streams[:4]:
            next(stream)
        assert watch.ask("/events")[0] == 503
        for stream in streams[:4]:
            stream.close()
        wait_until(lambda: watch.ask("/events")[0] == 200)


def test_a_fault_of_the_page_is_told_and_the_watch_goes_on(watch, make_event, monkeypatch):
    def broken():
        raise KeyError("a bug")

    watch.watched.cameras[0].curve = broken
    assert watch.ask("/cameras")[0] == 500
    assert watch.lines[-1] == "the page cannot answer /cameras: this is a bug: KeyError: 'a bug'"
    del watch.watched.cameras[0].curve
    watch.send(make_event(1, box=("nonsense",) * 4))
    assert "the page does not show gate-1-anomaly" in watch.lines[-1]
    assert watch.ask("/cameras")[0] == 200


def test_its_end_does_not_wait_for_open_streams(open_watch):
    with open_watch() as watch:
        next(watch.follow())
    assert not [thread for thread in threading.enumerate() if thread.name == "page"]


def test_a_port_that_is_taken_ends_the_program_at_its_start(watch, open_watch):
    port = watch.address.rsplit(":", 1)[1].strip("/")
    with pytest.raises(AbnormalError, match="in use"), open_watch(port):
        pass


def test_before_the_cameras_are_set_up_it_says_so(watch):
    watch.watched.cameras, watch.watched.dismissals = [], None
    assert watch.ask_json("/cameras") == (200, [])
    status, answer = watch.ask_json("/events/a/dismiss", "POST", **JSON)
    assert (status, json.dumps(answer)) == (
        409,
        '{"error": "The cameras are not set up yet. Try again in a moment."}',
    )
