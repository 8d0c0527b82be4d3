"""What the command line of `test_model.py` asks for: which videos, which zone, which threshold."""

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import PIL.Image

from abnormal.cli.program import say
from abnormal.errors import AbnormalError
from abnormal.inference.detector import Detector
from abnormal.inference.videos import TestVideo, source_videos, stored_videos
from abnormal.scoring.calibration import RULE_OF_THREE

WHITE_ENOUGH = 127


def test_videos(args: argparse.Namespace) -> list[TestVideo]:
    """The videos that the command line names."""
    videos = source_videos(args.source) if args.source else stored_videos(args.img)
    if args.camera:
        videos = [dataclasses.replace(video, camera=args.camera) for video in videos]
    return videos


def read_zone(path: Path) -> np.ndarray:
    """Reads a picture of what does not count.

    Returns:
        `(height, width)` bool, True where it is white.

    Raises:
        AbnormalError: It cannot be read, or nothing would count.
    """
    try:
        with PIL.Image.open(path) as picture:
            if picture.mode.startswith("I"):  # 16 bits, which Pillow would clip
                zone = np.asarray(picture) > WHITE_ENOUGH * 257
            else:
                black = PIL.Image.new("RGBA", picture.size, "black")
                shown = PIL.Image.alpha_composite(black, picture.convert("RGBA"))
                zone = np.asarray(shown.convert("L")) > WHITE_ENOUGH
    except (OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError) as error:
        raise AbnormalError(
            f"--ignore-zone {path} cannot be read ({error}). Expected: a picture, such as a PNG, "
            "that is white where nothing is to count."
        ) from None
    if zone.all():
        raise AbnormalError(
            f"--ignore-zone {path} is white everywhere, so nothing would count. Expected: white "
            "where nothing is to count, and black elsewhere."
        )
    return zone


def threshold_of(args: argparse.Namespace, detector: Detector) -> float:
    """The threshold that the command line asks for; a rate that is not known is said."""
    if args.threshold is not None:
        return args.threshold
    calibration, per_hour = detector.calibration, args.false_alarms_per_hour
    threshold = calibration.threshold(args.score, per_hour)
    if per_hour is not None and per_hour < (promised := calibration.promised_per_hour(args.score)):
        footage = _duration(RULE_OF_THREE / promised)
        say(
            f"warning: {detector.name} was calibrated on {footage} of normal footage, which can "
            f"promise at most {promised:.3g} false alarms an hour; the threshold for {per_hour:g} "
            "is an extrapolation. Calibrate on more: `python train_model.py --calibrate FOLDER`"
        )
    return threshold


def _duration(hours: float) -> str:
    return f"{hours:.1f} hours" if hours >= 1 else f"{60 * hours:.1f} minutes"
