"""Some 370 video files, read by this program and by the `ffmpeg` command, which have to agree.

    apt-get install ffmpeg
    python benchmarks/media.py

`ffmpeg` makes the files: containers and codecs at several frame rates, uneven and late time stamps,
pauses, orientations and pixel formats. It then reads them again, in another version than the one in
PyAV. Compared are the number of frames, their order and pixels (`ffmpeg -fps_mode passthrough`),
their times (`ffprobe`), and the frames at another rate (`ffmpeg -vf fps`).
"""

import argparse
import dataclasses
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np

from abnormal.video.decode import limit_threads, open_video
from abnormal.video.resample import at_rate
from abnormal.video.stream import Frame
from abnormal.video.times import is_gap

FRAMES, HEIGHT, WIDTH = 50, 96, 128
RESAMPLED_FPS = 7
TOLERATED_GREY = 2
"""So many grey levels may a pixel differ, because versions of FFmpeg round differently."""
TOLERATED_SEC = 0.0011
"""So many seconds may times differ, because many containers round them to milliseconds."""
SAME_TIME_US = 600
"""Times that differ by less are equal when frames are resampled, in microseconds."""

X264, B_FRAMES = ("-c:v", "libx264", "-g", "20"), ("-bf", "2")
X265 = ("-c:v", "libx265", "-x265-params", "log-level=none")
MPEG2 = ("-c:v", "mpeg2video", "-q:v", "2")
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8")

WITH_STAMPS = {
    "mp4": [(*X264, "-bf", "0"), (*X264, *B_FRAMES), X265, ("-c:v", "mpeg4"), VP9],
    "mov": [(*X264, *B_FRAMES), ("-c:v", "mjpeg"), ("-c:v", "png"), ("-c:v", "prores_ks")],
    "mkv": [(*X264, *B_FRAMES), X265, ("-c:v", "mpeg4"), ("-c:v", "ffv1"), ("-c:v", "mjpeg")],
    "webm": [("-c:v", "libvpx"), VP9],
    "ts": [(*X264, *B_FRAMES), X265],
    "flv": [(*X264, *B_FRAMES), ("-c:v", "flv")],
    "asf": [("-c:v", "wmv2"), ("-c:v", "msmpeg4")],
    "nut": [(*X264, *B_FRAMES), ("-c:v", "huffyuv")],
}
"""Containers in which each picture has a time stamp of its own."""

AT_A_RATE = {
    "avi": [(*X264, "-bf", "3"), ("-c:v", "mpeg4"), ("-c:v", "mpeg4", *B_FRAMES),
            ("-c:v", "mjpeg"), ("-c:v", "ffv1"), ("-c:v", "huffyuv"), ("-c:v", "rawvideo")],
    "mkv": [(*MPEG2, *B_FRAMES)],
    "ts": [(*MPEG2, *B_FRAMES)],
    "mpg": [MPEG2, (*MPEG2, *B_FRAMES), ("-c:v", "mpeg1video", "-q:v", "2")],
    "ogv": [("-c:v", "libtheora", "-q:v", "9")],
    "y4m": [()],
    "h264": [(*X264, *B_FRAMES)],
    "hevc": [X265],
    "m2v": [(*MPEG2, *B_FRAMES)],
}  # fmt: skip
"""Containers whose pictures come at a rate."""

RATES = ["24000/1001", "25", "30000/1001", "60"]
"""Frame rates that all codecs have."""
OTHER_RATES = ["5", "12.5", "15"]
"""Frame rates that MPEG-1 and MPEG-2 do not have."""

STAMPS = {
    "uneven": "setpts='(N+0.4*sin(7*N))/25/TB'",
    "frames left out": "setpts='N/25/TB',select='not(between(mod(n,10),4,6))'",
    "a rate that changes": "setpts='if(lt(N,25),N/25,1+(N-25)/10)/TB'",
    "a pause": "setpts='(N/25+60*gte(N,20))/TB'",
    "late": "setpts='(N/25+1000)/TB'",
}
PIXEL_FORMATS = {
    "mp4": [(X264, "yuv420p"), (X264, "yuvj420p"), (X264, "yuv444p"), (X264, "yuv420p10le")],
    "mkv": [(("-c:v", "ffv1"), kind) for kind in ("gray", "gray16le", "yuv422p", "bgr0")],
    "avi": [(("-c:v", "rawvideo"), "bgr24"), (("-c:v", "mjpeg"), "yuvj422p")],
    "mov": [(("-c:v", "png"), "rgb24"), (("-c:v", "prores_ks"), "yuv422p10le")],
}


