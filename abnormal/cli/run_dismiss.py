"""What `test_model.py --dismiss` does once its command line is understood."""

import argparse
import dataclasses
from pathlib import Path

import pandas as pd

from abnormal.cli.asked import read_zone, test_videos, threshold_of
from abnormal.errors import AbnormalError
from abnormal.inference.detector import detector_of
from abnormal.inference.dismiss import dismiss
from abnormal.models.model_file import load_model, save_model
from abnormal.scoring.calibration import FUSED
from abnormal.scoring.local import LOCAL_SCORES


def run_dismiss(args: argparse.Namespace) -> int:
    """Teaches a model that an event was no alarm, and returns the exit code.

    Raises:
        AbnormalError: There is no such event in the results, or its video is not there.
    """
    if len(args.model) > 1:
        raise AbnormalError("--dismiss changes one model, but several are given. Name one.")
    (path,) = args.model
    if args.score not in (FUSED, *LOCAL_SCORES):
        raise AbnormalError(
            f"--dismiss teaches the scores that know the place, which --score {args.score} is not. "
            f"Use --score {FUSED}."
        )
    name, first, last = _event(args.output / "events.csv", path.stem, args.dismiss)
    videos = {video.name: video for video in test_videos(args)}
    if name not in videos:
        raise AbnormalError(
            f"There is no video {name} in {args.source or args.img}. Give the same --source or "
            "--img as when it was scored."
        )
    model = load_model(path)
    detector = detector_of(model, path.stem, args.runtime, args.hop)
    release = detector.calibration.release(args.score, threshold_of(args, detector))
    ignored = read_zone(args.ignore_zone) if args.ignore_zone else None
    calibration = dismiss(detector, videos[name], first, last, release, ignored)
    info = dataclasses.replace(model.info, calibration=calibration.as_dict())
    save_model(path, model.network, info, model.reference, calibration.levels)
    count = len(calibration.dismissed)
    print(f"model: {path}, with {count} dismissed event{'s' * (count > 1)}")
    return 0


def _event(table: Path, model: str, wanted: str) -> tuple[str, int, int]:
    """The video of an event that a model found, its first and its last frame."""
    if not table.is_file():
        raise AbnormalError(
            f"There is no {table}. Score the video first, and give the same --output."
        )
    try:
        events = pd.read_csv(table, dtype={"video": str, "model": str})
        events = events[events["model"] == model]
    except (ValueError, KeyError) as error:
        raise AbnormalError(
            f"{table} is no table of events ({error}). Score the video again."
        ) from None
    names = events["video"] + ":" + events["event"].astype(str)
    found = events[names == wanted]
    if len(found) != 1:
        some = ", ".join(names.head(5)) or "none"
        raise AbnormalError(
            f"--dismiss {wanted} names {len(found)} events of {model} in {table}. Expected one, as "
            f"VIDEO:EVENT; there are {some}{', ...' if len(names) > 5 else ''}."
        )
    row = found.iloc[0]
    return str(row["video"]), int(row["start_frame"]), int(row["end_frame"])
