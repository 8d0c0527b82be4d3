"""Kills preprocessing, training or testing again and again, and proves that nothing comes of it.

    python benchmarks/chaos.py --runs 25
    python benchmarks/chaos.py --arch lstm_stcae --runs 25
    python benchmarks/chaos.py --program preprocess --runs 12
    python benchmarks/chaos.py --program test --runs 12

Each run is started, killed with SIGKILL at random moments of its work, and started again with the
same command until it ends. What comes out has to be that of a run left alone, bit for bit: of
preprocessing all files; of training the weights, history and calibration; of testing all tables and
plots, and the same files besides. The footage is short and the frames are small, so that a run
takes seconds; checkpoints are written after every batch, so that many of the kills fall into a
save.
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
from functools import partial
from pathlib import Path
from typing import NamedTuple

import av
import h5py
import numpy as np

from abnormal.datasets.demo import find_demo
from abnormal.datasets.extract import extract_all
from abnormal.frames.manifest import write_manifest
from abnormal.models.defaults import ARCHITECTURES, CAE, LSTM_STCAE, SPATIOTEMPORAL, STCAE

ROOT = Path(__file__).resolve().parent.parent
SIZES = {SPATIOTEMPORAL: 35, LSTM_STCAE: 35, CAE: 36, STCAE: 83}
"""Small frames that each network can reproduce."""
SIZE = 35
"""Of the stored frames, whatever the network."""


def main() -> int:
    """Runs the kills and returns 1 if any run ended otherwise than the one left alone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", choices=PROGRAMS, default="train")
    parser.add_argument("--arch", choices=ARCHITECTURES, default=SPATIOTEMPORAL)
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--kills", type=int, default=3, help="of a run, at most")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the kills")
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        draw_footage(work / "img")
        train = Program(partial(train_command, args.arch), b"frames to train on", contents_of_model)
        if args.program == "test":
            start(train, work, "model", None)
        if args.program == "preprocess":
            write_videos(work / "videos")
        program = PROGRAMS[args.program] or train
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


def write_videos(folder: Path) -> None:
    """Writes short videos of noise, which are the slowest to decode."""
    random_pictures = np.random.default_rng(0)
    for name in ("training/01", "training/02", "testing/01"):
        path = (folder / name).with_suffix(".avi")
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w") as container:
            stream = container.add_stream("mjpeg", 25, options={"qscale": "2"})
            stream.height, stream.width, stream.pix_fmt = 480, 640, "yuvj420p"
            for _ in range(60):
                picture = random_pictures.integers(0, 255, (480, 640), np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "gray")))
            container.mux(stream.encode())


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


def preprocess_command(work: Path, name: str) -> list[str]:
    """Cuts videos into frames, in two processes."""
    options = ["--workers", "2", "--videos", str(work / "videos")]
    return [str(ROOT / "preprocess.py"), *options, "--img", str(work / name)]


def train_command(arch: str, work: Path, name: str) -> list[str]:
    """Trains a small network, with a checkpoint after every batch."""
    options = "--batch-size 2 --epochs 3 --strides 1 2 --checkpoint-every 0.001"
    options += f" --arch {arch} --clip-length {4 if ARCHITECTURES[arch].clip_length > 1 else 1}"
    command = [str(ROOT / "train_model.py"), *options.split(), "--size", str(SIZES[arch])]
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


def contents_of_img(folder: Path) -> dict[str, bytes]:
    """All files of a folder of frames by name."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def contents_of_results(folder: Path) -> dict[str, bytes]:
    """All files of results by name; the encoder of videos does not repeat itself."""
    found = {}
    for path in sorted(folder.rglob("*.*")):
        content = path.read_bytes() if path.suffix not in {".mp4", ".html"} else b""
        found[str(path.relative_to(folder))] = content
    return found


PROGRAMS = {
    "preprocess": Program(preprocess_command, b"video", contents_of_img),
    "train": None,  # it depends on the architecture
    "test": Program(test_command, b"computed by", contents_of_results),
}
"""The programs by name."""


if __name__ == "__main__":
    sys.exit(main())