@dataclass(frozen=True)
class File:
    """A file to make.

    Attributes:
        kind: What is tried with it.
        ending: Ending of its name.
        codec: Options of `ffmpeg` for its codec.
        rate: Frames per second.
        filters: Filters of `ffmpeg` that change the time stamps; empty for none.
        more: Further options of `ffmpeg`.
    """

    kind: str
    ending: str
    codec: tuple[str, ...]
    rate: str = "25"
    filters: str = ""
    more: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """What this program and `ffmpeg` have in common about a file; each a bool.

    Attributes:
        count: The number of frames.
        order: Which picture is which.
        times: The time of each frame.
        resampled: The frames at another rate.
    """

    count: bool
    order: bool
    times: bool
    resampled: bool


def files() -> Iterator[File]:
    """Yields the files to make."""
    for ending, codecs in WITH_STAMPS.items():
        for codec, rate in itertools.product(codecs, RATES + OTHER_RATES):
            yield File("rates, with stamps", ending, codec, rate)
    for ending, codecs in AT_A_RATE.items():
        for codec in codecs:
            is_mpeg = "mpeg1video" in codec or "mpeg2video" in codec
            for rate in RATES if is_mpeg else RATES[:2] + OTHER_RATES:
                yield File("rates, without stamps", ending, codec, rate)
    for ending, codecs in WITH_STAMPS.items():
        for codec, (kind, filters) in itertools.product(codecs[:3], STAMPS.items()):
            yield File(kind, ending, codec, "25", f"settb=1/1000,{filters}")
    for ending, turn in itertools.product(("mp4", "mov"), (90, 180, 270)):
        for codec in ((*X264, *B_FRAMES), ("-c:v", "mpeg4"), ("-c:v", "mjpeg")):
            more = ("-metadata:s:v", f"rotate={turn}")
            yield File("orientations", ending, codec, more=more)
    for ending, kinds in PIXEL_FORMATS.items():
        for codec, kind in kinds:
            yield File("pixel formats", ending, codec, more=("-pix_fmt", kind))


