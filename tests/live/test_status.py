import numpy as np

from abnormal.live.frame import LiveFrame, Moment
from abnormal.live.status import CURVE_SEC, STEP_SEC, CameraStatus


def frame(arrival_sec, utc=None, jpeg=None):
    moment = Moment(0, 0.0, 1000.0 + arrival_sec if utc is None else utc)
    return LiveFrame(moment, arrival_sec, np.zeros((2, 2), np.uint8), jpeg=jpeg)


def test_the_state_is_the_worst_that_goes_on():
    camera = CameraStatus("gate")
    assert camera.now().state == "waiting"
    camera.see(frame(1))
    assert camera.now().state == "watching"
    for kind in ("anomaly", "covered", "disconnected"):
        camera.report(kind, "opened")
    assert (camera.now().state, camera.now().alarm) == ("disconnected", True)
    camera.report("disconnected", "closed")
    camera.report("anomaly", "updated")
    assert (camera.now().state, camera.now().alarm) == ("covered", True)
    camera.report("covered", "closed")
    camera.report("anomaly", "closed")
    camera.end()
    assert (camera.now().state, camera.now().alarm) == ("ended", False)
    assert camera.now().events == {"anomaly": 1, "covered": 1, "disconnected": 1}


def test_an_event_that_is_amended_does_not_go_on_for_that():
    camera = CameraStatus("gate")
    camera.report("anomaly", "opened")
    camera.report("anomaly", "closed")
    camera.report("anomaly", "amended")
    assert not camera.now().alarm


def test_the_curve_has_the_highest_score_of_ten_seconds_and_an_hour_at_most():
    camera = CameraStatus("gate")
    camera.add([frame(0), frame(3), frame(12)], [0.5, 2.0, 1.0], now_sec=12)
    assert camera.curve() == [(1000, 2.0), (1010, 1.0)]
    camera.add([frame(STEP_SEC * n) for n in range(2, 1000)], [0.0] * 998, now_sec=9999)
    assert len(camera.curve()) == CURVE_SEC / STEP_SEC


def test_the_curve_goes_on_if_the_clock_is_set_back():
    camera = CameraStatus("gate")
    camera.add([frame(n, utc=9000.0 + n) for n in range(0, 30, 10)], [1.0, 2.0, 3.0], now_sec=30)
    camera.add([frame(30, utc=5000.0), frame(40, utc=5010.0)], [4.0, 5.0], now_sec=40)
    assert camera.curve() == [(5000, 4.0), (5010, 5.0)]


def test_health_is_counted():
    camera = CameraStatus("gate", threshold=2.0)
    camera.dropped = lambda: 7
    assert camera.now().latency_sec is None
    frames = [frame(sec) for sec in (0.0, 1.0, 2.0)]
    for one in frames:
        camera.see(one)
    camera.add(frames, [0.0] * 3, now_sec=3.0)
    now = camera.now()
    assert (now.frames, now.dropped, now.latency_sec) == (3, 7, (2.0, 2.9))


def test_scores_that_do_not_come_are_behind_but_not_after_a_break():
    camera = CameraStatus("gate")
    for second in range(100):
        camera.see(frame(float(second)))
    assert camera.now().behind_sec == 99
    camera.add([frame(90.0)], [0.0], now_sec=99)
    assert camera.now().behind_sec == 9
    camera.see(frame(5000.0))
    assert camera.now().behind_sec == 0


def test_the_picture_is_the_newest_or_none():
    camera = CameraStatus("gate")
    assert camera.picture() is None
    camera.see(frame(1.0, jpeg=b"one"))
    camera.see(frame(2.0, jpeg=b"two"))
    assert (camera.picture(), camera.now().picture_utc) == (b"two", 1002.0)
    camera.see(frame(3.0))
    assert (camera.picture(), camera.now().picture_utc) == (None, None)
