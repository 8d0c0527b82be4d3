"""The live page: when a browser paints it with 1,000 events, and what serving it costs.

    python benchmarks/page.py

Four cameras are played at 25 frames a second, and an event comes every five seconds. The page is
opened in Chromium, which is not counted among the costs. A client reads the stream and fetches the
cameras' pictures as a browser does.
"""

import argparse
import logging
import multiprocessing
import shutil
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from abnormal.live.event import ANOMALY, LiveEvent, SendEvent, make_event  # noqa: E402
from abnormal.live.frame import LiveFrame, Moment  # noqa: E402
from abnormal.live.page.server import open_page  # noqa: E402
from abnormal.live.status import CameraStatus, Watched  # noqa: E402
from abnormal.live.tracker import LiveFrameScore, OngoingEvent  # noqa: E402
from abnormal.video.jpeg import to_jpeg  # noqa: E402
from abnormal.video.thumbnail import write_thumbnail  # noqa: E402
from benchmarks.page_clients import PageClients  # noqa: E402

CAMERAS, EVENTS, FPS = 4, 1000, 25
PICTURE = np.random.default_rng(0).integers(60, 190, (360, 640, 3), np.uint8)
JPEG = to_jpeg(PICTURE)


def main() -> int:
    """Prints the figures; 1 if the first paint took a second or more."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20, help="for each number of clients")
    args = parser.parse_args()
    notes: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: notes.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("abnormal").addHandler(handler)
    logging.getLogger("abnormal").setLevel(logging.INFO)
    watched = Watched()
    watched.cameras = [CameraStatus(f"c{number}", 2.0) for number in range(CAMERAS)]
    with tempfile.TemporaryDirectory() as folder:
        write_past(Path(folder))
        with open_page("127.0.0.1:0", Path(folder), watched) as send:
            url = notes[-1].split()[-1]
            play(watched, send, 3)
            paint_ms = first_paints(url)
            print(f"first paint with {EVENTS} events: {', '.join(map(str, paint_ms))} ms")
            for clients in (0, 1, 5):
                print(f"{clients} clients: {cost(watched, send, url, clients, args.seconds):.2%}")
    return int(min(paint_ms) >= 1000)


def write_past(folder: Path) -> None:
    """Writes the events of an earlier run, with their thumbnails."""
    begun = time.time() - 10 * EVENTS
    events = [past_event(folder, begun + 10 * number) for number in range(EVENTS)]
    lines = "".join(f"{event.as_json()}\n" for event in events)
    (folder / "events.jsonl").write_text(lines)
    first, *others = (Path(str(event.thumbnail)) for event in events)
    write_thumbnail(first, PICTURE, (0.1, 0.1, 0.2, 0.2))
    for other in others:
        shutil.copyfile(first, other)


def past_event(folder: Path, utc: float) -> LiveEvent:
    """An event of two seconds."""
    start, last = Moment(0, 0.0, utc), Moment(50, 2.0, utc + 2)
    peak = LiveFrameScore(start, 3.0, (0.1, 0.1, 0.2, 0.2), "faster than is usual here")
    event = OngoingEvent(start, last, peak, 2.5)
    name = make_event("c0", ANOMALY, "closed", event).id
    picture = str(folder / "thumbnails" / f"{name}.jpg")
    return make_event("c0", ANOMALY, "closed", event, picture, str(folder / f"{name}.mp4"))


def play(watched: Watched, send: SendEvent, seconds: float) -> None:
    """Lets frames and events come at their rate."""
    begun = time.monotonic()
    for number in range(round(seconds * FPS)):
        now = time.time()
        frame = LiveFrame(Moment(number, number / FPS, now), now, PICTURE[..., 0], jpeg=JPEG)
        for camera in watched.cameras:
            camera.see(frame)
            camera.add([frame], [0.5], now + 0.2)
        if number % (5 * FPS) == 0:
            send(past_event(Path(), now))
        time.sleep(max(0.0, begun + number / FPS - time.monotonic()))


def first_paints(url: str) -> list[int]:
    """Opens the page three times in a fresh browser; the first contentful paints, in ms."""
    paints = []
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"))
        for _ in range(3):
            page = browser.new_page()
            page.goto(url)
            page.locator(f".event >> nth={EVENTS - 1}").wait_for(state="attached")
            paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
            paints.append(round(page.evaluate(paint)))
            page.close()
        browser.close()
    return paints


def cost(watched: Watched, send: SendEvent, url: str, clients: int, seconds: float) -> float:
    """The share of one core that this process takes with so many clients."""
    context = multiprocessing.get_context("spawn")
    ending = context.Event()
    readers = [context.Process(target=read, args=(url, ending)) for _ in range(clients)]
    for reader in readers:
        reader.start()
    while connected(url) < 2 * clients:
        play(watched, send, 1)
    busy_sec, begun = time.process_time(), time.monotonic()
    play(watched, send, seconds)
    share = (time.process_time() - busy_sec) / (time.monotonic() - begun)
    ending.set()
    for reader in readers:
        reader.join()
    return share


def connected(url: str) -> int:
    """How many streams are open; of each client's two, one is never read."""
    with urllib.request.urlopen(f"{url}metrics") as answer:
        last = answer.read().decode().splitlines()[-1]
    return int(last.removeprefix("abnormal_page_clients "))


def read(url: str, ending: "multiprocessing.synchronize.Event") -> None:
    """The process of a client."""
    PageClients(url)
    ending.wait()


if __name__ == "__main__":
    sys.exit(main())
