"""Videos scored by three workers, of which one is killed, are scored as they are here.

    pip install '.[dask]'
    python benchmarks/worker_death.py --model demo/model.h5

For each data set at `../shared/data` (or `ABNORMAL_DATA`, or `--data`): `preprocess.py`, then
`test_model.py` by itself, then with a Dask scheduler on the loopback address. A worker that is in
the middle of a video gets SIGKILL. Every frame of every test video has to be in `scores.csv` once,
and all files have to be the same, byte for byte. Ends with 1 where one is not.
"""

import argparse
import filecmp
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from abnormal.frames.manifest import read_manifest  # noqa: E402
from benchmarks.fleet import DATA, cluster  # noqa: E402

WORKERS = 3
DATA_SETS = ("ped2", "UCSD_Anomaly_Dataset.v1p2", "avenue", "videos")


def main() -> None:
    """Prints a line for each data set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path("demo/model.h5"))
    parser.add_argument("--data", type=Path, default=DATA)
    args = parser.parse_args()
    good = True
    for name in DATA_SETS:
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
            good &= same_with_a_death(args.model, args.data / name, Path(folder))
    sys.exit(not good)


def same_with_a_death(model: Path, videos: Path, folder: Path) -> bool:
    """Whether nothing differs; says what was compared."""
    img, alone, shared = folder / "img", folder / "alone", folder / "shared"
    split = ["--split", "testing"] if videos.name == "videos" else []
    run("preprocess.py", "--videos", videos, "--img", img, *split)
    command = ["test_model.py", "--model", model, "--img", img, "--no-figures", "--output"]
    run(*command, alone)
    with cluster(folder, [()] * WORKERS) as address:
        killer = threading.Thread(target=kill_one, args=(address,))
        killer.start()
        run(*command, shared, "--scheduler", address)
        killer.join()
    expected = {record.video: record.frames for record in read_manifest(img, "testing")}
    scores = pd.read_csv(shared / "scores.csv", dtype={"video": str})
    once = not scores.duplicated(["video", "frame"]).any()
    whole = scores.groupby("video").size().to_dict() == expected
    files = sorted(path.relative_to(alone) for path in alone.rglob("*") if path.is_file())
    _, different, missing = filecmp.cmpfiles(alone, shared, map(str, files), shallow=False)
    print(
        f"{videos.name}: {len(expected)} videos, {len(scores)} frames, "
        f"{'each once' if once and whole else 'NOT each once'}; {len(files)} files, "
        f"{'all the same' if not different + missing else f'not the same: {different + missing}'}",
        flush=True,
    )
    return once and whole and not different + missing


def kill_one(address: str) -> None:
    """Kills the first worker that is in the middle of a video."""
    import distributed

    with distributed.Client(address, set_as_default=False) as client:
        processes = client.run(os.getpid)
        while not (busy := [worker for worker, keys in client.processing().items() if keys]):
            time.sleep(0.02)
        time.sleep(0.5)
        os.kill(processes[busy[0]], signal.SIGKILL)


def run(program: str, *options: object) -> None:
    """Runs a program of this project, and ends with what it says where it fails."""
    command = [sys.executable, str(ROOT / program), *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)


if __name__ == "__main__":
    main()
