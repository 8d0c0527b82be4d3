"""How the tests of watching draw footage, watch it, and say what a file would give."""

import dataclasses

import numpy as np

from abnormal.inference.score import frame_scores, residuals
from abnormal.inference.stream import FrameScorer, ResidualStream
from abnormal.live.address import Camera
from abnormal.live.clock import Clock
from abnormal.live.frame import LiveFrame, Moment
from abnormal.live.mailbox import Mailbox
from abnormal.live.monitor import CameraMonitor
from abnormal.live.run import _deliver
from abnormal.live.watch import WatchLoop
from abnormal.scoring.alarm import Alarm
from abnormal.video.flow import SpeedMeter

FPS, LENGTH, SIZE = 5.0, 5, 48
SCENE = np.random.default_rng(0).integers(60, 190, (SIZE, SIZE), np.uint8)
ALARM = Alarm("motion", 2.0, 1.0)
OF_NETWORK = Alarm("change", 2.0, 1.0)


def darkened(clips):
    darkened.sizes.append(len(clips))
    return clips / 2


def with_network(detector, reconstruct):
    return dataclasses.replace(detector, reconstruct=reconstruct)


def footage(count, running):
    """A scene of noise in which a square runs in some frames."""
    images = np.repeat(SCENE[None], count, axis=0)
    for number in (one for one in running if one < count):
        left = 5 * number % (SIZE - 12)
        images[number, 20:32, left : left + 12] = 240
    return images


def frames_of(images, first=0, faulty=()):
    meter = SpeedMeter()
    for index, image in enumerate(images):
        speed = meter(image, index)
        number = first + index
        moment = Moment(number, number / FPS, 1e9 + number / FPS)
        yield LiveFrame(moment, number / FPS, image, speed, "blurred" if index in faulty else "")


class Watched:
    """Some cameras that are watched, and a clock."""

    def __init__(self, detector, cameras=1, ignored=None, alarm=ALARM, known_as=None):
        self.now, self.told, self.minutes = 0.0, [], 0
        self.mailbox = Mailbox(cameras, capacity=1000, clip_length=1, hop=1)
        self.monitors = [
            CameraMonitor(
                Camera(f"c{number}", "0", name), detector, alarm, self.told.append, None, ignored,
            )
            for number, name in enumerate(known_as or [""] * cameras)
        ]  # fmt: skip
        clock = Clock(lambda: self.now, lambda: 1e9 + self.now)
        self.watch = WatchLoop(
            self.monitors, self.mailbox, detector.reconstruct, clock, self.minute,
            detector.info.clip_length,
        )  # fmt: skip

    def minute(self):
        self.minutes += 1

    def give(self, messages, camera=0):
        for message in messages:
            _deliver(self.monitors[camera], self.mailbox, camera, message)
            self.now = max(self.now, getattr(message, "arrival_sec", 0.0))
            self.watch.step(0)

    def end(self):
        self.watch.run(lambda: True)
        return self.closed()

    def closed(self, kind="anomaly", camera="c0"):
        return [
            event
            for event in self.told
            if (event.kind, event.camera, event.state) == (kind, camera, "closed")
        ]


def spans(events):
    return [(round(event.start_sec * FPS), round(event.end_sec * FPS)) for event in events]


def expected(detector, images, ignored=None):
    """What is found in a file."""
    normality = detector.calibration.normality("")
    length, stream = detector.info.clip_length, ResidualStream(ignored=ignored)
    clips = residuals(images, detector.reconstruct, length, stream)
    scores = frame_scores(clips, FrameScorer(FPS, normality)).causal["motion"]
    events = ALARM.events(scores, FPS)
    return [(event.start, event.stop - 1) for event in events]


RUNS = [*range(30, 45), *range(70, 83)]
