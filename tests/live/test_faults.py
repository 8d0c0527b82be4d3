"""Faults of a camera, told by its own clock, whatever waits for being scored."""

import pytest

from abnormal.live.camera_events import CameraEvents
from abnormal.live.faults import CameraFaults
from abnormal.live.frame import ConnectionLost, LiveFrame, Moment

FPS = 25.0


class Camera:
    """A camera's messages, and what is told of them."""

    def __init__(self):
        self.told = []
        self.events = CameraEvents("gate", self.told.append, None)
        self.faults = CameraFaults(FPS, self.events)

    def moment(self, sec):
        return Moment(round(sec * FPS), sec, 1e9 + sec)

    def show(self, first_sec, last_sec, fault="", every=1):
        for number in range(round(first_sec * FPS), round(last_sec * FPS), every):
            frame = LiveFrame(self.moment(number / FPS), number / FPS, None, None, fault, fault)
            self.faults.take(frame)

    def lines(self):
        return [(e.kind, e.state, e.start_sec, e.end_sec) for e in self.told]


@pytest.fixture
def camera():
    return Camera()


@pytest.mark.parametrize("every", [1, 2, 7, 40])
def test_a_fault_is_told_although_most_frames_were_dropped(camera, every):
    camera.show(0, 10, every=every)
    camera.show(10, 20, "black", every)
    kind, state, start_sec, end_sec = camera.lines()[0]
    assert (kind, state, start_sec) == ("black", "opened", 10)
    assert end_sec <= 10.5 + every / FPS
    camera.show(20, 30, "", every)
    assert [state for kind, state, *_ in camera.lines() if state != "updated"] == [
        *("opened", "closed")
    ]


def test_another_fault_in_between_is_not_taken_for_the_same(camera):
    camera.show(0, 10, "black", every=250)
    camera.show(10, 10.2, "covered")
    camera.show(10.2, 10.3, "black", every=200)
    assert [kind for kind, *_ in camera.lines()] == []


def test_a_camera_is_gone_from_its_last_picture_to_the_next_one(camera):
    camera.show(0, 10)
    camera.faults.take(ConnectionLost(camera.moment(15), "nothing came in time"))
    camera.faults.take(ConnectionLost(camera.moment(18), "refused"))
    camera.show(20, 21)
    assert camera.lines() == [
        ("disconnected", "opened", 9.96, 15),
        ("disconnected", "closed", 9.96, 20),
    ]
    assert camera.events.health.reconnects == 1


def test_a_fault_ends_with_the_connection(camera):
    camera.show(0, 10)
    camera.show(10, 12, "black")
    camera.faults.take(ConnectionLost(camera.moment(12), "gone"))
    camera.faults.pass_time(13)
    assert [state for kind, state, *_ in camera.lines() if kind == "black"][-1] != "closed"
    camera.faults.pass_time(15)
    assert [line for line in camera.lines() if line[1] == "closed"] == [
        ("black", "closed", 10, 11.96)
    ]


def test_when_the_watch_has_ended_nothing_more_is_told(camera):
    camera.show(0, 10)
    camera.faults.take(ConnectionLost(camera.moment(10), "gone"))
    camera.faults.finish()
    count = len(camera.told)
    assert camera.told[-1].state == "closed"
    camera.faults.take(ConnectionLost(camera.moment(12), "gone"))
    camera.faults.pass_time(99)
    camera.show(100, 110, "black")
    assert len(camera.told) == count
