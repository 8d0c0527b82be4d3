"""Kills training again and again, and proves that nothing comes of it.

    python benchmarks/chaos.py --runs 25

Each run is started, killed with SIGKILL at random moments of its training, and started again with
the same command until it ends. Its model has to be that of a run left alone, bit for bit: weights,
history and calibration. The footage is drawn and the frames are small, so that a run takes seconds;
checkpoints are written after every batch, so that many of the kills fall into a save.
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
from pathlib import Path

import h5py

from abnormal.datasets.demo import find_demo
from abnormal.datasets.extract import extract_all
from abnormal.datasets.source import TRAINING
from abnormal.frames.manifest import write_manifest

ROOT = Path(__file__).resolve().parent.parent
SIZE = 35


def main() -> int:
    """Runs the kills and returns 1 if any run ended otherwise than the one left alone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--kills", type=int, default=3, help="of a run, at most")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the kills")
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        draw_footage(work / "img")
        whole_sec = train(work, "whole", None)
        failures = sum(
            not survives(work, f"run{number}", draw_kills(args, number, whole_sec))
            for number in range(args.runs)
        )
    print(f"{args.runs - failures} passed, {failures} failed")
    return int(failures > 0)


def draw_footage(img: Path) -> None:
    """Draws three short normal videos."""
    videos = find_demo(training_clips=3, clip_frames=40)
    normal = [video for video in videos if video.split == TRAINING]
    for extraction in extract_all(normal, img, SIZE, None, 2):
        assert not extraction.problem, extraction
    write_manifest(img)


def train(work: Path, name: str, kill_after_sec: float | None) -> float:
    """Trains, or goes on training, in a process of its own.

    Args:
        work: Where `img/` is and the model goes.
        name: Of the model.
        kill_after_sec: When to kill it, counted from the first sign of training; None for never.

    Returns:
        Seconds that the training took, or infinity if it was killed.
    """
    options = "--clip-length 4 --batch-size 2 --epochs 3 --strides 1 2 --checkpoint-every 0.001"
    command = [sys.executable, str(ROOT / "train_model.py"), *options.split(), "--size", str(SIZE)]
    command += ["--img", str(work / "img"), "--output", str(work / name / "model.h5")]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
    )
    assert process.stderr is not None
    said = bytearray()
    while b"frames to train on" not in said and (piece := os.read(process.stderr.fileno(), 4096)):
        said += piece
    started = time.monotonic()
    try:
        _, rest = process.communicate(timeout=kill_after_sec)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return math.inf
    if process.returncode:
        raise RuntimeError(f"training failed:\n{(said + rest).decode()}")
    return time.monotonic() - started


def draw_kills(args: argparse.Namespace, run: int, whole_sec: float) -> list[float]:
    """Draws when a run is killed: seconds after it begins, or goes on, to train."""
    moments = random.Random(f"{args.seed} {run}")
    return [moments.uniform(0, whole_sec) for _ in range(moments.randint(1, args.kills))]


def survives(work: Path, name: str, kills: list[float]) -> bool:
    """Kills a run, and compares its model with that of the run left alone."""
    done = [train(work, name, kill) for kill in kills]
    if done[-1] == math.inf:
        train(work, name, None)
    saving = len(list((work / name / "checkpoints" / "model").glob(".partial-*")))
    same = contents(work / name / "model.h5") == contents(work / "whole" / "model.h5")
    shown = ", ".join(f"{kill:.2f} s" for kill in kills)
    print(f"{name}: kill after {shown}: {'the same' if same else 'DIFFERENT'}", flush=True)
    shutil.rmtree(work / name)
    return same and not saving


def contents(model: Path) -> dict[str, bytes]:
    """Everything in a model file, by name, as bytes."""
    found: dict[str, bytes] = {}

    def note(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset):
            value = item[()]
            found[name] = value if isinstance(value, bytes) else value.tobytes()

    with h5py.File(model, "r") as file:
        file.visititems(note)
    return found


if __name__ == "__main__":
    sys.exit(main())
