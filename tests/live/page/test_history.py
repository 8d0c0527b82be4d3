from abnormal.live.page.history import EventHistory


def test_an_event_that_goes_on_without_a_clip_still_goes_on(tmp_path, make_event):
    history = EventHistory(tmp_path / "events.jsonl")
    for state, goes_on in (("opened", True), ("amended", True), ("closed", False)):
        history.add(make_event(1, state))
        assert history.since(0)[-1].event.going_on == goes_on
    history.add(make_event(1, "amended", clip=None))
    assert not history.since(0)[-1].event.going_on
