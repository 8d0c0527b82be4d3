"""How fast a video file is tested, decoding included, against the network alone.

    python benchmarks/end_to_end.py --model demo/model.h5

A drawn street of 640x360 pixels is written as H.264. Then, turn by turn in one process, stock
Keras scores clips, the program's runtime scores the same clips, and `test_model.py --source`
with `--no-figures` tests the video: by all scores, and by one that needs no optical flow.
"""

import argparse
import contextlib
import io
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from abnormal.cli.test import main as test_model
from abnormal.datasets.demo import find_demo
from abnormal.video.encode import open_encoder

HEIGHT, WIDTH, FPS = 360, 640, 25.0
CLIPS = 4


def main() -> None:
    """Prints frames a second and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path("demo/model.h5"))
    parser.add_argument("--runtime", default="auto")
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--turns", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "street.mp4"
        write_video(video, args.frames)
        report(args, ways(args, video))


def write_video(path: Path, frames: int) -> None:
    """Writes a video of the drawn street on which nothing unusual happens."""
    source = find_demo(training_clips=1, clip_frames=min(frames, 500))[0]
    with source.open_frames() as stream, open_encoder(path, FPS) as write:
        pictures = [
            cv2.resize(frame.get_rgb() if frame.get_rgb else frame.image, (WIDTH, HEIGHT))
            for frame in stream.frames
        ]
        for number in range(frames):
            picture = pictures[number % len(pictures)]
            write(picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2))


def ways(args: argparse.Namespace, video: Path) -> dict[str, tuple[int, Callable[[], object]]]:
    """Name: how many frames it does, and what does it."""
    from abnormal.models.backend import start_backend

    start_backend()
    from abnormal.inference.detector import open_detector
    from abnormal.models.model_file import load_model

    stock = load_model(args.model).network
    detector = open_detector(args.model, "model", args.runtime)
    length, size = detector.info.clip_length, detector.info.size
    clips = np.random.default_rng(0).random((CLIPS, length, size, size, 1), np.float32)
    batches = -(-args.frames // (CLIPS * length))
    alone = batches * CLIPS * length

    def times(reconstruct: Callable[[np.ndarray], object]) -> Callable[[], object]:
        return lambda: [reconstruct(clips) for _ in range(batches)]

    def test(*options: str) -> Callable[[], object]:
        return lambda: run_test(args, video, *options)

    return {
        "stock Keras, network alone": (alone, times(stock.predict_on_batch)),
        f"{detector.runtime}, network alone": (alone, times(detector.reconstruct)),
        "test_model.py --score l2": (args.frames, test("--score", "l2")),
        "test_model.py": (args.frames, test()),
    }


def run_test(args: argparse.Namespace, video: Path, *options: str) -> None:
    """The program, in this process: what it costs to start is not a matter of frames."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["--model", args.model, "--source", video, "--output", folder, "--no-figures"]
        command += ["--runtime", args.runtime, "--camera", "street", *options]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            if code := test_model([str(part) for part in command]):
                sys.exit(f"test_model.py ended with {code}")


def report(args: argparse.Namespace, found: dict[str, tuple[int, Callable[[], object]]]) -> None:
    """Lets them take turns, and prints medians."""
    seconds: dict[str, list[float]] = {name: [] for name in found}
    for _, work in found.values():
        work()
    for _ in range(args.turns):
        for name, (_, work) in found.items():
            started = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - started)
    rates = {name: found[name][0] / np.array(taken) for name, taken in seconds.items()}
    stock, alone = list(rates.values())[:2]
    print(f"{args.frames} frames of {WIDTH}x{HEIGHT}; medians of {args.turns} turns")
    print(f"{'':<34}{'frames/s':>10}{'of stock':>10}{'of alone':>10}")
    for name, rate in rates.items():
        ratios = np.median(rate / stock), np.median(rate / alone)
        print(f"{name:<34}{np.median(rate):>10.1f}{ratios[0]:>10.2f}{ratios[1]:>10.2f}")


if __name__ == "__main__":
    main()
