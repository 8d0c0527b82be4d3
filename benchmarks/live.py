"""Watching live: latency, dropped frames, memory, and whether the events are those of the file.

    python benchmarks/live.py --model demo/model.h5 --img demo/img --minutes 10

Test videos of the demo are looped as MJPEG over HTTP by a process of its own, 25 frames a second
each; in the middle all connections break for eight seconds. First one camera is watched, then four.
Latency is from a frame's arrival to its score, and is to be below the length of a clip plus 0.1 s.
What `test_model.py` finds in the same video, looped in a file, is compared with what it finds live.

With `--page`, the page is served meanwhile, to a client that reads its stream and fetches pictures
as a browser does, and to one that never reads. With `--mqtt URL`, a broker is told of everything.
"""

import argparse
import io
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import av
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.mjpeg_camera import MjpegCamera  # noqa: E402
from benchmarks.page_clients import PageClients  # noqa: E402

FPS = 25.0
BREAK_SEC = 8.0
TOLERANCE_SEC = 0.5
LOOPS = 3


def main() -> int:
    """Prints the figures; 1 where events are missing or frames were dropped."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path("demo/model.h5"))
    parser.add_argument("--img", type=Path, default=Path("demo/img"))
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--videos", nargs="+", default=["runner/01", "cyclist/02", "cart/03"])
    parser.add_argument("--cameras", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--page", action="store_true", help="serve the page meanwhile")
    parser.add_argument("--mqtt", help="publish at this broker meanwhile")
    args = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        videos = [read_jpegs(args.img / "testing" / video) for video in args.videos]
        expected = events_of_files(args.model, videos, work)
        for cameras in args.cameras:
            output = work / f"live-{cameras}"
            failed |= measure(args, cameras, videos, expected, output)
    return int(failed)


def read_jpegs(folder: Path) -> list[bytes]:
    """The pictures of a video as they are on the disk."""
    return [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]


def events_of_files(
    model: Path, videos: Sequence[Sequence[bytes]], work: Path
) -> list[list[tuple[float, float]]]:
    """For each video, looped, start and end of the events of the second time round."""
    for number, jpegs in enumerate(videos):
        write_looped(work / "looped" / f"{number}.mkv", jpegs)
    command = [sys.executable, str(ROOT / "test_model.py"), "--model", str(model), "--no-figures"]
    command += ["--source", str(work / "looped"), "--output", str(work / "file")]
    subprocess.run(command, check=True, capture_output=True)
    table = pd.read_csv(work / "file" / "events.csv")
    events = []
    for number, jpegs in enumerate(videos):
        length = len(jpegs) / FPS
        mine = table[table["video"].astype(str).str.contains(str(number))]
        rows = mine[mine["start_sec"].between(length, 2 * length, inclusive="left")]
        spans = rows[["start_sec", "end_sec"]].to_numpy()
        events.append([(start - length, end - length) for start, end in spans.tolist()])
        print(f"file {number}, looped: events at {events[-1]}", flush=True)
    return events


def write_looped(path: Path, jpegs: Sequence[bytes]) -> None:
    """Writes the pictures as they are, over and over, as a video."""
    path.parent.mkdir(exist_ok=True)
    with av.open(io.BytesIO(jpegs[0]), format="mjpeg") as picture:
        first = next(picture.decode(video=0))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=int(FPS))
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuvj420p"
        for number, jpeg in enumerate(list(jpegs) * LOOPS):
            packet = av.Packet(jpeg)
            packet.stream, packet.time_base = stream, Fraction(1, int(FPS))
            packet.pts = packet.dts = number
            container.mux(packet)


def measure(
    args: argparse.Namespace,
    count: int,
    videos: Sequence[list[bytes]],
    expected: Sequence[list[tuple[float, float]]],
    output: Path,
) -> bool:
    """Watches so many cameras and prints what came of it; whether it is not as it should be."""
    context = multiprocessing.get_context("spawn")
    alive, told = context.Event(), context.Queue()
    alive.set()
    shown = [number % len(videos) for number in range(count)]
    jpegs = [videos[number] for number in shown]
    server = context.Process(target=serve, args=(jpegs, alive, told), daemon=True)
    server.start()
    cameras = [told.get(timeout=60) for _ in range(count)]
    table = pd.DataFrame(
        [{"name": f"c{n}", "source": url} for n, (url, _) in enumerate(cameras)],
    )
    output.mkdir()
    table.to_csv(output / "cameras.csv", index=False)
    begun, stopped, memory, cores, health = watch(args, output, alive)
    server.terminate()
    report(count, memory, cores, health)
    broken = stopped - (stopped - begun) / 2, BREAK_SEC
    missing, late = 0, [0.0]
    for number, (_, begun_utc) in enumerate(cameras):
        length = len(jpegs[number]) / FPS
        wanted = list(repeated(expected[shown[number]], begun_utc, length, begun, stopped, broken))
        found = anomalies(output / "events.jsonl", f"c{number}")
        for event in wanted:
            off = min((max(abs(event[0] - e[0]), abs(event[1] - e[1])) for e in found), default=99)
            missing += off > TOLERANCE_SEC
            late += [off] if off <= TOLERANCE_SEC else []
        print(f"  c{number}: {len(wanted)} events expected, {len(found)} found")
    print(f"  {missing} not within {TOLERANCE_SEC} s; the others {max(late):.2f} s off at most")
    return bool(missing or any(dropped for _, dropped, *_ in health))


def serve(videos: Sequence[list[bytes]], alive: Event, told: Any) -> None:
    """The process of the cameras: tells their URLs and when they began; dies with `alive`."""
    cameras = [MjpegCamera(jpegs, FPS) for jpegs in videos]
    for camera in cameras:
        told.put((camera.url(), camera.begun_utc))
    while True:
        while alive.is_set():
            time.sleep(0.05)
        for camera in cameras:
            camera.kill()
        alive.wait()
        for camera in cameras:
            camera.revive()


Health = list[tuple[int, int, float, float]]
"""Of each minute and camera: frames, dropped frames, and the latency's p50 and p95 in seconds."""


