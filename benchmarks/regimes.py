"""Day, dusk, night and a camera that was turned: the alarms in each, and what the change costs.

    python benchmarks/regimes.py --place street --minutes 11

A place is drawn by day and, with an infrared tone curve, at night. A calibration learns both, and a
live camera then shows day, dusk, night and day, and runners by day and at night. Another camera is
calibrated by day only, is turned by 60 pixels, and learns its new view. In the place of a network,
each frame is blurred, so that what is measured is `motion`, `place` and `stay`, 90 % of the alarms.
"""

import argparse
import collections
import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from scipy.stats import chi2

sys.path.insert(0, str(Path(__file__).parent.parent))

from abnormal.models.backend import start_backend

start_backend()

from abnormal.cli.messages import show_messages  # noqa: E402
from abnormal.datasets.layouts import DRAWN  # noqa: E402
from abnormal.datasets.life.clip import NORMAL, LifeClip, open_life  # noqa: E402
from abnormal.inference.calibrate import Calibrator, NormalVideo  # noqa: E402
from abnormal.inference.detector import Detector  # noqa: E402
from abnormal.inference.regime_footage import split_regimes  # noqa: E402
from abnormal.live.address import Camera  # noqa: E402
from abnormal.live.event import ANOMALY  # noqa: E402
from abnormal.live.frame import Moment  # noqa: E402
from abnormal.live.monitor import CameraMonitor  # noqa: E402
from abnormal.live.prepare import FramePreparer  # noqa: E402
from abnormal.live.tracker import OPENED  # noqa: E402
from abnormal.models.model import ModelInfo  # noqa: E402
from abnormal.names import FUSED  # noqa: E402
from abnormal.video.stream import Frame  # noqa: E402
from benchmarks.views import infrared, moved  # noqa: E402

FPS, SIZE, LENGTH = 5.0, 227, 10
PER_HOUR = 20.0
"""False alarms an hour that are asked for."""

INFO = ModelInfo("cae", LENGTH, SIZE, FPS)
Change = Callable[[np.ndarray], np.ndarray]


def blurred(clips: np.ndarray) -> np.ndarray:
    """Blurs each frame, `(batch, T, size, size, 1)` float32, as a network would."""
    frames = clips.reshape(-1, SIZE, SIZE)
    return np.stack([cv2.GaussianBlur(frame, (0, 0), 2) for frame in frames]).reshape(clips.shape)


def as_it_is(frame: np.ndarray) -> np.ndarray:
    """The place by day."""
    return frame


def dusk(frame: np.ndarray) -> np.ndarray:
    """40 % of the light."""
    return (0.4 * frame).astype(np.uint8)


def drawn(args: argparse.Namespace, name: str, change: Change, kind: str = NORMAL) -> Iterator:
    """Yields minutes of a place; other names show other people."""
    length = round(60 * args.minutes * FPS)
    with open_life(LifeClip(args.place, 0, name, kind, length, FPS, 11.0)) as stream:
        for frame in stream.frames:
            size = (SIZE, SIZE)
            yield change(cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA))


def calibrated(args: argparse.Namespace, **changes: Change) -> Detector:
    """Returns a model that was calibrated on the same minutes after each change."""
    videos = []
    for name, change in changes.items():
        frames = np.stack(list(drawn(args, name, change)))
        opened = partial(contextlib.nullcontext, frames)
        videos.append(NormalVideo(name, "", opened, len(frames), held_out=True))
    calibration = Calibrator(blurred, LENGTH, FPS).calibrate(split_regimes(videos, FPS))
    return Detector("drawn", INFO, blurred, calibration)


class Watched:
    """A camera that is watched as fast as it goes."""

    def __init__(self, detector: Detector, folder: Path) -> None:
        alarm = detector.calibration.alarm(FUSED, per_hour=PER_HOUR)
        self._told: list = []
        self._monitor = CameraMonitor(Camera("gate", "0"), detector, alarm, self._told.append)
        self._monitor.regimes.keep_in(folder)
        watch = self._monitor.regimes.watch
        self._prepare = FramePreparer(SIZE, FPS, flow=True, pictures=False, watch=watch)
        self._number = 0

    def show(self, name: str, frames: Iterable[np.ndarray]) -> None:
        """Shows it some frames, and prints what comes of them."""
        before, regimes = len(self._told), collections.Counter[str]()
        first = self._number
        for image in frames:
            sec = self._number / FPS
            moment = Moment(self._number, sec, sec)
            frame = self._prepare(Frame(image, sec, self._number), moment, sec)
            self._number += 1
            regimes["not sure" if not frame.seen.is_sure else f"{frame.seen.regime + 1}"] += 1
            self._monitor.faults.take(frame)
            self._monitor.take(frame)
            for clip in self._monitor.take_clips():
                self._monitor.add_residual(clip, clip.segment.reconstruct(clip), sec)
        opened = [event.kind for event in self._told[before:] if event.state == OPENED]
        count, hours = opened.count(ANOMALY), (self._number - first) / FPS / 3600
        low = chi2.ppf(0.025, 2 * count) / 2 / hours if count else 0.0
        high = chi2.ppf(0.975, 2 * count + 2) / 2 / hours
        shares = [f"{100 * n / regimes.total():.1f} % {regime}" for regime, n in regimes.items()]
        faults = sorted({*opened} - {ANOMALY})
        print(
            f"{name:<18}{count:>3} alarms, {count / hours:.1f} [{low:.1f}, {high:.1f}] an hour;",
            *("regime", ", ".join(shares), *faults),
            flush=True,
        )


def main() -> None:
    """Prints the alarms of each stretch, with the 95 % interval of their rate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--place", choices=DRAWN, default="street")
    parser.add_argument("--minutes", type=float, default=11.0, help="of each stretch")
    args = parser.parse_args()
    show_messages()
    turned, runners = moved(60, 25), partial(drawn, args, "runners", kind="runner")
    with tempfile.TemporaryDirectory() as folder:
        gate = Watched(calibrated(args, day=as_it_is, night=infrared), Path(folder) / "both")
        for name, change in {"day": as_it_is, "dusk": dusk, "night": infrared}.items():
            gate.show(name, drawn(args, f"then-{name}", change))
        gate.show("day again", drawn(args, "again", as_it_is))
        gate.show("runners by day", runners(change=as_it_is))
        gate.show("runners at night", runners(change=infrared))
        gate = Watched(calibrated(args, day=as_it_is), Path(folder) / "turned")
        gate.show("day", drawn(args, "then-day", as_it_is))
        gate.show("turned, learning", drawn(args, "learning", turned))
        gate.show("turned", drawn(args, "then-day", turned))
        gate.show("back", drawn(args, "again", as_it_is))
        gate.show("turned, runners", runners(change=turned))


if __name__ == "__main__":
    main()
