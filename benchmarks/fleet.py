"""What a scheduler adds to the work on a video, and what drawing beside scoring saves.

    pip install '.[dask]'
    python benchmarks/fleet.py
    python benchmarks/fleet.py --model demo/model.h5 --img demo/img

A Dask scheduler and one worker run as processes on the loopback address. Short videos, cut from
those at `../shared/data` or `ABNORMAL_DATA` (drawn ones where there are none), go through it one by
one; the worker measures the work itself, and what is left of the time is what sending it there and
back costs. With a model and frames, `test_model.py` also runs on them, figures and all, with
drawing after scoring and beside it, in turns.
"""

import argparse
import contextlib
import functools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from abnormal.models.backend import start_backend  # noqa: E402

start_backend()

import av  # noqa: E402

from abnormal.cli import test  # noqa: E402
from abnormal.datasets.demo import find_demo  # noqa: E402
from abnormal.datasets.extract import extract  # noqa: E402
from abnormal.datasets.folder import find  # noqa: E402
from abnormal.detection import detect  # noqa: E402
from abnormal.detection.job import Job  # noqa: E402
from abnormal.detection.worker import ModelFiles, model_files, score_on_worker  # noqa: E402
from abnormal.inference.videos import source_videos  # noqa: E402
from abnormal.models.model import ModelInfo  # noqa: E402
from abnormal.models.model_file import save_model  # noqa: E402
from abnormal.models.networks import NETWORKS  # noqa: E402
from abnormal.scoring.alarm import Alarm  # noqa: E402
from abnormal.scoring.localisation import DEFAULT_LOCALISER  # noqa: E402
from abnormal.tasks.choose import open_runner  # noqa: E402
from abnormal.video.decode import is_video, open_video  # noqa: E402

JOB = Job({"model": Alarm("l2", 1.0, 1.0)}, DEFAULT_LOCALISER)  # without figures

DATA = Path(os.environ.get("ABNORMAL_DATA", ROOT.parent / "shared" / "data"))
FRAMES, SIZE = 10, 75


def main() -> None:
    """Measures what a scheduler adds and what drawing beside scoring saves, and prints it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", type=int, default=100, help="short ones (default: 100)")
    parser.add_argument("--model", type=Path, help="a calibrated model, to measure drawing")
    parser.add_argument("--img", type=Path, default=Path("img"), help="its test videos")
    parser.add_argument("--turns", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        print_overhead(Path(folder), args.videos)
        if args.model:
            print_drawing(args.model, args.img, Path(folder), args.turns)


def print_overhead(folder: Path, count: int) -> None:
    """Prints the milliseconds that a video takes beyond the work on it."""
    cut(folder / "videos", count)
    (folder / "img").mkdir()
    (folder / "results").mkdir()
    extracting = functools.partial(extract, img=folder / "img", size=SIZE, fps=None)
    ways: dict[str, tuple[Callable[[Any], object], Sequence[Any]]] = {
        "extract": (extracting, find(folder / "videos")),
        "score": (
            functools.partial(score_on_worker, models(folder), JOB),
            source_videos(folder / "videos"),
        ),
    }
    with (
        cluster(folder) as address,
        open_runner(address, [folder / "videos"], folder / "img") as run,
    ):
        assert run
        for name, (task, videos) in ways.items():
            list(run(functools.partial(timed, task), videos[:3]))  # the worker imports and loads
            started = time.perf_counter()
            work = [seconds for _, seconds in run(functools.partial(timed, task), videos)]
            rest = time.perf_counter() - started - sum(work)
            each, beyond = (1000 * seconds / len(videos) for seconds in (sum(work), rest))
            print(f"{name}: {len(work)} videos, {each:.0f} ms of work each, {beyond:.1f} beyond it")


def timed(task: Callable[[Any], object], video: Any) -> float:
    """Does the work on a video; gives the seconds that it took."""
    started = time.perf_counter()
    task(video)
    return time.perf_counter() - started


def cut(folder: Path, count: int) -> None:
    """Writes short videos: stretches of real ones, one after the other."""
    folder.mkdir()
    found = [path for path in sorted(DATA.rglob("*")) if is_video(path)]
    opened = [functools.partial(open_video, path) for path in found]
    sources = opened or [video.open_frames for video in find_demo()]
    written = 0
    for source in sources * count:
        with source() as stream:
            pictures = [frame.image for frame, _ in zip(stream.frames, range(250), strict=False)]
        for first in range(0, len(pictures) - FRAMES + 1, FRAMES):
            if written == count:
                return
            encode(folder / f"{written:04d}.avi", pictures[first : first + FRAMES])
            written += 1


def encode(path: Path, pictures: Sequence[Any]) -> None:
    """Writes an MPEG-4 video of 25 frames a second."""
    with av.open(str(path), "w") as container:
        track = container.add_stream("mpeg4", rate=25)
        track.height, track.width = pictures[0].shape
        track.pix_fmt = "yuv420p"
        for picture in pictures:
            container.mux(track.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
        container.mux(track.encode())


def models(folder: Path) -> ModelFiles:
    """Saves an untrained network, which takes as long as a trained one."""
    path = folder / "model.h5"
    save_model(
        path,
        NETWORKS["spatiotemporal"](FRAMES, SIZE),
        ModelInfo("spatiotemporal", FRAMES, SIZE, 25.0),
    )
    return model_files(["model"], [path], "keras", None)


@contextlib.contextmanager
def cluster(folder: Path, held: Sequence[Sequence[str]] = ((),)) -> Iterator[str]:
    """A scheduler and its workers; gives the address.

    Args:
        folder: For its files.
        held: For each worker what its command begins with.
    """
    file = folder / "scheduler.json"
    common = ["--no-dashboard", "--host", "127.0.0.1", "--scheduler-file", str(file)]
    module = [sys.executable, "-m"]
    worker = [*module, "distributed.cli.dask_worker", "--no-nanny", "--nthreads", "1", *common]
    commands = {"scheduler": [*module, "distributed.cli.dask_scheduler", "--port", "0", *common]}
    for number, before in enumerate(held):
        commands[f"worker{number}"] = [*before, *worker]
    with contextlib.ExitStack() as ending:
        for name, command in commands.items():
            log = ending.enter_context((folder / f"{name}.log").open("wb"))
            process = subprocess.Popen(
                command, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)}
            )
            ending.enter_context(process)
            ending.callback(process.kill)
        import distributed

        with distributed.Client(scheduler_file=str(file), set_as_default=False) as client:
            client.wait_for_workers(len(held))
            address = client.scheduler.address
        yield address


def print_drawing(model: Path, img: Path, folder: Path, turns: int) -> None:
    """Prints how long `test_model.py` takes with one video at a time, and with two."""
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for turn in range(turns + 1):
        for at_a_time, taken in seconds.items():
            detect.VIDEOS_AT_A_TIME = at_a_time
            output = folder / f"results-{turn}-{at_a_time}"
            started = time.perf_counter()
            test.main(["--model", str(model), "--img", str(img), "--output", str(output)])
            if turn:  # the first one warms up
                taken.append(time.perf_counter() - started)
    after, beside = (statistics.median(taken) for taken in seconds.values())
    print(f"drawing after scoring {after:.1f} s, beside it {beside:.1f} s: {after / beside:.2f}")


if __name__ == "__main__":
    main()
