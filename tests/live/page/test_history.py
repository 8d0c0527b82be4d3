from abnormal.live.clock import format_stamp
from abnormal.live.event_log import open_event_log
from abnormal.live.page.history import EventHistory


def test_an_event_that_goes_on_without_a_clip_still_goes_on(tmp_path, make_event):
    history = EventHistory(tmp_path / "events.jsonl")
    for state, goes_on in (("opened", True), ("amended", True), ("closed", False)):
        history.add(make_event(1, state))
        assert history.since(0)[-1].event.going_on == goes_on
    history.add(make_event(1, "amended", clip=None))
    assert not history.since(0)[-1].event.going_on


def test_what_is_deleted_from_the_log_is_no_longer_shown(tmp_path, make_event):
    with open_event_log(tmp_path) as log:
        history = EventHistory(tmp_path / "events.jsonl")
        log.after_cut = history.forget
        for number, state in enumerate(("closed", "opened", "closed")):
            history.add(make_event(number, state, utc=1e9))
        log.cut(format_stamp(1e9 + 15))
    shown = [entry.event.id for entry in history.since(0)]
    assert shown == ["gate-1-anomaly", "gate-2-anomaly"]  # one that goes on, and a newer one
