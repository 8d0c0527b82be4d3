"""What the gate of live cameras says of real footage, as it is and with something done to it.

    python benchmarks/gate.py VIDEO_OR_FOLDER_OF_PICTURES ...

The gate sees 7.5 seconds of a video as it is, and then up to six seconds changed in each way; shown
is what share of these pictures it says which kind of.
"""

import argparse
import collections
import itertools
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from abnormal.live.gate import PictureGate
from abnormal.video.decode import open_video
from abnormal.video.pictures import open_pictures
from abnormal.video.resample import resize

SIZE, BEFORE_SEC, AFTER_SEC = 227, 7.5, 6.0
DRAW = np.random.default_rng(0)

Change = Callable[[np.ndarray], np.ndarray]


def moved(right: float, down: float) -> Change:
    """Shows the place from a camera that was turned a little."""
    by = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return lambda image: cv2.warpAffine(image, by, image.shape[::-1], borderMode=cv2.BORDER_REFLECT)


def noise(level: float, deviation: float, kept: float = 0.0) -> Change:
    """Adds noise to what is kept of the picture."""
    return lambda image: grey(kept * image + DRAW.normal(level, deviation, image.shape))


def grey(image: np.ndarray) -> np.ndarray:
    """Numbers as grey levels."""
    return np.clip(image, 0, 255).astype(np.uint8)


CHANGES: dict[str, Change] = {
    "as it is": lambda image: image,
    "5 grey levels of noise": noise(0, 5, kept=1),
    "JPEG at quality 20": lambda image: cv2.imdecode(cv2.imencode(".jpg", image, [1, 20])[1], 0),
    "brightness 0.8": lambda image: grey(0.8 * image),
    "brightness 1.25": lambda image: grey(1.25 * image),
    "shifted by 3 px": moved(3, 2),
    "shifted by 10 px": moved(10, 0),
    "shifted by 20 px": moved(20, 5),
    "upside down": lambda image: np.ascontiguousarray(image[::-1, ::-1]),
    "blurred by 1 px": lambda image: cv2.GaussianBlur(image, (0, 0), 1),
    "blurred by 3 px": lambda image: cv2.GaussianBlur(image, (0, 0), 3),
    "covered": noise(90, 4),
    "black": noise(4, 2),
    "light halved": lambda image: grey(0.5 * image),
}


def main() -> None:
    """Prints a line for each video and change."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path, nargs="+")
    for path in parser.parse_args().videos:
        with open_pictures(path) if path.is_dir() else open_video(path) as stream:
            fps = stream.fps or 25.0
            taken = itertools.islice(stream.frames, round((BEFORE_SEC + AFTER_SEC) * fps))
            images = [resize(frame.image, SIZE, SIZE) for frame in taken]
        for name, change in CHANGES.items():
            said = kinds(images, fps, change)
            shares = (f"{kind or '-'} {100 * n / said.total():.0f} %" for kind, n in said.items())
            print(f"{path.name:24} {name:24} {', '.join(shares)}", flush=True)


def kinds(images: list[np.ndarray], fps: float, change: Change) -> collections.Counter[str]:
    """What is said of the changed pictures. A short video begins again before they come."""
    gate, before = PictureGate(fps), round(BEFORE_SEC * fps)
    for image in itertools.islice(itertools.cycle(images), before):
        gate(image)
    rest = images[before:] if len(images) > before + fps else images
    return collections.Counter(gate(change(image))[0] for image in rest)


if __name__ == "__main__":
    main()
