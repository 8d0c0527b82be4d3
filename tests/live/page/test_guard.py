"""Only the page's own buttons change anything, whatever else it may come to answer."""

from abnormal.live.page.app import Page
from abnormal.live.page.history import EventHistory
from abnormal.live.status import Watched

READING = {"GET", "HEAD"}
OF_OTHER_SITES = {
    403: {"Content-Type": "application/json", "Origin": "http://evil.example"},
    415: {"Content-Type": "text/plain"},  # a script of another site may send no other ones
}


def test_whatever_changes_something_is_refused_to_other_sites_that_have_the_cookie(
    open_watch, tmp_path
):
    routes = Page(tmp_path, EventHistory(tmp_path / "events.jsonl"), Watched()).app.routes
    changing = [route for route in routes if route.methods - READING]
    assert [route.path for route in changing] == ["/events/{id}/dismiss", "/events/{id}/undo"]
    with open_watch("0.0.0.0:0") as watch:
        token = watch.address.rpartition("/")[2]
        watch.address = f"http://127.0.0.1:{watch.address.split(':')[2].split('/')[0]}/"
        cookie = watch.ask(f"/token/{token}")[1]["Set-Cookie"].partition(";")[0]
        for route in changing:
            for method in route.methods - READING:
                for status, headers in OF_OTHER_SITES.items():
                    path = route.path_format.format(id="gate-1-anomaly")
                    answer = watch.ask(path, method, Cookie=cookie, **headers)
                    assert answer[0] == status, (path, method, headers)
        assert watch.watched.dismissals.ids() == frozenset()
