"""`test_model.py` watches: a real process, real streams, a webhook that is down for a while."""

import io
import itertools
import json
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pandas as pd
import pytest

from abnormal.models.backend import start_backend

start_backend()

from abnormal.cli import test, train  # noqa: E402
from abnormal.datasets.demo import find_demo  # noqa: E402
from abnormal.live.clock import parse_utc  # noqa: E402
from abnormal.models.model import ModelInfo  # noqa: E402
from abnormal.models.model_file import save_model  # noqa: E402
from abnormal.models.networks import NETWORKS  # noqa: E402

ROOT = Path(__file__).parent.parent.parent
SIZE, LENGTH, FPS = 75, 4, 25
RUNNER, CALM = 100, 75  # frames of a loop: somebody runs by, then ordinary life
LOOP_SEC = (RUNNER + CALM) / FPS
TOLERANCE_SEC = 0.5
ALARM = ("--score", "motion", "--threshold", "0.4", "--runtime", "keras")


def jpegs_of(video, frames):
    with video.open_frames() as stream:
        images = [frame.image for frame in itertools.islice(stream.frames, frames)]
    return [cv2.imencode(".jpg", image)[1].tobytes() for image in images]


def write(path, jpegs):
    """A video of pictures as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        track = container.add_stream("mjpeg", rate=FPS)
        track.width, track.height, track.pix_fmt = 360, 240, "yuvj420p"
        for number, jpeg in enumerate(jpegs):
            packet = av.Packet(jpeg)
            packet.stream, packet.time_base = track, Fraction(1, FPS)
            packet.pts = packet.dts = number
            container.mux(packet)
    return path


@pytest.fixture(scope="module")
def loop():
    videos = {video.situation: video for video in find_demo(training_clips=2, clip_frames=RUNNER)}
    return jpegs_of(videos["runner"], RUNNER) + jpegs_of(videos["normal"], CALM)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    for video in find_demo(training_clips=2, clip_frames=RUNNER):
        if video.name in ("01", "02"):
            write(folder / "normal" / f"{video.name}.mkv", jpegs_of(video, RUNNER))
    path = folder / "street.h5"
    info = ModelInfo("spatiotemporal", LENGTH, SIZE, float(FPS))
    save_model(path, NETWORKS["spatiotemporal"](LENGTH, SIZE), info)
    assert train.main(["--calibrate", str(folder / "normal"), "--output", str(path)]) == 0
    return path


def events_of_file(model, video, output):
    """Start and end, in seconds."""
    options = ["--model", model, "--source", video, "--output", output, "--no-figures", *ALARM]
    assert test.main([*map(str, options)]) == 0
    return pd.read_csv(output / "events.csv")[["start_sec", "end_sec"]].to_numpy()


@pytest.fixture(scope="module")
def in_file(model, loop, tmp_path_factory):
    """Start and end, in seconds, of the events of the second time round."""
    folder = tmp_path_factory.mktemp("file")
    events = events_of_file(model, write(folder / "street.mkv", loop * 2), folder)
    return (events[events[:, 0] >= LOOP_SEC] - LOOP_SEC).tolist()


class Program:
    """A running `test_model.py`."""

    def __init__(self, *options):
        command = [sys.executable, str(ROOT / "test_model.py"), *map(str, options)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.lines = {"stdout": [], "stderr": []}
        self.changed = threading.Condition()
        self.threads = [threading.Thread(target=self._read, args=(name,)) for name in self.lines]
        for thread in self.threads:
            thread.start()

    def _read(self, name):
        for line in getattr(self.process, name):
            with self.changed:
                self.lines[name].append(line)
                self.changed.notify_all()

    def wait_for(self, is_there):
        with self.changed:
            assert self.changed.wait_for(is_there, 120), self.lines

    def events(self, **fields):
        told = map(json.loads, self.lines["stdout"])
        return [e for e in told if all(e[name] == value for name, value in fields.items())]

    def end(self, number):
        self.process.send_signal(number)
        code = self.process.wait(60)
        for thread in self.threads:
            thread.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return code


def test_four_streams_raise_the_events_of_the_file_across_a_broken_connection(
    model, loop, in_file, mjpeg_camera, receiver, tmp_path
):
    cameras = {f"c{number}": mjpeg_camera(loop, FPS) for number in range(4)}
    table = [f"{n},{c.url('me:secret@', '?key=secret')}" for n, c in cameras.items()]
    (tmp_path / "cameras.csv").write_text("\n".join(["name,source", *table]))
    with receiver:
        pass  # it has a port now, and is down
    output = tmp_path / "live"
    webhook = f"http://127.0.0.1:{receiver.port}/hook?token=secret"
    options = ["--cameras", tmp_path / "cameras.csv", "--output", output, "--webhook", webhook]
    program = Program("--model", model, *options, "--page", "127.0.0.1:0", *ALARM)

    def closed_since(utc):
        events = program.events(kind="anomaly", state="closed")
        late = {e["camera"] for e in events if parse_utc(e["start_utc"]) > utc}
        return late == set(cameras)

    program.wait_for(lambda: any("watches" in line for line in program.lines["stderr"]))
    begun = time.time()
    program.wait_for(lambda: closed_since(begun + 1))
    broken = time.time()
    for camera in cameras.values():
        camera.kill()
    program.wait_for(lambda: len(program.events(kind="disconnected", state="opened")) >= 4)
    with receiver:
        for camera in cameras.values():
            camera.revive()
        program.wait_for(lambda: len(program.events(kind="disconnected", state="closed")) >= 4)
        back = time.time()
        program.wait_for(lambda: closed_since(back + 1))
        check_page(program, set(cameras))
        stopped = time.time()
        assert program.end(signal.SIGTERM) == 143
        receiver.wait_for(len(program.lines["stdout"]))

    for name, camera in cameras.items():
        found = [
            (parse_utc(event["start_utc"]), parse_utc(event["end_utc"]))
            for event in program.events(camera=name, kind="anomaly", state="closed")
        ]
        wanted = expected(in_file, camera.begun_utc, [(begun, broken), (back, stopped)])
        assert len(wanted) >= 2
        for start, end in wanted:
            assert any(
                max(abs(start - first), abs(end - last)) < TOLERANCE_SEC for first, last in found
            ), (name, start, end, found, program.lines["stderr"])
        assert len(found) == len(set(found)) <= len(wanted) + 4  # cut ones where it broke
    told = program.events()
    assert [body for _, body, _ in receiver.got] == told
    assert len({key for key, _, _ in receiver.got}) == len(told)
    assert [json.loads(line) for line in (output / "events.jsonl").read_text().splitlines()] == told
    check_pictures(told, program.lines["stderr"])
    check_secrets(program, output)


def expected(in_file, begun_utc, spans):
    """The events that lie within the spans, with a second to spare."""
    return [
        (begun_utc + loop * LOOP_SEC + start, begun_utc + loop * LOOP_SEC + end)
        for loop in range(100)
        for start, end in in_file
        for first, last in spans
        if first + 1 < begun_utc + loop * LOOP_SEC + start
        and begun_utc + loop * LOOP_SEC + end + 1 < last
    ]


def ask_page(program, path):
    (url,) = (line.split()[-1] for line in program.lines["stderr"] if "the page is at" in line)
    with urllib.request.urlopen(url + path, timeout=60) as answer:
        return answer.read()


def check_page(program, names):
    cameras = json.loads(ask_page(program, "cameras"))
    assert {camera["name"] for camera in cameras} == names
    for camera in cameras:
        assert camera["state"] == "watching"
        assert camera["threshold"] == 0.4
        assert max(score for _, score in camera["curve"]) > 0.4
        jpeg = ask_page(program, f"cameras/{camera['name']}/picture.jpg")
        assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1).shape == (240, 360, 3)
    closed = {event["id"] for event in program.events(state="closed")}
    shown = {event["id"] for event in json.loads(ask_page(program, "events"))["events"]}
    assert closed <= shown
    assert ask_page(program, "healthz") == b"ok\n"
    count = b'abnormal_events_total{camera="c0",kind="disconnected"} 1\n'
    assert count in ask_page(program, "metrics")


def check_pictures(told, said):
    closed = [e for e in told if e["kind"] == "anomaly" and e["state"] == "closed"]
    # Where the processors have nothing left, clips are left out; that is said.
    full = [line for line in said if " clips wait for being encoded already" in line]
    left_out = {e["clip"] for e in closed if any(f"left out: {e['clip']}: " in s for s in full)}
    assert len(left_out) < len(closed) / 2
    for event in closed:
        assert cv2.imread(event["thumbnail"]).shape == (128, 192, 3)
        if event["clip"] not in left_out:
            with av.open(event["clip"]) as clip:
                assert len(list(clip.decode(video=0))) > 10


def check_secrets(program, output):
    assert "secret" not in "".join(program.lines["stdout"] + program.lines["stderr"])
    for path in output.rglob("*"):
        assert "secret" not in path.name
        assert path.is_dir() or b"secret" not in path.read_bytes()


def test_a_file_in_real_time_has_the_same_events_and_no_picture_is_kept(
    model, loop, tmp_path, capsys
):
    video = write(tmp_path / "street.mkv", loop)
    in_file = events_of_file(model, video, tmp_path / "file")
    capsys.readouterr()
    output = tmp_path / "live"
    options = ["--model", model, "--source", video, "--output", output, "--realtime", *ALARM]
    assert test.main([*map(str, options), "--no-frames"]) == 0
    told = capsys.readouterr()
    events = [json.loads(line) for line in told.out.splitlines()]
    spans = [(e["start_sec"], e["end_sec"]) for e in events if e["state"] == "closed"]
    assert len(spans) > 0
    assert spans == [pytest.approx(span, abs=0.05) for span in in_file.tolist()]
    assert {path.name for path in output.iterdir()} == {"events.jsonl", "cells", ".clock.json"}
    kept = {f"{event['id']}.npz" for event in events}
    assert {path.name for path in (output / "cells").iterdir()} == kept
    assert all(event["thumbnail"] is event["clip"] is None for event in events)
    assert "anomaly closed after" in told.err


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (BrokenPipeError(), 0, "nobody reads stdout any more; the watch goes on"),
        (OSError(28, "No space left"), 1, "stdout cannot be written (No space left); the work"),
    ],
)
def test_without_stdout_the_watch_goes_on_and_says_so_once(
    model, loop, tmp_path, monkeypatch, capsys, error, code, says
):
    class Broken(io.StringIO):
        def write(self, _):
            raise error

    video = write(tmp_path / "street.mkv", loop)
    monkeypatch.setattr(sys, "stdout", Broken())
    options = ["--model", model, "--source", video, "--output", tmp_path, "--realtime", *ALARM]
    assert test.main([*map(str, options), "--no-frames"]) == code
    lines = (tmp_path / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["state"] for line in lines][-1] == "closed"
    said = capsys.readouterr().err
    assert said.count(says) == 1
    times = [line[:24] for line in said.splitlines() if " street: anomaly " in line]
    assert len(times) == len(lines)
    assert times == sorted(times)  # of the lines, not of the events that they tell


def test_a_run_that_is_killed_has_its_missing_clips_told_by_the_next_one(
    model, loop, mjpeg_camera, receiver, tmp_path
):
    camera = mjpeg_camera(loop, FPS)
    (tmp_path / "cameras.csv").write_text(f"name,source\nHof-süd-門,{camera.url()}\n", "utf-8")
    with receiver:
        webhook = f"http://me:secret@127.0.0.1:{receiver.port}/hook"
        options = ["--cameras", tmp_path / "cameras.csv", "--output", tmp_path, "--model", model]
        options += ["--webhook", webhook, *ALARM]
        program = Program(*options)
        program.wait_for(lambda: program.events(kind="anomaly", state="opened"))
        receiver.wait_for(1)
        assert program.end(signal.SIGKILL) == -signal.SIGKILL
        (event, *_) = program.events(kind="anomaly", state="opened")
        assert not Path(event["clip"]).exists()
        program = Program(*options)
        program.wait_for(lambda: program.events(id=event["id"]))
        assert program.end(signal.SIGTERM) == 143
        (amended,) = program.events(id=event["id"])
        assert (amended["state"], amended["clip"]) == ("amended", None)
        receiver.wait_for(2)
    told = [body["state"] for body in receiver.taken() if body["id"] == event["id"]]
    assert told[0] == "opened"
    assert told[-1] == "amended"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--source", "a.mp4", "--source", "b.mp4"], "--source is given 2 times"),
        (["--source", "0", "--source", "missing.mp4"], "missing.mp4 cannot be watched"),
        (["--realtime"], "--realtime plays files"),
        (["--realtime", "--source", "."], ". cannot be watched"),
        (["--source", "rtsp://gate.lan/", "--page", "gate.lan"], "--page gate.lan is no address"),
        (["--source", "4321"], "/dev/video4321 does not exist"),
        (["--cameras", "missing.csv"], "There is no file missing.csv"),
    ],
)
def test_what_cannot_be_meant_is_one_line(options, says, capsys):
    assert test.main(options) == 1
    told = capsys.readouterr()
    assert says in told.err
    assert len(told.err.splitlines()) == 1


@pytest.mark.parametrize(
    "options",
    [
        ["--webhook", "http://host"],
        ["--alarm-command", "true"],
        ["--no-frames"],
        ["--page", "8080"],
        ["--allow-redirects"],
    ],
)
def test_what_is_for_cameras_alone_is_a_usage_error(options, capsys):
    assert test.main(options) == 2
    told = capsys.readouterr()
    assert f"{options[0]} is for cameras" in told.err
    assert len(told.err.splitlines()) == 1
