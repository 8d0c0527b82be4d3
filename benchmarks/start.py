"""What it costs to start: `--help`, a training up to its first step, and the test of a short video.

    python benchmarks/start.py --img demo/img --model demo/model.h5

Turn by turn: an empty program that imports argparse beside `--help` of each program; importing
TensorFlow beside `train_model.py` until its first step is done, its cache of frames built before;
and `test_model.py` to its end on six seconds of 640x360, with and without figures, its network
converted before.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.end_to_end import write_video  # noqa: E402
from benchmarks.terminal import open_terminal, read_terminal  # noqa: E402

EMPTY = "import argparse; argparse.ArgumentParser().parse_args()"
PROGRAMS = ("preprocess.py", "train_model.py", "test_model.py")
VIDEO_FRAMES = 150


def main() -> None:
    """Times `--help`, the way to the first training step, and the test of a short video."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--img", type=Path, default=Path("demo/img"))
    parser.add_argument("--model", type=Path, default=Path("demo/model.h5"))
    parser.add_argument("--turns", type=int, default=9)
    args = parser.parse_args()
    empty = [sys.executable, "-c", EMPTY]
    commands = [empty, *([sys.executable, str(ROOT / name), "--help"] for name in PROGRAMS)]
    seconds = np.array([[timed(command) for command in commands] for _ in range(args.turns)])
    for name, ratio in zip(PROGRAMS, np.median(seconds / seconds[:, :1], axis=0)[1:], strict=True):
        print(f"{name} --help takes {ratio:.2f} times as long as an empty program")
    with tempfile.TemporaryDirectory() as folder:
        command = training(args.img, Path(folder))
        until_first_step(command)  # builds the cache
        pairs = [
            (timed([sys.executable, "-c", "import tensorflow"]), until_first_step(command))
            for _ in range(max(1, args.turns // 3))
        ]
    later = np.median([whole - bare for bare, whole in pairs])
    print(f"the first training step is done {later:.1f} s after TensorFlow would be imported")
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "street.mp4"
        write_video(video, VIDEO_FRAMES)
        command = testing(args.model, video, Path(folder))
        options: tuple[list[str], ...] = ([], ["--no-figures"])
        timed(command)  # converts the network
        turns = [[timed(command + more) for more in options] for _ in range(args.turns)]
    drawn, plain = np.median(turns, axis=0)
    print(f"six seconds of video are tested in {drawn:.1f} s, and in {plain:.1f} s without figures")


def timed(command: list[str]) -> float:
    """Seconds that a process takes."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def training(img: Path, folder: Path) -> list[str]:
    """Trains the default network, from the beginning each time."""
    command = [sys.executable, "-u", str(ROOT / "train_model.py"), "--img", str(img), "--restart"]
    return [*command, "--output", str(folder / "model.h5")]


def testing(model: Path, video: Path, folder: Path) -> list[str]:
    """Tests a video of a street on which nothing unusual happens."""
    command = [sys.executable, str(ROOT / "test_model.py"), "--model", str(model), "--source"]
    return [*command, str(video), "--camera", "street", "--output", str(folder / "results")]


def until_first_step(command: list[str]) -> float:
    """Seconds until the progress bar has counted a batch; the training is stopped then."""
    started = time.perf_counter()
    reading, writing = open_terminal()
    with subprocess.Popen(command, stderr=writing, stdout=subprocess.DEVNULL) as process:
        os.close(writing)
        shown = b""
        for shown in read_terminal(reading):
            if re.search(rb"epoch 1/\d+: .*\| [1-9]\d*/", shown):
                break
        else:
            sys.exit(shown.decode(errors="replace"))
        seconds = time.perf_counter() - started
        process.send_signal(signal.SIGKILL)
    os.close(reading)
    return seconds


if __name__ == "__main__":
    main()
