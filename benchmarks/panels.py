"""What a four-panel figure of a frame costs: here, and as a matplotlib figure.

    python benchmarks/panels.py

Both draw the same frames of the drawn street, 227x227 pixels, and write them as PNG; the network
that made the reconstruction is timed beside them. Rounds in turn, so that what
else the machine does is shared.
"""

import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from abnormal.models.backend import start_backend

start_backend()

import matplotlib.figure  # noqa: E402
import numpy as np  # noqa: E402

from abnormal.datasets.demo import find_demo  # noqa: E402
from abnormal.frames.clips import to_input  # noqa: E402
from abnormal.inference.runtimes import keras_runtime  # noqa: E402
from abnormal.models.networks import NETWORKS  # noqa: E402
from abnormal.report.panels import BRIGHTEST, CAPTIONS, draw_panels, write_picture  # noqa: E402
from abnormal.scoring.localisation import LocalisedFrames, Localiser  # noqa: E402
from abnormal.video.encode import open_encoder  # noqa: E402
from abnormal.video.resample import resize  # noqa: E402

ROUNDS, FRAMES, SIZE = 5, 10, 227


def main() -> None:
    """Prints milliseconds per frame."""
    with find_demo(training_clips=1)[0].open_frames() as stream:
        frames = itertools.islice(stream.frames, FRAMES)
        street = [resize(frame.image, SIZE, SIZE) for frame in frames]
    clip = to_input(np.stack(street))[None, ..., None]
    reconstruct = keras_runtime(NETWORKS["spatiotemporal"](FRAMES, SIZE))
    output = reconstruct(clip)
    seen = Localiser().localise(clip[0, ..., 0], output[0, ..., 0])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        ways: dict[str, Callable[[], object]] = {
            "the network": lambda: reconstruct(clip),
            "panels, as PNG": lambda: with_opencv(seen, path),
            "panels, as video": lambda: as_video(seen, path),
            "panels by matplotlib, as PNG": lambda: with_matplotlib(seen, path),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                started = time.perf_counter()
                way()
                times[name].append((time.perf_counter() - started) / FRAMES)
    for name, measured in times.items():
        print(f"{name:<30} {1000 * statistics.median(measured):7.1f} ms a frame")


def with_opencv(seen: LocalisedFrames, folder: Path) -> None:
    """As the program does it."""
    for number, picture in enumerate(draw_panels(seen)):
        write_picture(folder / f"{number:06d}.png", picture)


def as_video(seen: LocalisedFrames, folder: Path) -> None:
    """As the program does it, too."""
    with open_encoder(folder / "panels.mp4", 25.0) as write:
        for picture in draw_panels(seen):
            write(picture)


def with_matplotlib(seen: LocalisedFrames, folder: Path) -> None:
    """A figure per frame."""
    for number in range(FRAMES):
        figure = matplotlib.figure.Figure(figsize=(10, 3))
        axes = figure.subplots(1, 4)
        pictures = (seen.frames, seen.reconstruction, seen.difference, seen.frames)
        for axis, caption, picture in zip(axes, CAPTIONS, pictures, strict=True):
            axis.set_axis_off()
            axis.set_title(caption)
            scale = (
                {"vmin": 0, "vmax": BRIGHTEST} if picture is seen.difference else {"cmap": "gray"}
            )
            axis.imshow(picture[number], interpolation="nearest", **scale)
        rows, columns = np.nonzero(seen.anomalous[number])
        axes[3].scatter(columns, rows, color="red", s=0.1)
        figure.savefig(folder / f"figure{number:06d}.png")


if __name__ == "__main__":
    main()
