"""A folder of results with events of some days, and clocks that a test sets."""

import json

from abnormal.files import make_folder
from abnormal.live.clock import Clock
from abnormal.live.event import make_event
from abnormal.live.frame import Moment
from abnormal.live.retention import DAY_SEC, Keep, Retention
from abnormal.live.tracker import CLOSED, LiveFrameScore, OngoingEvent
from abnormal.live.trusted_time import FILE_NAME

NOW = 1.8e9
INF = float("inf")


class Clocks:
    """Clocks that a test sets."""

    def __init__(self):
        self.sec, self.utc = 1000.0, NOW

    def pass_time(self, sec):
        self.sec += sec
        self.utc += sec

    @property
    def clock(self):
        return Clock(lambda: self.sec, lambda: self.utc)


def event_of(days_ago, state=CLOSED, kind="anomaly", camera="gate"):
    at = Moment(1, 0.0, NOW - days_ago * DAY_SEC)
    ongoing = OngoingEvent(at, at, LiveFrameScore(at, 2.5, (0, 0, 1, 1)), 2.5)
    return make_event(camera, kind, state, ongoing)


class Kept:
    """A folder of results with events of some days."""

    def __init__(self, folder):
        self.folder = folder

    def fill(self, log, days, size=1000):
        """Keeps an event of each of some days, and gives their identifiers."""
        events = [event_of(day) for day in days]
        for event in events:
            self.write(f"thumbnails/{event.id}.jpg", size // 10)
            self.write(f"clips/{event.id}.mp4", size)
            self.write(f"cells/{event.id}.npz")
            self.write(f"webhook/000000000001-{event.id}-opened.json")
            self.write(f"mqtt/refused/000000000001-{event.id}-updated-20260101.json")
            log(event)
        return [event.id for event in events]

    def write(self, name, size=10):
        path = self.folder / name
        make_folder(path.parent)
        path.write_bytes(b"x" * size)

    def names(self):
        paths = (path for path in self.folder.rglob("*") if path.is_file() or path.is_symlink())
        return {str(path.relative_to(self.folder)) for path in paths} - {"events.jsonl", FILE_NAME}

    def lines(self):
        text = (self.folder / "events.jsonl").read_text()
        return [json.loads(line)["id"] for line in text.splitlines()]


def names_of(*events):
    return {
        name
        for event in events
        for name in (
            f"thumbnails/{event}.jpg",
            f"clips/{event}.mp4",
            f"cells/{event}.npz",
            f"webhook/000000000001-{event}-opened.json",
            f"mqtt/refused/000000000001-{event}-updated-20260101.json",
        )
    }


def clean(kept, log, days=30.0, gigabytes=INF, utc=NOW):
    Retention(kept.folder, Keep(days, gigabytes), log, Clock()).clean(utc)