def watch(
    args: argparse.Namespace, output: Path, alive: Event
) -> tuple[float, float, list[float], float, Health]:
    """Lets `test_model.py` watch the cameras, and measures it from outside.

    Returns:
        Begin and end (UTC), its memory in MB over time, how many cores it kept busy, its health.
    """
    command = [sys.executable, str(ROOT / "test_model.py"), "--model", str(args.model)]
    command += ["--cameras", str(output / "cameras.csv"), "--output", str(output)]
    command += ["--page", "127.0.0.1:0"] if args.page else []
    command += ["--mqtt", args.mqtt] if args.mqtt else []
    program = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    lines: list[str] = []
    reading = threading.Thread(target=lambda: lines.extend(program.stderr or ()))
    clients = None
    while not (line := program.stderr.readline() if program.stderr else "").count("watches"):
        if not line:
            raise SystemExit("test_model.py did not start")
        if "the page is at " in line:
            clients = PageClients(line.split()[-1])
    reading.start()
    begun, memory = time.time(), []
    busy_sec = processor_sec(program.pid)
    seconds = 60 * args.minutes
    while (passed := time.time() - begun) < seconds and program.poll() is None:
        if seconds / 2 < passed + BREAK_SEC / 2 < seconds / 2 + BREAK_SEC:
            alive.clear()
        else:
            alive.set()
        memory.append(memory_mb(program.pid))
        time.sleep(0.5)
    stopped = time.time()
    cores = (processor_sec(program.pid) - busy_sec) / (stopped - begun)
    program.terminate()
    program.wait(60)
    reading.join()
    if clients:
        clients.stop()
        ended = {event["id"] for event in lines_of(output / "events.jsonl", "closed")}
        print(f"  page: {len(clients.closed & ended)} of {len(ended)} closed events arrived")
        print(f"  at the client that reads, and {clients.pictures} pictures", flush=True)
    pattern = r"(\d+) frames, (\d+) dropped, latency ([\d.]+) s p50, ([\d.]+) s p95"
    found = (re.search(pattern, line) for line in lines)
    health = [(int(m[1]), int(m[2]), float(m[3]), float(m[4])) for m in found if m]
    return begun, stopped, memory, cores, health


def memory_mb(process: int) -> float:
    """What a process holds in memory."""
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def processor_sec(process: int) -> float:
    """How long a process has kept cores busy."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(count: int, memory: list[float], cores: float, health: Health) -> None:
    """Prints what it cost."""
    frames, dropped = (sum(minute[place] for minute in health) for place in (0, 1))
    middle = sum(minute[2] for minute in health) / max(1, len(health))
    late = max((minute[3] for minute in health), default=0.0)
    print(f"{count} cameras: {frames} frames in full minutes, {dropped} dropped")
    print(f"  {cores:.2f} cores busy; load of the machine {os.getloadavg()[0]:.1f}")
    print(f"  latency p50 {middle:.2f} s (mean of the minutes), p95 {late:.2f} s (worst minute)")
    parts = [memory[len(memory) * part // 5 : len(memory) * (part + 1) // 5] for part in range(5)]
    shown = " ".join(f"{max(part, default=0):.0f}" for part in parts)
    print(f"  memory in fifths of the time, at most: {shown} MB", flush=True)


def repeated(
    events: Sequence[tuple[float, float]],
    begun_utc: float,
    length_sec: float,
    first_utc: float,
    last_utc: float,
    broken: tuple[float, float],
) -> Iterator[tuple[float, float]]:
    """The events of all loops that were seen from begin to end."""
    before, after = broken[0] - BREAK_SEC, broken[0] + 2 * BREAK_SEC
    for loop in range(int((last_utc - begun_utc) / length_sec) + 1):
        for start, end in events:
            first, last = (begun_utc + loop * length_sec + sec for sec in (start, end))
            seen = first > first_utc + 3 and last + 5 < last_utc
            if seen and (last < before or first > after):
                yield first, last


def anomalies(path: Path, camera: str) -> list[tuple[float, float]]:
    """Start and end of a camera's closed events."""
    return [
        (utc(event["start_utc"]), utc(event["end_utc"]))
        for event in lines_of(path, "closed")
        if (event["camera"], event["kind"]) == (camera, "anomaly")
    ]


def lines_of(path: Path, state: str) -> list[dict[str, Any]]:
    """The events of a log in one of their states."""
    events = map(json.loads, path.read_text().splitlines())
    return [event for event in events if event["state"] == state]


def utc(text: str) -> float:
    """Returns the seconds from 1970 to a time in ISO 8601."""
    return datetime.fromisoformat(text).timestamp()


if __name__ == "__main__":
    sys.exit(main())
