"""Trouble that is no event: how many frames of ordinary life does each kind make an alarm of?

python benchmarks/disturbances.py --model demo/model.h5 --img demo/img --video normal/06
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from abnormal.models.backend import start_backend

start_backend()

from abnormal.frames.manifest import read_manifest  # noqa: E402
from abnormal.frames.reader import read_frames, read_labels  # noqa: E402
from abnormal.inference.detector import open_detector  # noqa: E402
from abnormal.inference.score import frame_scores, residuals  # noqa: E402
from abnormal.inference.stream import FrameScorer, open_stream  # noqa: E402
from abnormal.names import FUSED  # noqa: E402
from abnormal.scoring.calibration import ALARM_SURPRISE  # noqa: E402
from abnormal.scoring.local import LOCAL_SCORES  # noqa: E402

RNG = np.random.default_rng(0)
Frames = Sequence[np.ndarray]


def _moved(frame: np.ndarray, right: float, down: float) -> np.ndarray:
    by = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return cv2.warpAffine(frame, by, frame.shape[::-1], borderMode=cv2.BORDER_REFLECT)


def shaking(pixels: float) -> Callable[[Frames], Frames]:
    """Each frame is somewhere else."""
    return lambda frames: [_moved(f, *RNG.uniform(-pixels, pixels, 2)) for f in frames]


def swaying(frames: Frames) -> Frames:
    """A mast in the wind: three pixels, slowly."""
    return [_moved(f, 3 * np.sin(n / 4), 1.5 * np.sin(n / 5.3)) for n, f in enumerate(frames)]


def exposed(frames: Frames) -> Frames:
    """Every thirty frames the camera chooses another exposure, a fifth off at most."""
    gains = np.repeat(RNG.uniform(0.8, 1.25, len(frames) // 30 + 1), 30)
    return [np.clip(f * g, 0, 255).astype(np.uint8) for f, g in zip(frames, gains, strict=False)]


def balanced(frames: Frames) -> Frames:
    """Every thirty frames the camera chooses another gamma, as with its white balance."""
    gammas = np.repeat(RNG.uniform(0.85, 1.2, len(frames) // 30 + 1), 30)
    return [(255 * (f / 255) ** g).astype(np.uint8) for f, g in zip(frames, gammas, strict=False)]


def compressed(frames: Frames) -> Frames:
    """JPEG at quality 20."""
    return [cv2.imdecode(cv2.imencode(".jpg", f, [1, 20])[1], 0) for f in frames]


def darkening(frames: Frames) -> Frames:
    """Dusk: the light falls to a third."""
    gains = np.linspace(1, 1 / 3, len(frames))
    return [np.rint(f * g).astype(np.uint8) for f, g in zip(frames, gains, strict=True)]


def noisy(frames: Frames) -> Frames:
    """Five grey levels of noise in every pixel."""
    return [np.clip(f + RNG.normal(0, 5, f.shape), 0, 255).astype(np.uint8) for f in frames]


def raining(drops: int) -> Callable[[Frames], Frames]:
    """So many bright streaks in every frame."""
    return lambda frames: [_with_rain(frame, drops) for frame in frames]


def _with_rain(frame: np.ndarray, drops: int) -> np.ndarray:
    for _ in range(drops):
        left, top = (int(RNG.integers(side)) for side in frame.shape[::-1])
        streak = frame.copy()
        cv2.line(streak, (left, top), (left + 1, top + int(RNG.integers(6, 14))), 220)
        frame = cv2.addWeighted(frame, 0.6, streak, 0.4, 0)
    return frame


DISTURBANCES: dict[str, Callable[[Frames], Frames]] = {
    "none": lambda frames: frames,
    "shaking by 1 pixel": shaking(1),
    "shaking by 3 pixels": shaking(3),
    "swaying by 3 pixels": swaying,
    "moved by 4 pixels": lambda frames: [_moved(frame, 4, 0) for frame in frames],
    "dusk": darkening,
    "exposure jumps": exposed,
    "gamma jumps": balanced,
    "JPEG at quality 20": compressed,
    "noise of 5 grey levels": noisy,
    "rain, 20 streaks": raining(20),
    "rain, 60 streaks": raining(60),
}


def main() -> None:
    """Prints the part of the normal frames that each disturbance makes an alarm of."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path("demo/model.h5"))
    parser.add_argument("--img", type=Path, default=Path("demo/img"))
    parser.add_argument("--video", default="normal/06", help="a test video")
    args = parser.parse_args()
    detector = open_detector(args.model, args.model.stem, "auto")
    (record,) = (r for r in read_manifest(args.img, "testing") if r.video == args.video)
    frames = list(read_frames(args.img, record, detector.info.size))
    labels = read_labels(args.img, record)
    normal = np.ones(len(frames), bool) if labels is None else labels == 0
    normality = detector.calibration.normality(record.camera)
    plain = detector.calibration.threshold("gradient")
    print(f"{'':24}" + "".join(f"{name:>12}" for name in (FUSED, *LOCAL_SCORES, "gradient")))
    for name, disturb in DISTURBANCES.items():
        scorer = FrameScorer(record.fps, normality)
        length = detector.info.clip_length
        stream = open_stream(normality, record.fps)
        clips = residuals(disturb(frames), detector.reconstruct, length, stream)
        causal = frame_scores(clips, scorer).causal
        limits = dict.fromkeys((FUSED, *LOCAL_SCORES), ALARM_SURPRISE) | {"gradient": plain}
        shares = (100 * (causal[score][normal] > limit).mean() for score, limit in limits.items())
        print(f"{name:24}" + "".join(f"{share:10.1f} %" for share in shares), flush=True)


if __name__ == "__main__":
    main()
