from abnormal.live.camera_events import CameraEvents
from abnormal.live.event import EventIds
from abnormal.live.frame import Moment
from abnormal.live.tracker import CLOSED, OPENED, LiveFrameScore, OngoingEvent


def test_an_id_has_the_time_of_the_event():
    of = EventIds("gate").of
    assert of("anomaly", Moment(1, 0.0, 1e9 + 6.4)) == "gate-20010909T014646.400Z-anomaly"
    assert of("anomaly", Moment(9, 0.0, 1e9 + 6.4019)) == "gate-20010909T014646.401Z-anomaly"
    assert of("covered", Moment(1, 0.0, 1e9 + 6.4)) == "gate-20010909T014646.400Z-covered"


def test_ids_stay_unique_and_in_order_when_the_clock_is_set_back():
    of = EventIds("gate").of
    utc = [1e9, 1e9 + 5, 1e9 - 3600, 1e9, 1e9 + 5, 1e9 + 6]
    starts = [Moment(number, float(number), at) for number, at in enumerate(utc)]
    told = [of("anomaly", start) for start in starts for _ in range(2)]  # in two states each
    assert told[::2] == told[1::2]
    assert told[::2] == sorted(set(told))
    assert told[4] == "gate-20010909T014645.001Z-anomaly"
    assert told[-1] == "gate-20010909T014646.000Z-anomaly"


def test_an_event_during_which_the_clock_is_set_back_is_one_with_its_true_length():
    told = []
    events = CameraEvents("gate", told.append, None)
    first, last = Moment(0, 0.0, 1e9), Moment(100, 10.0, 1e9 - 3590)
    for state, until in ((OPENED, first), (CLOSED, last)):
        events.report(
            "anomaly", [(state, OngoingEvent(first, until, LiveFrameScore(first, 3.0), 3.0))]
        )
    opened, closed = told
    assert opened.id == closed.id
    assert closed.end_utc < closed.start_utc
    assert closed.end_sec - closed.start_sec == 10.0
    assert "closed after 10.0 s" in closed.as_message()
