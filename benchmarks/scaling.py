"""What a second core gains as a second host, replica or worker, beside what it gains by itself.

    pip install '.[dask,jax]'
    python benchmarks/scaling.py --model demo/model.h5 --img demo/img

Hosts and workers are processes of this machine, each held on a core of its own, so that two of them
have twice what one has, and nothing of the other's. Training: frames a second of the default
network after its first batches, by the progress bar. Scoring: seconds of `test_model.py
--no-figures` on the test videos, given to Dask workers; those are the program's whole time, with
its start and its tables.
"""

import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.fleet import cluster  # noqa: E402
from benchmarks.terminal import open_terminal, read_terminal  # noqa: E402

BATCH = 4
COUNTED = re.compile(rb"epoch \d+/\d+: .*?\| (\d+)/")
PREPARED = 5  # batches until all is compiled and read


def main() -> None:
    """Measures training and scoring on one core and on two, and prints a table of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--img", type=Path, default=Path("demo/img"))
    parser.add_argument("--model", type=Path, default=Path("demo/model.h5"))
    parser.add_argument("--seconds", type=float, default=20.0, help="of each training")
    parser.add_argument("--turns", type=int, default=3)
    args = parser.parse_args()
    one, *others = sorted(os.sched_getaffinity(0))
    if not others:
        sys.exit("There is one core here, but a second one is what is measured.")
    two = [one, others[0]]
    trainings = {
        "jax, one host, one core": ("jax", 1, [[one]]),
        "jax, two hosts, a core each": ("jax", 2, [[core] for core in two]),
        "jax, one host, both cores": ("jax", 1, [two]),
        "tensorflow, one core": ("tensorflow", 1, [[one]]),
        "tensorflow, both cores": ("tensorflow", 1, [two]),
    }
    with tempfile.TemporaryDirectory() as folder:
        print_ratios(
            "training, frames a second",
            {
                name: [training_rate(args, *way, Path(folder)) for _ in range(args.turns)]
                for name, way in trainings.items()
            },
        )
    workers = {"one worker, one core": [[one]], "two workers, a core each": [[c] for c in two]}
    print_ratios(
        "scoring, videos a minute",
        {
            name: [scoring_rate(args, cores) for _ in range(args.turns)]
            for name, cores in workers.items()
        },
    )


def print_ratios(title: str, rates: dict[str, list[float]]) -> None:
    """Prints medians, and of the first row what the others are times."""
    medians = {name: statistics.median(found) for name, found in rates.items()}
    first = next(iter(medians.values()))
    print(f"\n{title:<34}{'median':>8}{'spread':>16}{'of the first':>14}")
    for name, found in rates.items():
        spread = f"{min(found):.1f} - {max(found):.1f}"
        print(f"{name:<34}{medians[name]:>8.1f}{spread:>16}{medians[name] / first:>14.2f}")
    sys.stdout.flush()


def training_rate(
    args: argparse.Namespace, backend: str, hosts: int, cores: list[list[int]], folder: Path
) -> float:
    """Frames a second of all hosts together."""
    command = [sys.executable, ROOT / "train_model.py", "--img", args.img, "--restart"]
    command += ["--output", folder / "model.h5", "--batch-size", BATCH]
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    processes = []
    reading, writing = open_terminal()
    for index, own in enumerate(cores):
        addresses = ["--coordinator", address, "--hosts", hosts, "--host-index", index]
        together = ["--distribute", "hosts", *addresses] if hosts > 1 else ["--distribute", "none"]
        processes.append(
            subprocess.Popen(
                [*held(own), *map(str, command + together)],
                env={**os.environ, "KERAS_BACKEND": backend},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL if index else writing,
            )
        )
    os.close(writing)
    try:
        return counted(reading, args.seconds)
    finally:
        os.close(reading)
        for process in processes:
            process.kill()
            process.wait()


def counted(terminal: int, seconds: float) -> float:
    """Frames that a training's progress bar counts a second, of the first epoch."""
    shown, began = b"", None
    for shown in read_terminal(terminal):
        found = COUNTED.findall(shown)
        frames, now = int(found[-1]) if found else 0, time.perf_counter()
        if began is None and frames >= PREPARED * BATCH * 10:
            began = (now, frames)
        if began and now - began[0] > seconds:
            return (frames - began[1]) / (now - began[0])
    sys.exit(shown.decode(errors="replace"))


def scoring_rate(args: argparse.Namespace, cores: list[list[int]]) -> float:
    """Test videos a minute that workers on these cores score."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        with cluster(here, [held(own) for own in cores]) as address:
            command = [
                sys.executable,
                ROOT / "test_model.py",
                "--model",
                args.model,
                "--img",
                args.img,
            ]
            command += ["--output", here / "results", "--no-figures", "--scheduler", address]
            seconds = []
            for _ in range(2):  # the first loads the model in each worker
                started = time.perf_counter()
                subprocess.run([str(part) for part in command], check=True, capture_output=True)
                seconds.append(time.perf_counter() - started)
            videos = len([path for path in (args.img / "testing").iterdir() if path.is_dir()])
    return 60 * videos / seconds[-1]


def held(cores: list[int]) -> list[str]:
    """What holds a command on some cores."""
    return ["taskset", "--cpu-list", ",".join(map(str, cores))]


if __name__ == "__main__":
    main()
