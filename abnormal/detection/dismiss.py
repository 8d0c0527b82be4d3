"""Dismisses an event of the last results as a false alarm, and changes the model accordingly."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from abnormal.detection.detect import find_videos
from abnormal.detection.options import DetectionOptions
from abnormal.errors import AbnormalError
from abnormal.inference.detector import detector_of
from abnormal.inference.dismiss import dismiss, measure_event, undo_dismissal
from abnormal.inference.stored_calibration import change_calibration
from abnormal.models.model_file import read_model
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
        AbnormalError: There is no such event in the results, its video cannot be found, its score
            is not local, or it is dismissed already.
    """
    path = the_model(options.models)
    if not is_local(options.score):
        raise AbnormalError(
            f"--dismiss changes what is normal at a place in the picture, which --score "
            f"{options.score} does not use. Use --score {FUSED}."
        )
    frames = _find_event(options.output / "events.csv", path, wanted)
    return dismiss_frames(options, wanted, frames)


def dismiss_frames(
    options: DetectionOptions, wanted: str, frames: tuple[str, int, int]
) -> Calibration:
    """Teaches a model that some frames were a false alarm, and writes the model file again.

    Args:
        options: The options with which the video was scored, with one model.
        wanted: Name of the event, by which the dismissal can be taken back.
        frames: Name of the video, and 0-based numbers of the first and the last frame.

    Returns:
        The new calibration of the model.

    Raises:
        AbnormalError: The video cannot be found or has fewer frames, or the event is dismissed
            already.
    """
    (path,), (name, first, last) = options.models, frames
    videos = {video.name: video for video in find_videos(options)}
    if name not in videos:
        raise AbnormalError(
            f"There is no video {name} in {options.source or options.img}. Give the same --source "
            "or --img as when it was scored."
        )
    model = read_model(path)
    detector = detector_of(model, path.stem, options.runtime, options.hop, options.exact)
    alarm = detector.alarm(options.score, options.threshold, options.false_alarms_per_hour)
    ignored = read_zone(options.zone) if options.zone else None
    event = measure_event(detector, videos[name], (first, last), alarm, ignored)
    entry = {"event": wanted, "video": name, "first_frame": first, "last_frame": last}
    return change_calibration(
        path, lambda known: dismiss(known, event, entry), network=model.lazy_network.digest
    )


def undo_dismissed_event(models: Sequence[Path], event: str) -> Calibration:
    """Takes back that an event was a false alarm, and writes the model file again.

    Args:
        models: The model file, which is the only one.
        event: The event, as it was named when it was dismissed.

    Returns:
        The new calibration of the model.

    Raises:
        AbnormalError: There are several models, or the event is not dismissed.
    """
    return change_calibration(the_model(models), lambda known: undo_dismissal(known, event))


def the_model(models: Sequence[Path]) -> Path:
    """Returns the model whose events are dismissed.

    Raises:
        AbnormalError: There are several.
    """
    if len(models) > 1:
        raise AbnormalError("--dismiss changes one model, but several are given. Name one.")
    return models[0]


def _find_event(table: Path, model: Path, wanted: str) -> tuple[str, int, int]:
    """Returns the name of an event's video and the numbers of its first and its last frame."""
    if not table.is_file():
        raise AbnormalError(
            f"There is no {table}, and {wanted} is not the id of a live event. Score the video "
            "first, and give the same --output."
        )
    try:
        # A video or a model may be called `NA` or `null`, which stand for nothing otherwise.
        events = pd.read_csv(table, dtype={"video": str, "model": str}, keep_default_na=False)
        for column in ("model", "video"):
            events[column] = events[column].map(without_spreadsheet_mark)
        events = events[events["model"].map(lambda name: _names(name, model)).astype(bool)]
    except (ValueError, KeyError) as error:
        raise AbnormalError(
            f"{table} is not a table of events ({error}). Score the video again."
        ) from None
    names = events["video"] + ":" + events["event"].astype(str)
    found = events[names == without_spreadsheet_mark(wanted)]
    if len(found) != 1:
        some = ", ".join(names.head(5)) or "none"
        raise AbnormalError(
            f"--dismiss {wanted} names {len(found)} events of {model.stem} in {table}. Expected "
            f"one, as VIDEO:EVENT; there are {some}{', ...' if len(names) > 5 else ''}."
        )
    row = found.iloc[0]
    return str(row["video"]), int(row["start_frame"]), int(row["end_frame"])


def _names(name: str, model: Path) -> bool:
    """Tells whether results call a model file by a name; see `open_detectors`."""
    return name == model.stem or Path(name).resolve() == model.resolve()
