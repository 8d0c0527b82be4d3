"""What `soak.py` puts around the program: cameras, a receiver, a full disk, a busy machine."""

import contextlib
import itertools
import json
import multiprocessing
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.mjpeg_camera import MjpegCamera
from benchmarks.mosquitto import Listener, Mosquitto

ROOT = Path(__file__).resolve().parent.parent
FPS, SIZE, LENGTH = 25.0, 75, 4


def make_model(work: Path) -> tuple[Path, list[bytes]]:
    """Makes a small calibrated model of the drawn street, and pictures of somebody who runs by."""
    from abnormal.models.backend import start_backend

    start_backend()
    from abnormal.cli import train
    from abnormal.datasets.demo import find_demo
    from abnormal.models.model import ModelInfo
    from abnormal.models.model_file import save_model
    from abnormal.models.networks import NETWORKS
    from abnormal.video.encode import open_encoder

    videos = list(find_demo(training_clips=2, clip_frames=100))
    shown: dict[str, list[np.ndarray]] = {}
    for video in videos[:2] + [one for one in videos if one.situation == "runner"][:1]:
        with video.open_frames() as stream:
            shown[video.situation + video.name] = [
                one.image for one in itertools.islice(stream.frames, 100)
            ]
    *normal, runner = shown.values()
    for number, images in enumerate(normal):
        with open_encoder(work / "normal" / f"{number}.mp4", FPS) as write:
            for image in images:
                write(np.repeat(image[..., None], 3, axis=2))
    path = work / "street.h5"
    info = ModelInfo("spatiotemporal", LENGTH, SIZE, FPS)
    save_model(path, NETWORKS["spatiotemporal"](LENGTH, SIZE), info)
    if train.main(["--calibrate", str(work / "normal"), "--output", str(path)]):
        raise SystemExit("the model could not be calibrated")
    loop = [*runner, *normal[0]]
    return path, [cv2.imencode(".jpg", image)[1].tobytes() for image in loop]


class Street:
    """The cameras, in a process of their own, which takes orders."""

    def __init__(self, jpegs: Sequence[bytes], count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._orders, told = context.Queue(), context.Queue()
        arguments = jpegs, count, self._orders, told
        self._process = context.Process(target=serve, args=arguments, daemon=True)
        self._process.start()
        self.urls: list[str] = [told.get(timeout=120) for _ in range(count)]

    def __enter__(self) -> "Street":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()

    def order(self, camera: int, fault: str) -> None:
        """Makes a camera `dead`, `silent`, `black` or `well`."""
        self._orders.put((camera, fault))


def serve(jpegs: Sequence[bytes], count: int, orders: Any, told: Any) -> None:
    """The process of the cameras."""
    black = [cv2.imencode(".jpg", np.zeros((240, 360), np.uint8))[1].tobytes()]
    cameras = [MjpegCamera(jpegs, FPS) for _ in range(count)]
    for camera in cameras:
        told.put(camera.url())
    while True:
        number, fault = orders.get()
        camera = cameras[number]
        camera.frozen, camera.jpegs = fault == "silent", black if fault == "black" else jpegs
        if fault == "dead":
            camera.kill()
        elif fault == "well":
            camera.kill()
            camera.revive()


class Receiver:
    """A receiver of the webhook, which answers 503 while it is not up."""

    def __init__(self) -> None:
        self.is_up, self.bodies, self._changed = True, list[bytes](), threading.Condition()

    def __enter__(self) -> "Receiver":
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.is_up:
                    with receiver._changed:
                        receiver.bodies.append(body)
                        receiver._changed.notify_all()
                self.send_response(200 if receiver.is_up else 503)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, count: int) -> None:
        """Waits until so many messages have come, for five minutes at most."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.bodies) >= count, 300)


class Broker:
    """An MQTT broker that keeps what it has while it is down, and somebody who listens there."""

    def __init__(self, folder: Path) -> None:
        kept = ["persistence true", f"persistence_location {folder}/", "max_queued_messages 0"]
        self._server, self._is_up = Mosquitto(folder, *kept), False
        self.port = self._server.port

    def __enter__(self) -> "Broker":
        self.be(up=True)
        self._listener = Listener(self._server).__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.__exit__()
        self.be(up=False)

    def be(self, *, up: bool) -> None:
        """Starts or ends the broker, unless it is up or down already."""
        if up != self._is_up:
            self._server.__enter__() if up else self._server.__exit__()
        self._is_up = up

    @property
    def bodies(self) -> list[bytes]:
        """The lines of events that have come."""
        return self._listener.of("abnormal/events")


STOP_SEC = 120.0
"""For which a program is waited for that was asked to end."""


class Program:
    """A running `test_model.py`, with what it has told and when."""

    def __init__(self, options: Sequence[object]) -> None:
        command = [sys.executable, str(ROOT / "test_model.py"), *map(str, options)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.told: list[tuple[float, dict[str, Any]]] = []
        self.said: list[str] = []
        self.memory_mb: list[float] = []
        ready: queue.Queue[None] = queue.Queue()
        self._threads = [
            threading.Thread(target=self._read_events),
            threading.Thread(target=self._read_messages, args=(ready,)),
        ]
        for thread in self._threads:
            thread.start()
        ready.get(timeout=300)

    def _read_events(self) -> None:
        for line in self.process.stdout or ():
            self.told.append((time.monotonic(), json.loads(line)))

    def _read_messages(self, ready: "queue.Queue[None]") -> None:
        for line in self.process.stderr or ():
            self.said.append(line)
            if " watches " in line:
                ready.put(None)

    def stop(self) -> list[str]:
        """Stops it, and returns what was wrong with that."""
        self.process.terminate()
        try:
            code = self.process.wait(STOP_SEC)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        for thread in self._threads:
            thread.join()
        return [] if code == 143 else [f"the program ended with {code}: {self.said[-3:]}"]


@contextlib.contextmanager
def full(disk: Path) -> Iterator[None]:
    """Keeps a file system full for the length of a `with` block."""
    filler = disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    yield
    filler.unlink()


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """Keeps cores busy for the length of a `with` block."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()
