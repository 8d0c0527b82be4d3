"""A page with a watch that is played: two cameras, and events that the test makes."""

import dataclasses
import http.client
import json
import logging

import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.live.clock import format_utc
from abnormal.live.event import ANOMALY, LiveEvent
from abnormal.live.frame import LiveFrame, Moment
from abnormal.live.page.server import open_page
from abnormal.live.status import CameraStatus, Watched
from abnormal.video.encode import open_timed_encoder
from abnormal.video.jpeg import to_jpeg
from abnormal.video.thumbnail import write_thumbnail

NOON_UTC = 1_767_268_800.0  # 2026-01-01


class FakeDismissals:
    def __init__(self):
        self._ids = set()

    def dismiss(self, event_id):
        if event_id in self._ids:
            raise AbnormalError(f"{event_id} is dismissed already.")
        self._ids.add(event_id)

    def undo(self, event_id):
        self._ids.remove(event_id)

    def ids(self):
        return frozenset(self._ids)


def _make_event(number=0, state="closed", camera="gate", kind=ANOMALY, utc=None, **other):
    start = (NOON_UTC if utc is None else utc) + 10 * number
    name = f"{camera}-{number}-{kind}"
    fields = {
        "start_utc": format_utc(start),
        "end_utc": format_utc(start + 2.5),
        "peak_utc": format_utc(start + 1),
        "peak_score": 2.5,
        "mean_score": 2.0,
        "box": (0.0, 0.5, 0.2, 0.4),
        "detail": "faster than is usual here",
        "thumbnail": f"results/thumbnails/{name}.jpg",
        "clip": f"results/clips/{name}.mp4",
    }
    return LiveEvent(
        id=name, state=state, camera=camera, kind=kind, start_sec=0.0, end_sec=2.5, peak_sec=1.0,
        **{**fields, **other},
    )  # fmt: skip


@pytest.fixture(scope="session")
def make_event():
    return _make_event


class PlayedWatch:
    """A page that is served, and what it shows."""

    def __init__(self, output):
        self.output = output
        self.watched = Watched()
        cameras = [CameraStatus("gate", 2.0), CameraStatus("Hof-süd", 2.0)]
        self.watched.set_up(cameras, FakeDismissals())
        self.send, self.lines, self.address, self.streams = None, [], "", []

    def log(self, *events):
        """Writes events to the log, as the listener before the page does."""
        with (self.output / "events.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(f"{event.as_json()}\n" for event in events)

    def tell(self, event):
        self.log(event)
        self.send(event)

    def see(self, camera=0, utc=NOON_UTC, score=0.5, jpeg=None, number=0):
        frame = LiveFrame(Moment(number, 0.0, utc), 1.0, np.zeros((4, 4), np.uint8), jpeg=jpeg)
        self.watched.cameras[camera].see(frame)
        self.watched.cameras[camera].add([frame], [score], 1.25)

    def draw(self, event, picture, seconds=10.0, fps=5):
        """Writes the thumbnail and the clip of an event."""
        write_thumbnail(self.output / "thumbnails" / f"{event.id}.jpg", picture, event.box)
        (self.output / "clips").mkdir(exist_ok=True)
        with open_timed_encoder(self.output / "clips" / f"{event.id}.mp4") as write:
            for number in range(round(seconds * fps)):
                write(np.roll(picture, 5 * number, axis=1), number / fps)

    def connect(self):
        host, port = self.address.split("/")[2].rsplit(":", 1)
        return http.client.HTTPConnection(host, int(port), timeout=20)

    def ask(self, path, method="GET", body=None, **headers):
        """Returns the status, the headers and the body of an answer."""
        with_dashes = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = self.connect()
        connection.request(method, path, body, with_dashes)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers, content

    def ask_json(self, path, method="GET", **headers):
        status, _, content = self.ask(path, method, **headers)
        return status, json.loads(content)

    def follow(self, after="", **headers):
        """Opens the stream."""
        self.streams.append(Stream(self.connect(), after, headers))
        return self.streams[-1]


class Stream:
    """The stream as a client reads it: kind, id and data of each message."""

    def __init__(self, connection, after, headers):
        connection.request("GET", f"/stream?after={after}", headers=headers)
        self._connection, self._answer = connection, connection.getresponse()
        self.status = self._answer.status

    def __iter__(self):
        return self

    def __next__(self):
        fields = {}
        for line in map(bytes.decode, self._answer):
            name, _, value = line.strip().partition(": ")
            if name:
                fields[name] = value
            elif "data" in fields:
                return fields["event"], fields.get("id"), json.loads(fields["data"])
        raise StopIteration

    def next_event(self):
        """Returns id and data of the next message about an event."""
        return next((name, data) for kind, name, data in self if kind == "event")

    def close(self):
        self._answer.close()
        self._connection.close()


@pytest.fixture
def open_watch(tmp_path):
    """Serves pages in `with` blocks, and notes what people are told."""

    @dataclasses.dataclass
    class Opener:
        output = tmp_path

        def __call__(self, address="127.0.0.1:0", output=tmp_path):
            return _serving(PlayedWatch(output), address)

    return Opener()


class _serving:  # noqa: N801  (a context manager)
    def __init__(self, watch, address):
        self.watch, self.address = watch, address

    def __enter__(self):
        lines = self.watch.lines

        class Notebook(logging.Handler):
            def emit(self, record):
                lines.append(record.getMessage())

        self.logger = logging.getLogger("abnormal")
        self.notebook = Notebook(logging.INFO)
        self.logger.addHandler(self.notebook)
        self.logger.setLevel(logging.INFO)
        self.page = open_page(self.address, self.watch.output, self.watch.watched)
        self.watch.send = self.page.__enter__()
        self.watch.address = lines[-1].removeprefix("the page is at ")
        return self.watch

    def __exit__(self, *error):
        for stream in self.watch.streams:
            stream.close()
        self.page.__exit__(*error)
        self.logger.removeHandler(self.notebook)


@pytest.fixture
def watch(open_watch):
    """A page at a free port of this machine, with two cameras and without events."""
    with open_watch() as watch:
        yield watch


@pytest.fixture(scope="session")
def street_jpeg():
    draw = np.random.default_rng(0).integers(60, 190, (120, 160, 3), np.uint8)
    return to_jpeg(draw)
