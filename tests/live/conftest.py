import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import cv2
import pytest

from abnormal.live.address import Camera
from abnormal.live.clock import Clock
from abnormal.live.prepare import FramePreparer
from abnormal.live.reader import CameraReader
from benchmarks.mjpeg_camera import MjpegCamera


@pytest.fixture
def said():
    """The warnings and errors that people are told while a test goes on."""
    lines = []

    class Notebook(logging.Handler):
        def emit(self, record):
            lines.append(record.getMessage())

    logging.getLogger("abnormal").addHandler(Notebook(logging.WARNING))
    return lines


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

    def __init__(self, source, fps=25.0, timeout_sec=1.0, size=64, has_room=lambda: True):
        self.messages, self.changed = [], threading.Condition()
        prepare = FramePreparer(size, fps, flow=True, pictures=True)
        camera = Camera("gate", source)
        self.reader = CameraReader(camera, prepare, self.put, has_room, Clock(), timeout_sec)
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


class Receiver:
    """A receiver of events that answers what it is told to, and can be down."""

    def __init__(self):
        self.answers, self.got, self.asked = [], [], threading.Condition()
        self.heads = []
        self.port = 0

    def __enter__(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = receiver.answers.pop(0) if receiver.answers else 200
                if answer == "dies":  # it has the event, but the answer is lost
                    self.close_connection = True
                else:
                    self.send_response(answer)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                head = {name.lower(): value for name, value in self.headers.items()}
                with receiver.asked:
                    receiver.heads.append({"path": self.path, **head})
                    key = self.headers["Idempotency-Key"]
                    receiver.got.append((key, json.loads(body), answer))
                    receiver.asked.notify_all()

            def log_message(self, *_):
                pass

        HTTPServer.allow_reuse_address = True
        self._server = HTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, count):
        with self.asked:
            assert self.asked.wait_for(lambda: len(self.got) >= count, 60)

    def taken(self):
        return [body for _, body, answer in self.got if answer == 200]


@pytest.fixture
def receiver():
    """A receiver of events; it is up in a `with` block, on the same port each time."""
    return Receiver()
