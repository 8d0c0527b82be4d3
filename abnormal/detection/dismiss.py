"""Dismisses an event of the last results as a false alarm, and changes the model accordingly."""

import dataclasses
from pathlib import Path

import pandas as pd

from abnormal.detection.detect import find_videos
from abnormal.detection.options import DetectionOptions
from abnormal.errors import AbnormalError
from abnormal.inference.detector import detector_of
from abnormal.inference.dismiss import dismiss
from abnormal.models.model_file import load_model, save_model
from abnormal.names import FUSED
from abnormal.printable import without_spreadsheet_mark
from abnormal.scoring.calibration import Calibration
from abnormal.scoring.local import is_local
from abnormal.video.zone import read_zone


def dismiss_event(options: DetectionOptions, wanted: str) -> Calibration:
    """Teaches a model that an event was a false alarm, and writes the model file again.

    Args:
        options: The options with which the video was scored.
        wanted: The event, as `VIDEO:EVENT` with its number in `events.csv`.

    Returns:
        The new calibration of the model.

    Raises:
        AbnormalError: There is no such event in the results, its video cannot be found, or its
            score is not local.
    """
    if len(options.models) > 1:
        raise AbnormalError("--dismiss changes one model, but several are given. Name one.")
    if not is_local(options.score):
        raise AbnormalError(
            f"--dismiss changes what is normal at a place in the picture, which --score "
            f"{options.score} does not use. Use --score {FUSED}."
        )
    model = options.models[0].stem
    return dismiss_frames(options, *_find_event(options.output / "events.csv", model, wanted))


def dismiss_frames(options: DetectionOptions, name: str, first: int, last: int) -> Calibration:
    """Teaches a model that some frames were a false alarm, and writes the model file again.

    Args:
        options: The options with which the video was scored, with one model.
        name: Name of the video.
        first: 0-based number of the first frame.
        last: 0-based number of the last frame.

    Returns:
        The new calibration of the model.

    Raises:
        AbnormalError: The video cannot be found, or it has fewer frames.
    """
    (path,) = options.models
    videos = {video.name: video for video in find_videos(options)}
    if name not in videos:
        raise AbnormalError(
            f"There is no video {name} in {options.source or options.img}. Give the same --source "
            "or --img as when it was scored."
        )
    model = load_model(path)
    detector = detector_of(model, path.stem, options.runtime, options.hop)
    alarm = detector.alarm(options.score, options.threshold, options.false_alarms_per_hour)
    ignored = read_zone(options.zone) if options.zone else None
    calibration = dismiss(detector, videos[name], first, last, alarm.release, ignored)
    info = dataclasses.replace(model.info, calibration=calibration.as_dict())
    save_model(path, model.network, info, model.reference, calibration.arrays)
    return calibration


def _find_event(table: Path, model: str, wanted: str) -> tuple[str, int, int]:
    """Returns the name of an event's video and the numbers of its first and its last frame."""
    if not table.is_file():
        raise AbnormalError(
            f"There is no {table}. Score the video first, and give the same --output."
        )
    try:
        events = pd.read_csv(table, dtype={"video": str, "model": str})
        for column in ("model", "video"):
            events[column] = events[column].map(without_spreadsheet_mark)
        events = events[events["model"] == model]
    except (ValueError, KeyError) as error:
        raise AbnormalError(
            f"{table} is not a table of events ({error}). Score the video again."
        ) from None
    names = events["video"] + ":" + events["event"].astype(str)
    found = events[names == without_spreadsheet_mark(wanted)]
    if len(found) != 1:
        some = ", ".join(names.head(5)) or "none"
        raise AbnormalError(
            f"--dismiss {wanted} names {len(found)} events of {model} in {table}. Expected one, as "
            f"VIDEO:EVENT; there are {some}{', ...' if len(names) > 5 else ''}."
        )
    row = found.iloc[0]
    return str(row["video"]), int(row["start_frame"]), int(row["end_frame"])
