"""Hours of ordinary life: how many false alarms are asked for, and how many come?

    python benchmarks/false_alarms.py --model demo/model.h5 --hours 6 --output demo/false_alarms

The demo's street is drawn for as long as asked, with nothing abnormal in it. The model is first
calibrated on drawn footage that the hours do not show again. Six hours take two or three of two
cores; what is done is kept in `--output`, and the same command goes on from there.
"""

import argparse
import contextlib
import dataclasses
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import chi2

from abnormal.models.backend import start_backend

start_backend()

from abnormal.cli.messages import show_messages  # noqa: E402
from abnormal.datasets.demo import CAMERA  # noqa: E402
from abnormal.datasets.street.camera import FPS  # noqa: E402
from abnormal.datasets.street.clip import NORMAL, StreetClip, open_clip  # noqa: E402
from abnormal.files import make_folder  # noqa: E402
from abnormal.inference.calibrate import Calibrator, NormalVideo  # noqa: E402
from abnormal.inference.detector import Detector, open_detector  # noqa: E402
from abnormal.inference.videos import InputVideo, open_resampled  # noqa: E402
from abnormal.models.model_file import load_model, save_model  # noqa: E402
from abnormal.names import FUSED  # noqa: E402
from abnormal.progress import Progress  # noqa: E402

MINUTES = 10
"""Of each drawn video."""
FRAMES = round(60 * MINUTES * FPS)
RATES = (10.0, 2.0)
"""False alarms an hour."""


def main() -> None:
    """Prints false alarms an hour, asked for and found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path("demo/model.h5"))
    parser.add_argument("--hours", type=float, default=6)
    parser.add_argument("--calibration-minutes", type=int, default=30)
    parser.add_argument("--output", type=Path, default=Path("demo/false_alarms"))
    args = parser.parse_args()
    show_messages()
    make_folder(args.output)
    calibrated = args.output / "model.h5"
    if not calibrated.exists():
        calibrate(args.model, calibrated, args.calibration_minutes)
    detector = open_detector(calibrated, "model", "auto")
    table = args.output / "events.csv"
    rows = pd.read_csv(table).to_dict("records") if table.exists() else []
    videos = round(60 * args.hours / MINUTES)
    with Progress("videos", videos, done=len(rows)) as progress:
        for number in range(len(rows), videos):
            rows.append(false_alarms(detector, number))
            pd.DataFrame(rows).to_csv(table, index=False)
            progress.advance()
    report(detector, pd.DataFrame(rows))


def calibrate(path: Path, output: Path, minutes: int) -> None:
    """Calibrates a copy of a model on drawn footage, and on nothing else."""
    detector, model = open_detector(path, "model", "auto"), load_model(path)
    info = model.info

    @contextlib.contextmanager
    def open_frames(number: int) -> Iterator[Iterator[np.ndarray]]:
        with drawn("calibration", number).open_frames(info.size, info.fps) as opened:
            yield opened.frames

    videos = [
        NormalVideo(f"{number:03d}", CAMERA, partial(open_frames, number), FRAMES, held_out=True)
        for number in range(-(-minutes // MINUTES))
    ]
    calibration = Calibrator(detector.reconstruct, info.clip_length, info.fps).calibrate(videos)
    info = dataclasses.replace(info, calibration=calibration.as_dict())
    save_model(output, model.network, info, model.reference, calibration.levels)


def drawn(kind: str, number: int) -> InputVideo:
    """Some minutes of ordinary life, drawn as its frames are asked for."""
    clip = StreetClip(0, f"{kind}/{number:03d}", NORMAL, FRAMES)
    return InputVideo(
        f"{number:03d}", partial(open_resampled, partial(open_clip, clip)), camera=CAMERA
    )


def false_alarms(detector: Detector, number: int) -> dict[str, float]:
    """A row of the table: what was found in a video at each rate that may be asked for."""
    scored, _ = detector.score(drawn("hours", number))
    row: dict[str, float] = {"minutes": MINUTES}
    for rate in RATES:
        alarm = detector.calibration.alarm(FUSED, per_hour=rate)
        row[f"{rate:g} an hour"] = len(scored.events(alarm))
    return row


def report(detector: Detector, rows: pd.DataFrame) -> None:
    """Prints what came, with the interval that a Poisson process of such a count is from."""
    hours = rows["minutes"].sum() / 60
    promised = detector.calibration.lowest_rate_per_hour(FUSED)
    print(f"{hours:.1f} hours; the calibration can promise {promised:.2g} false alarms an hour")
    print(f"{'asked for':<16}{'came':>8}{'an hour':>10}   95 % interval")
    for name in rows.columns[1:]:
        count = rows[name].sum()
        low = chi2.ppf(0.025, 2 * count) / 2 / hours if count else 0.0
        high = chi2.ppf(0.975, 2 * count + 2) / 2 / hours
        print(f"{name:<16}{count:>8.0f}{count / hours:>10.2f}   {low:.2f} - {high:.2f}")


if __name__ == "__main__":
    main()
