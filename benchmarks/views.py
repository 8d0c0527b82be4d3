"""What a camera may do: how much of its background do the pictures still show?

    python benchmarks/views.py --img runs/ped2/img --img runs/avenue/img

The background is the median of some training frames, and some test frames are compared with it as
they are and after each change. A likeness of 0.5 is the same regime, below 0.4 another one.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from abnormal.frames.manifest import read_manifest
from abnormal.frames.reader import read_frames
from abnormal.video.background import learn_background
from abnormal.video.view import View, shrink

RNG = np.random.default_rng(0)
TRAINING_FRAMES, TEST_FRAMES = 100, 30

Change = Callable[[np.ndarray], np.ndarray]


def noisy(levels: np.ndarray, deviation: float) -> np.ndarray:
    """Adds noise to grey levels of any range, and makes them a picture."""
    return np.clip(levels + RNG.normal(0, deviation, levels.shape), 0, 255).astype(np.uint8)


def moved(right: float, down: float = 0.0) -> Change:
    """The camera looks elsewhere."""
    by = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return lambda f: cv2.warpAffine(f, by, f.shape[::-1], borderMode=cv2.BORDER_REFLECT)


def turned(degrees: float, zoom: float = 1.0) -> Change:
    """The camera is turned about its axis, or its lens is zoomed."""

    def change(frame: np.ndarray) -> np.ndarray:
        height, width = frame.shape
        by = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, zoom)
        return cv2.warpAffine(frame, by, (width, height), borderMode=cv2.BORDER_REFLECT)

    return change


def hidden(share: float) -> Change:
    """A lorry covers a share of the width."""

    def change(frame: np.ndarray) -> np.ndarray:
        frame, width = frame.copy(), round(share * frame.shape[1])
        frame[frame.shape[0] // 5 :, :width] = 90 + 30 * np.sin(np.arange(width) / 15)
        return frame

    return change


def lit(frame: np.ndarray) -> np.ndarray:
    """Returns how much light of a lamp at the camera falls on each pixel, 0 to 1."""
    rows, columns = np.indices(frame.shape)
    height, width = frame.shape
    away = np.hypot(columns / width - 0.5, rows / height - 0.6)
    return np.exp(-2 * away**2)


def infrared(frame: np.ndarray) -> np.ndarray:
    """Leaves and cloth are bright, the sky and windows are dark, and there is noise."""
    return noisy((50 + 1.3 * np.abs(frame - 145.0)) * lit(frame), 5)


CHANGES: dict[str, Change] = {
    "as it is": lambda f: f,
    "a quarter of the light, noise": lambda f: noisy(f * 0.25, 5),
    "over-exposed by a half": lambda f: noisy(f * 1.5, 0),
    "gamma 2": lambda f: (255 * (f / 255) ** 2).astype(np.uint8),
    "out of focus, 3 pixels": lambda f: cv2.GaussianBlur(f, (0, 0), 3),
    "moved by 4 pixels": moved(4, 2),
    "moved by 6 pixels": moved(6, 3),
    "moved by 10 pixels": moved(10, 5),
    "a lorry, half of the width": hidden(0.5),
    "a lorry, 80 % of the width": hidden(0.8),
    "moved by 20 pixels": moved(20, 10),
    "moved by 60 pixels": moved(60, 30),
    "turned by 10 degrees": turned(10),
    "zoomed by 1.2": turned(0, 1.2),
    "covered": lambda f: noisy(np.full(f.shape, 40.0), 3),
    "a lamp at the camera, gamma 1.5": lambda f: noisy(255 * (f / 255) ** 1.5 * lit(f), 5),
    "infrared": infrared,
    "negative": lambda f: noisy((255.0 - f) * lit(f), 5),
}


def some_frames(img: Path, split: str, count: int) -> list[np.ndarray]:
    """Returns so many frames, spread over the videos of a split."""
    frames = [f for video in read_manifest(img, split) for f in read_frames(img, video, None)]
    return frames[:: max(1, len(frames) // count)]


def main() -> None:
    """Prints the likeness, least to most, of each data set after each change."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--img", type=Path, action="append", required=True)
    table: dict[str, list[str]] = {name: [] for name in CHANGES}
    for img in parser.parse_args().img:
        view = View(learn_background(np.stack(some_frames(img, "training", TRAINING_FRAMES))))
        frames = some_frames(img, "testing", TEST_FRAMES)
        for name, change in CHANGES.items():
            found = [view.likeness(shrink(change(frame))) for frame in frames]
            table[name].append(f"{min(found):.2f} to {max(found):.2f}")
    for name, row in table.items():
        print(f"{name:<34}{'   '.join(row)}")


if __name__ == "__main__":
    main()