def picture(number: int) -> np.ndarray:
    """Draws a picture in which each block is one bit of its number, `(HEIGHT, WIDTH)` uint8."""
    bits = np.array([number >> bit & 1 for bit in range(12)]).reshape(3, 4)
    return np.kron(50 + 150 * bits, np.ones((HEIGHT // 3, WIDTH // 4))).astype(np.uint8)


def run(*command: str | Path, stdin: bytes = b"") -> bytes:
    """Runs a command, and returns what it writes."""
    return subprocess.run([*map(str, command)], input=stdin, capture_output=True, check=True).stdout


def make(path: Path, file: File) -> None:
    """Encodes numbered pictures as the video file that is described."""
    raw = b"".join(picture(number).tobytes() for number in range(FRAMES))
    source = ("-f", "rawvideo", "-pix_fmt", "gray", "-video_size", f"{WIDTH}x{HEIGHT}")
    formats = () if "-pix_fmt" in file.more else ("-pix_fmt", pixel_format(file.codec))
    stamps: tuple[str, ...] = ()
    if file.filters:
        stamps = ("-vf", file.filters, "-fps_mode", "passthrough", "-enc_time_base", "1/1000")
    named = ("-f", "yuv4mpegpipe") if file.ending == "y4m" else ()
    run(
        *("ffmpeg", "-v", "error", *source, "-framerate", file.rate, "-i", "-", *stamps),
        *(*file.codec, *formats, *file.more, "-threads", "1", *named, path),
        stdin=raw,
    )


def pixel_format(codec: tuple[str, ...]) -> str:
    """Returns a pixel format that a codec has."""
    known = {"mjpeg": "yuvj420p", "png": "gray", "prores_ks": "yuv422p10le", "huffyuv": "yuv422p"}
    return next((kind for name, kind in known.items() if name in codec), "yuv420p")


def decode(path: Path, shape: tuple[int, int], *filters: str) -> np.ndarray:
    """Decodes a file by `ffmpeg`, `(frames, height, width)` uint8."""
    options = ("-vf", ",".join(filters)) if filters else ()
    mode = "cfr" if filters else "passthrough"
    command = ("ffmpeg", "-v", "error", "-threads", "1", "-i", path, *options)
    raw = run(*command, "-fps_mode", mode, "-pix_fmt", "gray", "-f", "rawvideo", "-")
    return np.frombuffer(raw, np.uint8).reshape(-1, *shape)


def probe(path: Path, entries: str) -> list[str]:
    """Asks `ffprobe` for facts, one a line."""
    command = ("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", entries)
    lines = run(*command, "-of", "csv=p=0", path).decode().split()
    return [line.split(",")[0] for line in lines if line.strip(",")]


def times_by_ffprobe(path: Path, count: int) -> np.ndarray:
    """Returns when frames are shown by `ffprobe`, `(n,)` float64, in seconds since the first.

    A frame of which it says nothing comes after the one before it, as others usually do.
    """
    if path.suffix in (".h264", ".hevc", ".m2v"):
        (rate,) = probe(path, "stream=r_frame_rate")
        return np.arange(count) / float(Fraction(rate))
    found = probe(path, "frame=best_effort_timestamp_time")
    times = np.array([np.nan if sec == "N/A" else float(sec) for sec in found])
    usual = np.nanmedian(np.diff(times))
    for number in np.flatnonzero(np.isnan(times)):
        times[number] = times[number - 1] + usual
    return times - times[0]


def compare(folder: Path, numbered: tuple[int, File]) -> Comparison:
    """Makes a file, and reads it in both ways."""
    number, file = numbered
    path = folder / f"{number}.{file.ending}"
    make(path, file)
    with open_video(path) as stream:
        frames = list(stream.frames)
    theirs = decode(path, frames[0].image.shape)
    times_sec = times_by_ffprobe(path, len(theirs))
    same_count = len(frames) == len(theirs) == len(times_sec)
    path_result = Comparison(
        count=same_count,
        order=same_count and are_equal([frame.image for frame in frames], theirs),
        times=same_count
        and bool(
            np.abs(np.array([frame.time_sec for frame in frames]) - times_sec).max() < TOLERATED_SEC
        ),
        resampled=is_resampled(path, frames, times_sec),
    )
    path.unlink()
    return path_result


def is_resampled(path: Path, frames: list[Frame], times_sec: np.ndarray) -> bool:
    """Tells whether both choose the same frames at another rate; `ffmpeg` fills gaps."""
    ours = list(at_rate(iter(frames), RESAMPLED_FPS))
    steps = np.diff(times_sec)
    after_gap = [n + 1 for n, step in enumerate(steps) if is_gap(step, float(np.median(steps)))]
    if after_gap:
        expected: list[int] = []
        for first, stop in itertools.pairwise((0, *after_gap, len(times_sec))):
            part = times_sec[first:stop] - times_sec[first]
            ticks = np.arange(0, part[-1] + SAME_TIME_US / 1e6, 1 / RESAMPLED_FPS)
            shown = np.searchsorted(part, ticks + SAME_TIME_US / 1e6, side="right") - 1
            expected += (first + shown).tolist()
        return [frame.number for frame in ours] == expected
    shifted = ("settb=1/1000000", f"setpts=PTS-STARTPTS-{SAME_TIME_US}")
    theirs = decode(path, frames[0].image.shape, *shifted, f"fps={RESAMPLED_FPS}:round=up")
    # The last frame of `ffmpeg` lasts as long as the one before it.
    return abs(len(theirs) - len(ours)) <= 1 and are_equal([f.image for f in ours], theirs)


def are_equal(ours: list[np.ndarray], theirs: np.ndarray) -> bool:
    """Tells whether pictures are the same in the same order, as far as both go."""
    return all(
        np.abs(one.astype(int) - other).max() <= TOLERATED_GREY
        for one, other in zip(ours, theirs, strict=False)
    )


def main() -> int:
    """Makes and compares all files, prints a table, and names those that differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="only each n-th file")
    args = parser.parse_args()
    if not shutil.which("ffmpeg"):
        print("There is no ffmpeg command: install it with `apt-get install ffmpeg`.")
        return 1
    limit_threads(1)
    made = list(enumerate(files()))[:: args.every]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(partial(compare, Path(folder)), made))
    fields = [field.name for field in dataclasses.fields(Comparison)]
    print("| what is tried | files | " + " | ".join(fields) + " |")
    print("|---|" + "---|" * (1 + len(fields)))
    for kind in [*dict.fromkeys(file.kind for _, file in made), "all"]:
        of_kind = [
            result
            for (_, file), result in zip(made, results, strict=True)
            if kind in (file.kind, "all")
        ]
        counts = [sum(getattr(result, field) for result in of_kind) for field in fields]
        print(f"| {kind} | {len(of_kind)} | " + " | ".join(map(str, counts)) + " |")
    different = [
        (file, result)
        for (_, file), result in zip(made, results, strict=True)
        if not all(dataclasses.astuple(result))
    ]
    for file, result in different:
        print(file, result)
    return bool(different)


if __name__ == "__main__":
    sys.exit(main())
