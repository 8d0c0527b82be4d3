"""Watches cameras for an hour while cameras fail, the disk fills up and the receiver goes away.

    python benchmarks/soak.py --minutes 60 --load 20

Four cameras are looped as MJPEG by a process of its own. Every half minute one of them dies, falls
silent or shows black for 15 seconds; in some of these times the receiver of the webhook and the
broker of MQTT (Mosquitto, if it is installed) are down, or the disk is full (a small file system in
memory, which needs `unshare`; without it the disk stays as it is). Each fault has to be told within
ten seconds, each line of stdout has to reach receiver and broker once and in order and to be in
`events.jsonl`, each clip that is named last has to be there, and the memory must not grow. Only of
the oldest events, what is kept may be gone, because half of the small disk is kept at most. The
model is small and untrained, as only its running counts.
"""

import argparse
import contextlib
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.live import memory_mb  # noqa: E402
from benchmarks.mosquitto import PROGRAM  # noqa: E402
from benchmarks.soak_world import (  # noqa: E402
    Broker,
    Program,
    Receiver,
    Street,
    busy,
    full,
    make_model,
)

DISK_MB = 48
FAULT_SEC, CALM_SEC = 15.0, 15.0
TOLD_WITHIN_SEC = 10.0
MEMORY_GROWTH = 1.1
KINDS = {"dead": "disconnected", "silent": "disconnected", "black": "black"}
"""What is done to a camera, and the kind of event that has to be told of it."""


