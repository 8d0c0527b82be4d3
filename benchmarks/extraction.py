"""Frames per second of extraction beside the `ffmpeg` command, and memory against length.

    apt-get install ffmpeg
    python benchmarks/extraction.py

Both decode the same videos (CUHK Avenue at `../shared/data` or where `ABNORMAL_DATA` points; drawn
ones where there is none), make grey frames of 227x227 by area, and write them as jpg of equal
quality. They take turns, so that what else the machine does meets both; the best turn of each
counts. The time of `preprocess.py` is that of the whole command, its start included. `ffmpeg` runs
video after video, as a user's loop would, and again with as many videos at a time as cores.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import av
import numpy as np

from abnormal.datasets.demo import find_demo
from abnormal.video.decode import is_video, open_video
from abnormal.video.pictures import list_pictures, read_picture
from abnormal.video.resample import resize

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("ABNORMAL_DATA", ROOT.parent / "shared" / "data"))
SIZE = 227
FFMPEG_QUALITY = ["-qmin", "1", "-q:v", "1"]
"""The best that its jpg encoder has: see the decibels that are printed beside the speed."""
MINUTES = (1, 10, 60)


def main() -> int:
    """Times each way of extracting frames, and prints how fast it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", type=Path, default=DATA / "avenue")
    parser.add_argument("--turns", type=int, default=3)
    args = parser.parse_args()
    if not shutil.which("ffmpeg"):
        print("There is no ffmpeg command: install it with `apt-get install ffmpeg`.")
        return 1
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        work = Path(folder)
        compare_speed(gather(args.videos, work / "videos"), work, args.turns)
        for minutes in MINUTES:
            print_memory(minutes, work)
    return 0


def gather(folder: Path, to: Path) -> list[Path]:
    """Links to all videos in one folder without labels; drawn ones where there are none."""
    to.mkdir()
    found = [path for path in sorted(folder.rglob("*")) if is_video(path)]
    for path in found:
        (to / f"{path.parent.name}_{path.name}").symlink_to(path)
    if not found:
        print(f"{folder} has no videos: they are drawn")
        for number, video in enumerate(find_demo()):
            with video.open_frames() as stream:
                pictures = [frame.image for frame in stream.frames]
            encode(to / f"{number}.avi", pictures)
    return sorted(to.iterdir())


def encode(path: Path, pictures: list[np.ndarray]) -> None:
    """Writes an MPEG-4 video of 25 frames a second."""
    with av.open(str(path), "w") as container:
        track = container.add_stream("mpeg4", rate=25)
        track.height, track.width = pictures[0].shape
        track.pix_fmt, track.bit_rate = "yuv420p", 3_000_000
        for picture in pictures:
            container.mux(track.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
        container.mux(track.encode())


def compare_speed(videos: list[Path], work: Path, turns: int) -> None:
    """Lets both do the same work in turns."""
    cores = os.cpu_count() or 1
    ways: dict[str, Callable[[Path], None]] = {
        "preprocess.py": partial(run_ours, videos[0].parent),
        "ffmpeg, video after video": partial(run_ffmpeg, videos, 1),
        f"ffmpeg, {cores} at a time": partial(run_ffmpeg, videos, cores),
    }
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(turns):
        for way, run in ways.items():
            out = work / "out"
            started = time.perf_counter()
            run(out)
            best[way] = min(best[way], time.perf_counter() - started)
            quality = describe(out, videos[0])
            frames = sum(1 for _ in out.rglob("*.jpg"))
            print(f"{way}: {frames} frames, {frames / best[way]:.0f} a second, {quality}")
            shutil.rmtree(out)
    ours = best.pop("preprocess.py")
    for way, seconds in best.items():
        print(f"preprocess.py is {seconds / ours:.2f} times as fast as {way}")


def run_ours(videos: Path, out: Path) -> None:
    """Extracts the frames with `preprocess.py`, its start included."""
    command = [sys.executable, ROOT / "preprocess.py", "--dataset", "folder"]
    subprocess.run(
        [*command, "--videos", videos, "--img", out, "--size", str(SIZE)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def run_ffmpeg(videos: list[Path], at_a_time: int, out: Path) -> None:
    """One command for each video."""
    with ThreadPoolExecutor(at_a_time) as pool:
        list(pool.map(partial(_ffmpeg_one, out), videos))


def _ffmpeg_one(out: Path, video: Path) -> None:
    folder = out / "training" / video.stem
    folder.mkdir(parents=True)
    scaled = f"scale={SIZE}:{SIZE}:flags=area,format=gray"
    command = ["ffmpeg", "-v", "error", "-i", video, "-vf", scaled, *FFMPEG_QUALITY]
    subprocess.run([*command, "-start_number", "0", folder / "%06d.jpg"], check=True)


def describe(out: Path, video: Path) -> str:
    """How true the frames of a video are to their source, and how large."""
    errors, sizes = [], []
    with open_video(video) as stream:
        for path, frame in zip(
            list_pictures(out / "training" / video.stem), stream.frames, strict=False
        ):
            difference = read_picture(path).astype(float) - resize(frame.image, SIZE, SIZE)
            errors.append(np.mean(difference**2))
            sizes.append(path.stat().st_size)
    return f"{10 * np.log10(255**2 / np.mean(errors)):.1f} dB, {np.mean(sizes) / 1000:.1f} kB each"


def print_memory(minutes: int, work: Path) -> None:
    """The peak of the largest process while one video of some length is extracted."""
    minute, video = work / "minute.avi", work / "long" / f"{minutes}.avi"
    if not minute.exists():
        draw = np.random.default_rng(0)
        street = draw.integers(0, 200, (360 + 150, 640), np.uint8) // 8 * 4
        encode(minute, [street[shift % 150 :][:360] for shift in range(60 * 25)])
    video.parent.mkdir(exist_ok=True)
    loop = ["-stream_loop", str(minutes - 1), "-i", minute, "-c", "copy", video]
    subprocess.run(["ffmpeg", "-v", "error", *loop], check=True)
    out = work / "out"
    command = [sys.executable, ROOT / "preprocess.py", "--videos", video, "--img", out]
    started = time.perf_counter()
    process = subprocess.Popen(
        [*map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    frames = sum(1 for _ in out.rglob("*.jpg"))
    print(
        f"{minutes} minutes: {frames} frames, {frames / seconds:.0f} a second, "
        f"at most {usage.ru_maxrss / 1024:.0f} MB in any process"
    )
    shutil.rmtree(out)
    shutil.rmtree(video.parent)


if __name__ == "__main__":
    sys.exit(main())
