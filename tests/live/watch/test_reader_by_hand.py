"""A reader that is given its frames by hand, with a clock that is moved by hand."""

import pytest

from abnormal.live import reader
from abnormal.live.address import Camera
from abnormal.live.backlog import ReceivedFrame
from abnormal.live.clock import Clock
from abnormal.live.mailbox import Mailbox
from abnormal.live.monitor import CameraMonitor
from abnormal.live.prepare import FramePreparer
from abnormal.live.reader import BACKLOG_SEC, SILENT_SEC, CameraReader
from abnormal.live.run import _deliver
from abnormal.live.watch import WatchLoop
from abnormal.video.stream import Frame
from tests.live.watch.watching import ALARM, FPS, LENGTH, SCENE, SIZE, footage

CAMERA = Camera("gate", "0")


class ByHand:
    """A reader, and what has come of the frames that it was given."""

    def __init__(self, fps, put=None, has_room=lambda: True):
        self.now, self.count, self.messages = 0.0, 0, []
        self.clock = Clock(lambda: self.now, lambda: 1e9 + self.now)
        prepare = FramePreparer(SIZE, fps, flow=True, pictures=False)
        put = put or self.messages.append
        self.reader = CameraReader(CAMERA, prepare, put, has_room, self.clock)

    def receive(self, camera_fps, image=SCENE):
        """A frame arrives, and waits for being prepared."""
        image = image.copy()
        image[0, 0] = self.count % 2  # no two pictures are the same to the last bit
        frame = Frame(image, self.now, self.count)
        received = ReceivedFrame(frame, self.now, self.now, is_first=not self.count)
        self.reader._backlog.put(received)
        self.now, self.count = self.now + 1 / camera_fps, self.count + 1

    def numbers(self):
        return [one.moment.number for one in self.messages]


@pytest.fixture(autouse=True)
def no_wait(monkeypatch):
    monkeypatch.setattr(reader, "WAIT_SEC", 0)


@pytest.mark.parametrize(("camera_fps", "fps"), [(30, 12.5), (60, 12.5), (25, 10), (60, 25)])
def test_of_a_fast_camera_the_first_frames_are_compared_too(camera_fps, fps):
    at_work = ByHand(fps)
    for _ in range(4 * camera_fps):
        at_work.receive(camera_fps)
        at_work.reader._pass_on()
    assert at_work.numbers() == list(range(len(at_work.messages)))
    assert len(at_work.messages) == pytest.approx(4 * fps, abs=1)
    assert [one.speed is None for one in at_work.messages[:40]] == [True] + [False] * 39


@pytest.mark.parametrize("camera_fps", [5, 12.5, 25, 60])
def test_what_is_dropped_is_counted_at_the_rate_of_the_model(camera_fps):
    at_work = ByHand(12.5)
    at_work.receive(camera_fps)
    at_work.reader._pass_on()
    for _ in range(int(0.95 * BACKLOG_SEC * camera_fps)):
        at_work.receive(camera_fps)
    assert at_work.reader.dropped() == 0
    while at_work.now < 20:
        at_work.receive(camera_fps)
    while at_work.reader._backlog._waiting:
        at_work.reader._pass_on()
    came = at_work.numbers()[-1] + 1
    assert came == pytest.approx(20 * 12.5, abs=3)
    assert at_work.reader.dropped() == pytest.approx(came - len(at_work.messages), abs=3)
    assert at_work.reader.dropped() > 100


def test_a_camera_that_is_silent_has_lost_its_connection(detector):
    told, mailbox = [], Mailbox(1, capacity=1000, clip_length=LENGTH, hop=LENGTH)
    monitor = CameraMonitor(CAMERA, detector, ALARM, told.append)
    at_work = ByHand(FPS, lambda message: _deliver(monitor, mailbox, 0, message))
    at_work.reader.pass_time = monitor.faults.pass_time
    clock = at_work.clock
    loop = WatchLoop([monitor], mailbox, detector.reconstruct, clock, lambda: None, LENGTH)

    def step():
        at_work.reader._pass_on()
        loop.step(0)

    def states():
        return [(event.kind, event.state) for event in told if event.state != "updated"]

    images = footage(60, range(10, 60))
    for image in images[:33]:  # the last three are in no complete clip
        at_work.receive(FPS, image)
        step()
    last_sec = at_work.now - 1 / FPS
    at_work.now = last_sec + SILENT_SEC
    step()
    assert states() == [("anomaly", "opened")]
    at_work.now += 0.5
    step()
    assert states()[1:] == [("disconnected", "opened"), ("anomaly", "closed")]
    lost = next(event for event in told if event.kind == "disconnected")
    assert (lost.detail, lost.end_sec - lost.start_sec) == ("no picture for 6 s", 6.5)
    assert monitor.status.now().frames == 33
    at_work.now += 60
    for image in images[33:]:
        step()
        at_work.receive(FPS, image)
    step()
    assert states()[3:] == [("disconnected", "closed"), ("anomaly", "opened")]
    newest = monitor._newest
    assert newest.moment.sec == at_work.now - 1 / FPS
    assert newest.moment.number == pytest.approx(newest.moment.sec * FPS, abs=1)
    assert newest.speed is not None
