"""Kills training or testing again and again, and proves that nothing comes of it.

    python benchmarks/chaos.py --runs 25
    python benchmarks/chaos.py --program test --runs 12

Each run is started, killed with SIGKILL at random moments of its work, and started again with the
same command until it ends. What comes out has to be that of a run left alone, bit for bit: of
training the weights, history and calibration; of testing all tables and plots, and the same files
besides. The footage is drawn and the frames are small, so that a run takes seconds; checkpoints are
written after every batch, so that many of the kills fall into a save.
"""

import argparse
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import h5py

from abnormal.datasets.demo import find_demo
from abnormal.datasets.extract import extract_all
from abnormal.frames.manifest import write_manifest

ROOT = Path(__file__).resolve().parent.parent
SIZE = 35


def main() -> int:
    """Runs the kills and returns 1 if any run ended otherwise than the one left alone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", choices=("train", "test"), default="train")
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--kills", type=int, default=3, help="of a run, at most")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the kills")
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        draw_footage(work / "img")
        if args.program == "test":
            start(train, work, "model", None)
        program = {"train": train, "test": test}[args.program]
        whole_sec = start(program, work, "whole", None)
        failures = sum(
            not survives(program, work, f"run{number}", draw_kills(args, number, whole_sec))
            for number in range(args.runs)
        )
    print(f"{args.runs - failures} passed, {failures} failed")
    return int(failures > 0)


def draw_footage(img: Path) -> None:
    """Draws three short normal videos, and those to test."""
    for extraction in extract_all(find_demo(3, clip_frames=40), img, SIZE, None, 2):
        assert not extraction.problem, extraction
    write_manifest(img)


class Program(NamedTuple):
    """A program that is killed.

    Attributes:
        command: Makes its command line from the folder of the work and the name of the run.
        sign: What it says on stderr when its work begins.
        contents: Reads what came out, by name, from the folder of the run.
    """

    command: Callable[[Path, str], list[str]]
    sign: bytes
    contents: Callable[[Path], dict[str, bytes]]


def start(program: Program, work: Path, name: str, kill_after_sec: float | None) -> float:
    """Runs a program, which goes on with what it did before, in a process of its own.

    Args:
        program: The program.
        work: Where `img/` is and the results go.
        name: Of the run.
        kill_after_sec: When to kill it, counted from the first sign of work; None for never.

    Returns:
        Seconds that the work took, or infinity if it was killed.
    """
    process = subprocess.Popen(
        [sys.executable, *program.command(work, name)],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
    )
    assert process.stderr is not None
    said = bytearray()
    while program.sign not in said and (piece := os.read(process.stderr.fileno(), 4096)):
        said += piece
    started = time.monotonic()
    try:
        _, rest = process.communicate(timeout=kill_after_sec)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return math.inf
    if process.returncode:
        raise RuntimeError(f"it failed:\n{(said + rest).decode()}")
    return time.monotonic() - started


def train_command(work: Path, name: str) -> list[str]:
    """Trains a small network, with a checkpoint after every batch."""
    options = "--clip-length 4 --batch-size 2 --epochs 3 --strides 1 2 --checkpoint-every 0.001"
    command = [str(ROOT / "train_model.py"), *options.split(), "--size", str(SIZE)]
    return [*command, "--img", str(work / "img"), "--output", str(work / name / "model.h5")]


def test_command(work: Path, name: str) -> list[str]:
    """Tests all videos with a model, and draws everything."""
    options = ["--runtime", "keras", "--model", str(work / "model" / "model.h5")]
    command = [str(ROOT / "test_model.py"), *options, "--img", str(work / "img")]
    return [*command, "--output", str(work / name)]


def draw_kills(args: argparse.Namespace, run: int, whole_sec: float) -> list[float]:
    """Draws when a run is killed: seconds after it begins, or goes on, to train."""
    moments = random.Random(f"{args.seed} {run}")
    return [moments.uniform(0, whole_sec) for _ in range(moments.randint(1, args.kills))]


def survives(program: Program, work: Path, name: str, kills: list[float]) -> bool:
    """Kills a run, and compares what comes out with that of the run left alone."""
    done = [start(program, work, name, kill) for kill in kills]
    if done[-1] == math.inf:
        start(program, work, name, None)
    same = program.contents(work / name) == program.contents(work / "whole")
    left = list((work / name).rglob(".partial-*"))
    shown = ", ".join(f"{kill:.2f} s" for kill in kills)
    how = "DIFFERENT" if not same else f"LEFT {left}" if left else "the same"
    print(f"{name}: kill after {shown}: {how}", flush=True)
    shutil.rmtree(work / name)
    return same and not left


def contents_of_model(folder: Path) -> dict[str, bytes]:
    """Everything in a model file, by name, as bytes."""
    found: dict[str, bytes] = {}

    def note(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset):
            value = item[()]
            found[name] = value if isinstance(value, bytes) else value.tobytes()

    with h5py.File(folder / "model.h5", "r") as file:
        file.visititems(note)
    return found


def contents_of_results(folder: Path) -> dict[str, bytes]:
    """All files of results by name; the encoder of videos does not repeat itself."""
    found = {}
    for path in sorted(folder.rglob("*.*")):
        content = path.read_bytes() if path.suffix not in {".mp4", ".html"} else b""
        found[str(path.relative_to(folder))] = content
    return found


train = Program(train_command, b"frames to train on", contents_of_model)
test = Program(test_command, b"computed by", contents_of_results)


if __name__ == "__main__":
    sys.exit(main())