def main() -> int:
    """Prints what came of it; 1 if anything was lost, told late, or grew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--load", type=int, default=0, help="processes that only keep cores busy")
    parser.add_argument("--seed", type=int, default=0, help="of the faults")
    args = parser.parse_args()
    if not os.environ.get("SOAK_INSIDE") and can_mount():
        os.environ["SOAK_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "-rm", sys.executable, *sys.argv])
    with tempfile.TemporaryDirectory() as folder:
        return soak(args, Path(folder))


def can_mount() -> bool:
    """Whether this user may have file systems of their own."""
    with contextlib.suppress(FileNotFoundError):
        return not subprocess.run(["unshare", "-rm", "true"], check=False).returncode
    return False


def soak(args: argparse.Namespace, work: Path) -> int:
    """Runs it in a folder, and returns the exit code."""
    output = work / "results"
    output.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "none", str(output)]
    has_disk = (
        bool(os.environ.get("SOAK_INSIDE")) and not subprocess.run(mount, check=False).returncode
    )
    print("the disk is filled" if has_disk else "the disk is not filled: no unshare", flush=True)
    model, jpegs = make_model(work)
    with contextlib.ExitStack() as around:
        street = around.enter_context(Street(jpegs, args.cameras))
        receiver = around.enter_context(Receiver())
        broker = around.enter_context(Broker(work)) if PROGRAM else None
        around.enter_context(busy(args.load))
        rows = [f"c{number},{url}" for number, url in enumerate(street.urls)]
        (work / "cameras.csv").write_text("\n".join(["name,source", *rows]))
        options = ["--model", model, "--cameras", work / "cameras.csv", "--output", output]
        options += ["--webhook", f"http://me:secret@127.0.0.1:{receiver.port}/"]
        options += ["--mqtt", f"mqtt://127.0.0.1:{broker.port}"] if broker else []
        options += ["--keep-gb", str(DISK_MB / 2000)] if has_disk else []
        program = Program(
            [*options, "--score", "motion", "--threshold", "0.4", "--runtime", "keras"]
        )

        def be(up: bool) -> None:
            receiver.is_up = up
            if broker:
                broker.be(up=up)

        problems = play(args, street, be, program, output if has_disk else None)
        be(up=True)
        time.sleep(3 * CALM_SEC)  # the messages that wait are sent
        problems += program.stop()
        if len(receiver.bodies) < len(program.told):  # the rest is sent by the next run
            follower = Program([*options, "--score", "motion", "--threshold", "0.4"])
            receiver.wait_for(len(program.told))
            follower.stop()
        problems += check(program, output)
        problems += compare("the receiver", receiver.bodies, program)
        problems += compare("the broker", broker.bodies, program) if broker else []
    subprocess.run(["umount", str(output)], check=False) if has_disk else None
    for problem in problems:
        print(f"FAILED: {problem}")
    return int(bool(problems))


def play(
    args: argparse.Namespace,
    street: Street,
    be: Callable[[bool], None],
    program: Program,
    disk: Path | None,
) -> list[str]:
    """Makes things fail one after the other, and returns what was not told in time."""
    draw, problems = random.Random(args.seed), []
    delays: dict[str, list[float]] = {fault: [] for fault in KINDS}
    end_sec = time.monotonic() + 60 * args.minutes
    for cycle in itertools.count():
        if time.monotonic() + FAULT_SEC + CALM_SEC > end_sec:
            break
        wait(CALM_SEC, program)
        camera, fault = draw.randrange(args.cameras), list(KINDS)[cycle % len(KINDS)]
        be(cycle % 4 != 1)
        with full(disk) if disk and cycle % 4 == 2 else contextlib.nullcontext():
            begun_sec = time.monotonic()
            street.order(camera, fault)
            wait(FAULT_SEC, program)
            told = [
                sec - begun_sec
                for sec, event in list(program.told)
                if sec > begun_sec
                and event["state"] == "opened"
                and (event["camera"], event["kind"]) == (f"c{camera}", KINDS[fault])
            ]
            delays[fault] += told[:1]
            if not told or told[0] > TOLD_WITHIN_SEC:
                problems.append(f"c{camera} {fault} was told after {told[:1]} s in cycle {cycle}")
            street.order(camera, "well")
        if program.process.poll() is not None:
            return [*problems, f"the program ended: {program.said[-3:]}"]
    for fault, seconds in delays.items():
        print(f"{fault}: {len(seconds)} told, the latest after {max(seconds, default=0):.1f} s")
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f}", flush=True)
    return problems


def wait(seconds: float, program: Program) -> None:
    """Lets time pass, and notes the memory of the program meanwhile."""
    end_sec = time.monotonic() + seconds
    while time.monotonic() < end_sec and program.process.poll() is None:
        program.memory_mb.append(memory_mb(program.process.pid))
        time.sleep(0.5)


def compare(name: str, bodies: Sequence[bytes], program: Program) -> list[str]:
    """Compares what was told with what somebody got, and returns what is wrong."""
    told = [event for _, event in program.told]
    got = [json.loads(body) for body in list(bodies)]
    once = [event for number, event in enumerate(got) if event not in got[:number]]
    print(f"{len(told)} lines told, {len(got)} to {name}")
    if once[: len(told)] == told:
        return []
    return [f"{name} got {len(once)} of {len(told)} messages, or in another order"]


def check(program: Program, output: Path) -> list[str]:
    """Compares what was told with what was written, and returns what is missing."""
    told = [event for _, event in program.told]
    problems = []
    logged = [json.loads(line) for line in (output / "events.jsonl").read_text().splitlines()]
    print(f"{len(told)} lines told, {len(logged)} in events.jsonl")
    last = {event["id"]: event for event in told}
    kept = {event["id"] for event in logged} & set(last)
    if [event for event in logged if event["id"] in kept] != [
        event for event in told if event["id"] in kept
    ]:
        problems.append("events.jsonl has other lines than stdout")
    # What is more than `--keep-gb` is deleted, the oldest events first.
    deleted = set(last) - kept
    print(f"{len(deleted)} events deleted, the oldest ones")
    if max(map(begun, deleted), default="") > min(map(begun, kept), default="~"):
        problems.append("events.jsonl lacks events that are not the oldest")
    opened = [event["id"] for event in last.values() if event["state"] in ("opened", "updated")]
    if opened:
        problems.append(f"never closed: {opened}")
    for event in last.values():
        if event["id"] in kept and event["clip"] and not Path(event["clip"]).exists():
            problems += [f"there is no clip of {event['id']}"]
    amended = sum(event["state"] == "amended" for event in told)
    print(f"{len(last)} events, {amended} of them without the clip that was announced")
    thirds = [
        program.memory_mb[len(program.memory_mb) * n // 3 :][: len(program.memory_mb) // 3]
        for n in range(3)
    ]
    highest = [max(third, default=0) for third in thirds]
    print(f"memory in thirds of the time, at most: {', '.join(f'{mb:.0f}' for mb in highest)} MB")
    if highest[2] > MEMORY_GROWTH * highest[1]:
        problems.append("the memory grew")
    return problems


def begun(event_id: str) -> str:
    """Returns when an event has begun, in a form that can be compared."""
    return event_id.split("-")[1]  # after the name of the camera


if __name__ == "__main__":
    sys.exit(main())
