"""Does training need more memory where there is more footage?

    python benchmarks/training_memory.py --frames 2000 200000 --seconds 60

For each number of frames a cache of drawn noise is written (200,000 frames of 227x227 are 10 GB),
`train_model.py` trains on it for so long, and its peak of resident memory is shown. Every clip of
both is somewhere else in the footage, so what is kept of what was read would show.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from abnormal.files import make_folder
from abnormal.frames.cache import FOLDER
from abnormal.frames.manifest import (
    VideoRecord,
    fingerprint,
    read_manifest,
    write_manifest,
    write_record,
)

SIZE, FPS, VIDEO_FRAMES = 227, 25.0, 1000
ROOT = Path(__file__).parent.parent


def main() -> None:
    """Prints the peak of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, nargs="+", default=[2000, 200_000])
    parser.add_argument("--seconds", type=float, default=60.0, help="of training, for each")
    args = parser.parse_args()
    print(f"{'frames':>10}{'peak, MiB':>12}{'of the first':>14}")
    first = None
    for frames in args.frames:
        with tempfile.TemporaryDirectory(dir=ROOT) as folder:
            write_footage(Path(folder) / "img", frames)
            peak = peak_of_training(Path(folder), args.seconds)
        first = first or peak
        print(f"{frames:>10}{peak:>12.0f}{peak / first:>14.2f}", flush=True)


def write_footage(img: Path, frames: int) -> None:
    """A manifest of videos and the cache of their frames, which is all that training reads."""
    for number in range(frames // VIDEO_FRAMES):
        name = f"{number:05d}"
        record = VideoRecord(
            split="training",
            video=name,
            frames=VIDEO_FRAMES,
            fps=FPS,
            height=SIZE,
            width=SIZE,
            situation="",
            camera="",
            labelled=False,
            masked=False,
            source={"path": name},
            notes=(),
        )
        write_record(make_folder(img / "training" / name), record)
    write_manifest(img)
    records = tuple(read_manifest(img, "training"))
    noise = np.random.default_rng(0).integers(0, 256, (VIDEO_FRAMES, SIZE, SIZE), np.uint8)
    path = make_folder(img / FOLDER) / f"{SIZE}-{fingerprint(records)[:16]}.npy"
    with path.open("wb") as file:
        shape = (len(records) * VIDEO_FRAMES, SIZE, SIZE)
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for _ in records:
            file.write(noise.tobytes())


def peak_of_training(folder: Path, seconds: float) -> float:
    """The largest resident memory of a training of so many seconds, in MiB."""
    command = [sys.executable, ROOT / "train_model.py", "--img", folder / "img"]
    command += ["--output", folder / "model.h5", "--checkpoint-every", "1"]
    checkpoints = folder / "checkpoints"
    with (folder / "log").open("w") as log:
        training = subprocess.Popen([str(part) for part in command], stderr=log, cwd=ROOT)
        while not list(checkpoints.rglob("*.json")) + list(checkpoints.rglob("*.npz")):
            if training.poll() is not None:
                sys.exit((folder / "log").read_text())
            time.sleep(0.2)
        time.sleep(seconds)
        status = Path(f"/proc/{training.pid}/status").read_text()
        training.send_signal(signal.SIGTERM)
        training.wait()
    (peak,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024


if __name__ == "__main__":
    main()
