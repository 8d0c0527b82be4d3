"""Who may see the page and dismiss an event: the page itself by its names, or with its token."""

import json

from abnormal.live.page.app import Page
from abnormal.live.page.history import EventHistory
from abnormal.live.status import Watched
from abnormal.urls import without_secrets

JSON = {"content_type": "application/json"}


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
        assert (status, headers["Location"]) == (303, "../")
        cookie = headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert watch.ask("/events", Cookie=cookie.partition(";")[0], Host="desk.lan")[0] == 200


READING = {"GET", "HEAD"}
OF_OTHER_SITES = (
    (403, {**JSON, "Origin": "http://evil.example"}),
    (415, {"content_type": "text/plain"}),  # a form, or a script that has not asked for leave
)


def test_whatever_changes_something_is_refused_to_other_sites_that_have_the_cookie(
    open_watch, tmp_path
):
    routes = Page(tmp_path, EventHistory(tmp_path / "events.jsonl"), Watched()).app.routes
    changing = {route.path_format: route.methods - READING for route in routes}
    changing = {path: methods for path, methods in changing.items() if methods}
    assert list(changing) == ["/events/{id}/dismiss", "/events/{id}/undo"]
    with open_watch("0.0.0.0:0") as watch:
        token = watch.address.rpartition("/")[2]
        watch.address = f"http://127.0.0.1:{watch.address.split(':')[2].split('/')[0]}/"
        cookie = watch.ask(f"/token/{token}")[1]["Set-Cookie"].partition(";")[0]
        for path, methods in changing.items():
            for method in methods:
                for status, headers in OF_OTHER_SITES:
                    answer = watch.ask(path.format(id="a"), method, Cookie=cookie, **headers)
                    assert answer[0] == status, (path, method, headers)
        assert watch.watched.dismissals.ids() == frozenset()


def test_before_the_cameras_are_set_up_it_says_so(watch):
    watch.watched.cameras, watch.watched.dismissals = [], None
    assert watch.ask_json("/cameras") == (200, [])
    status, answer = watch.ask_json("/events/a/dismiss", "POST", **JSON)
    assert (status, json.dumps(answer)) == (
        409,
        '{"error": "The cameras are not set up yet. Try again in a moment."}',
    )
