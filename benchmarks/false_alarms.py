"""Hours of ordinary life: how many false alarms are asked for, how many come, what is found?

    python benchmarks/false_alarms.py --place square --hours 6 --output runs/square

A place is drawn for as long as asked, with nothing abnormal in it, and then with events of each
kind. A copy of the model is first calibrated on drawn footage that the hours do not show again.
Without `--model`, one is trained on the drawn data set of the place. At 10 frames a second, an hour
takes about seven minutes on two idle cores. What is done is kept in `--output`, and the same
command goes on from there, also with more hours; give each place and seed a folder of its own.

    python benchmarks/false_alarms.py --place demo --model demo/model.h5 --fps 25 \
        --calibration-minutes 0 --hours 0 --output runs/kinds

This leaves the calibration of the model as it is, and only looks for events: in four clips of ten
seconds of each kind, and in four without events.
"""

import argparse
import collections
import contextlib
import dataclasses
import itertools
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from abnormal.models.backend import start_backend

start_backend()

from abnormal.cli import preprocess, train  # noqa: E402
from abnormal.cli.messages import show_messages  # noqa: E402
from abnormal.datasets.demo import CAMERA, CLIP_FRAMES  # noqa: E402
from abnormal.datasets.layouts import DEMO, DRAWN  # noqa: E402
from abnormal.datasets.life.clip import NORMAL, LifeClip, annotate_life, open_life  # noqa: E402
from abnormal.datasets.life.kinds import KINDS  # noqa: E402
from abnormal.datasets.street.camera import FPS as DEMO_FPS  # noqa: E402
from abnormal.datasets.street.clip import StreetClip, annotate_clip, open_clip  # noqa: E402
from abnormal.datasets.street.events import EVENTS  # noqa: E402
from abnormal.evaluation.event_level import event_metrics  # noqa: E402
from abnormal.files import make_folder, read_json, write_json  # noqa: E402
from abnormal.inference.calibrate import Calibrator, NormalVideo  # noqa: E402
from abnormal.inference.detector import Detector, open_detector  # noqa: E402
from abnormal.inference.score_video import score_video  # noqa: E402
from abnormal.inference.scored_video import ScoredVideo  # noqa: E402
from abnormal.inference.videos import InputVideo, open_resampled  # noqa: E402
from abnormal.models.model_file import load_model, save_model  # noqa: E402
from abnormal.names import FUSED  # noqa: E402
from abnormal.progress import Progress  # noqa: E402
from abnormal.scoring.alarm import Alarm  # noqa: E402
from abnormal.scoring.events import intervals  # noqa: E402
from abnormal.scoring.local import reason_of  # noqa: E402
from abnormal.scoring.rate_check import event_rate  # noqa: E402
from abnormal.video.stream import FrameStream  # noqa: E402

MINUTES = 10
"""Of each drawn video of ordinary life."""
KIND_MINUTES = 5
"""Of the video of each kind of event."""
DEMO_CLIPS = 4
"""Of each kind of event in the demo's street, which has room for one event in each clip."""
LONGEST_GAP_SEC = 8
"""For which an event may be hidden. Between two events there are 25 seconds at least."""
RATES = (10.0, 2.0)
"""False alarms an hour."""
DAY = (8.0, 18.0)
"""Hours of the day that are drawn, one after the other and then from the beginning."""

OpenStream = Callable[[], AbstractContextManager[FrameStream]]


def main() -> None:
    """Prints false alarms an hour, asked for and found, and the events found of each kind."""
    args = parse_arguments()
    show_messages()
    make_folder(args.output)
    require_same(args)
    calibrated = args.output / "model.h5"
    if not calibrated.exists():
        calibrate(args, args.model or train_on(args), calibrated)
    detector = open_detector(calibrated, "model", "auto")
    hours = table(
        args.output / "hours.csv",
        [partial(false_alarms, detector, args, n) for n in range(round(60 * args.hours / MINUTES))],
    )
    kinds = [*(EVENTS if args.place == DEMO else KINDS), NORMAL]
    found = table(
        args.output / "kinds.csv", [partial(events_found, detector, args, kind) for kind in kinds]
    )
    if len(hours):
        report(detector, hours)
    print(f"\nevents of each kind, and what is told by default\n{found.to_string(index=False)}")


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--place", choices=(*DRAWN, DEMO), default=DRAWN[0])
    add("--model", type=Path, help="default: train one for two epochs")
    add("--seed", type=int, default=0, help="another seed shows other people, at the same place")
    add("--hours", type=float, default=6)
    add("--fps", type=float, default=10.0)
    add("--calibration-minutes", type=int, default=120, help="0: leave the model as it is")
    add("--output", type=Path, required=True, help="folder of what is done, for these arguments")
    return parser.parse_args()


