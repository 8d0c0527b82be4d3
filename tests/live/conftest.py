import threading

import cv2
import numpy as np
import pytest

from abnormal.live.address import Camera
from abnormal.live.clock import Clock
from abnormal.live.prepare import Preparation
from abnormal.live.reader import Reader
from benchmarks.mjpeg_camera import MjpegCamera


@pytest.fixture
def mjpeg_camera():
    """Makes cameras from JPEG pictures; they end with the test."""
    cameras = []

    def make(jpegs, fps, **options):
        cameras.append(MjpegCamera(jpegs, fps, **options))
        return cameras[-1]

    yield make
    for camera in cameras:
        camera.kill()


@pytest.fixture(scope="session")
def numbered_jpegs(picture_of):
    """Pictures that tell their number, as a camera sends them."""
    return [cv2.imencode(".jpg", picture_of(n, 64, 96))[1].tobytes() for n in range(200)]


class Reading:
    """A reader at work, and what has come of it."""

    def __init__(self, source, fps=25.0, patience_sec=1.0, size=64):
        self.messages, self.changed = [], threading.Condition()
        prepare = Preparation(size, fps, flow=True, pictures=True)
        self.reader = Reader(Camera("gate", source), prepare, self.put, Clock(), patience_sec)
        self.reader.start()

    def put(self, message):
        with self.changed:
            self.messages.append(message)
            self.changed.notify_all()

    def wait_for(self, is_there):
        """Waits until what came is as it should be, and gives it."""
        with self.changed:
            assert self.changed.wait_for(lambda: is_there(self.messages), 60), self.messages[-3:]
            return list(self.messages)

    def frames(self, count):
        """Waits for so many messages more."""
        wanted = len(self.messages) + count
        return self.wait_for(lambda messages: len(messages) >= wanted)


@pytest.fixture
def reading():
    """Starts readers; they end with the test."""
    readings = []

    def start(source, **options):
        readings.append(Reading(source, **options))
        return readings[-1]

    yield start
    for one in readings:
        one.reader.stop()
        one.reader.join(30)


def flat(grey, size=16):
    """A picture of one grey."""
    return np.full((size, size), grey, np.uint8)
