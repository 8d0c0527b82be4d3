"""What the page answers about cameras, events and clips, over real connections."""

import re
import time

from abnormal.live.page import past_events, server
from abnormal.live.page.app import FILES
from abnormal.live.page.guard import POLICY


def test_the_page_loads_only_its_own_files(watch):
    status, headers, content = watch.ask("/")
    assert status == 200
    assert headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert b"style=" not in content
    assert b"http" not in content
    from_root = rb"[\"'`]/\w"  # an address that is wrong where a proxy has the page below a path
    assert not re.search(from_root, content)
    for name, kind in FILES.items():
        status, headers, content = watch.ask(f"/files/{name}")
        assert (status, headers.get_content_type()) == (200, kind)
        assert b"innerHTML" not in content
        assert not re.search(from_root, content)


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