def require_same(args: argparse.Namespace) -> None:
    """Ends the program if the folder of output has results that were made with other arguments."""
    now = {
        name: str(value) for name, value in vars(args).items() if name not in ("hours", "output")
    }
    path = args.output / "arguments.json"
    before = read_json(path) if path.exists() else now
    if before != now:
        changed = ", ".join(f"{n} was {before.get(n)}" for n in now if before.get(n) != now[n])
        raise SystemExit(f"{args.output} has other results ({changed}); name another --output")
    write_json(path, now)


def train_on(args: argparse.Namespace) -> Path:
    """Trains a model on the drawn data set of a place, or goes on with it."""
    img, model = args.output / "img", args.output / "trained.h5"
    if not model.exists():
        options = ["--epochs", "2", "--strides", "1", "--seed", str(args.seed)]
        if preprocess.main(["--dataset", args.place, "--img", str(img)]) or train.main(
            ["--img", str(img), *options, "--output", str(model)]
        ):
            raise SystemExit(1)  # they have said why
    return model


def calibrate(args: argparse.Namespace, path: Path, output: Path) -> None:
    """Calibrates a copy of a model on drawn footage and on nothing else, if on any."""
    if not args.calibration_minutes:
        shutil.copyfile(path, output)
        return
    detector, model = open_detector(path, "model", "auto"), load_model(path)
    info = dataclasses.replace(model.info, fps=args.fps)
    count = -(-args.calibration_minutes // MINUTES)

    @contextlib.contextmanager
    def open_frames(number: int) -> Iterator[Iterator[np.ndarray]]:
        # Few videos are spread over the whole day as many are.
        hour = DAY[0] + (DAY[1] - DAY[0]) * number / count
        with ordinary(args, "calibration", number, hour).open_frames(info.size, info.fps) as opened:
            yield opened.frames

    camera, length = camera_of(args), round(60 * MINUTES * args.fps)
    videos = [
        NormalVideo(f"{number:03d}", camera, partial(open_frames, number), length, held_out=True)
        for number in range(count)
    ]
    calibration = Calibrator(detector.reconstruct, info.clip_length, info.fps).calibrate(videos)
    info = dataclasses.replace(info, calibration=calibration.as_dict())
    save_model(output, model.network, info, model.reference, calibration.arrays)


def camera_of(args: argparse.Namespace) -> str:
    """Returns the name of the camera, as the drawn data set has it."""
    return CAMERA if args.place == DEMO else args.place


def ordinary(args: argparse.Namespace, name: str, number: int, hour: float) -> InputVideo:
    """Some minutes of ordinary life, drawn as its frames are asked for."""
    name = f"{name}{args.seed or ''}/{number:03d}"
    if args.place == DEMO:
        street = StreetClip(0, name, NORMAL, round(60 * MINUTES * DEMO_FPS))
        frames = partial(open_clip, street)
    else:
        length = round(60 * MINUTES * args.fps)
        frames = partial(open_life, LifeClip(args.place, 0, name, NORMAL, length, args.fps, hour))
    return InputVideo(name, partial(open_resampled, frames), camera=camera_of(args))


def table(path: Path, jobs: list[Callable[[], dict[str, object]]]) -> pd.DataFrame:
    """Returns a table with a row from each job. Rows that are in the file are not made again."""
    rows = pd.read_csv(path).to_dict("records") if path.exists() else []
    with Progress("videos", len(jobs), path.stem, done=min(len(rows), len(jobs))) as progress:
        for job in jobs[len(rows) :]:
            rows.append(job())
            pd.DataFrame(rows).to_csv(path, index=False)
            progress.advance()
    return pd.DataFrame(rows)


def false_alarms(detector: Detector, args: argparse.Namespace, number: int) -> dict[str, object]:
    """A row of the table: what was found in a video at each rate that may be asked for."""
    hour = DAY[0] + (number * MINUTES / 60) % (DAY[1] - DAY[0])
    scored, _ = score_video(detector, ordinary(args, "hours", number, hour))
    row: dict[str, object] = {"hour": hour, "minutes": MINUTES}
    for rate in RATES:
        alarm = detector.calibration.alarm(FUSED, per_hour=rate)
        row[f"{rate:g} an hour"] = len(scored.events(alarm))
    return row


def events_found(detector: Detector, args: argparse.Namespace, kind: str) -> dict[str, object]:
    """A row of the table: how many events of a kind were found at each threshold."""
    scored = [score_video(detector, video)[0] for video in videos_of(args, kind)]
    labels, fps = [video.labels for video in scored], [video.fps for video in scored]
    row: dict[str, object] = {"kind": kind}
    for name, rate in {"default": None, **{f"{rate:g} an hour": rate for rate in RATES}}.items():
        alarm = detector.calibration.alarm(FUSED, per_hour=rate)
        metrics = event_metrics([video.events(alarm) for video in scored], labels, fps)
        row |= {"events": metrics.true_events, f"found at {name}": metrics.found}
        if rate is None:
            row |= {"false alarms": metrics.false_alarms, "told": told(scored, alarm)}
    return row


def told(scored: Sequence[ScoredVideo], alarm: Alarm) -> str:
    """Counts what people are told of the events that are none of ordinary life."""
    reasons = collections.Counter(
        reason_of(video.found_by(FUSED, event.peak), video.what_stays(event))
        for video in scored
        for event in video.events(alarm)
        if video.labels is not None and video.labels[event.start : event.stop].any()
    )
    return "; ".join(f"{count} {reason}" for reason, count in reasons.most_common())


def videos_of(args: argparse.Namespace, kind: str) -> Iterator[InputVideo]:
    """Yields the videos in which events of a kind are looked for, with labels."""
    if args.place == DEMO:
        for number in range(DEMO_CLIPS):
            street = StreetClip(0, f"more-{kind}-{args.seed}/{number}", kind, CLIP_FRAMES)
            yield labelled(args, kind, partial(open_clip, street), annotate_clip(street).labels)
    else:
        length = round(60 * KIND_MINUTES * args.fps)
        life = LifeClip(args.place, 0, f"{kind}-{args.seed}", kind, length, args.fps, 11.0)
        labels = without_gaps(annotate_life(life).labels, round(LONGEST_GAP_SEC * args.fps))
        yield labelled(args, kind, partial(open_life, life), labels)


def labelled(
    args: argparse.Namespace, kind: str, open_frames: OpenStream, labels: np.ndarray
) -> InputVideo:
    """A drawn video with its labels."""
    frames = partial(open_resampled, open_frames)
    return InputVideo(kind, frames, lambda: labels, situation=kind, camera=camera_of(args))


def without_gaps(labels: np.ndarray, longest: int) -> np.ndarray:
    """Fills short gaps in labels: who is hidden for a moment is not another event afterwards."""
    filled = labels.copy()
    for (_, stop), (start, _) in itertools.pairwise(intervals(labels == 1)):
        if start - stop <= longest:
            filled[stop:start] = 1
    return filled


def report(detector: Detector, rows: pd.DataFrame) -> None:
    """Prints what came, with the interval that a Poisson process of such a count is from."""
    hours = rows["minutes"].sum() / 60
    promised = detector.calibration.lowest_rate_per_hour(FUSED)
    print(f"{hours:.1f} hours; the calibration can promise {promised:.2g} false alarms an hour")
    print(f"{'asked for':<16}{'came':>8}{'an hour':>10}   95 % interval")
    for name in rows.columns[2:]:
        rate = event_rate(rows[name].sum(), hours)
        count = f"{name:<16}{rows[name].sum():>8.0f}"
        print(f"{count}{rate.per_hour:>10.2f}   {rate.low:.2f} - {rate.high:.2f}")


if __name__ == "__main__":
    main()
