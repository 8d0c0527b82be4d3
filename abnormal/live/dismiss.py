"""Dismisses events of cameras as false alarms, and takes that back.

What an event of a regime that the model file knows showed becomes normal there; if the regime was
learnt while the camera was watched, in the file of that regime.

cells/
  EVENT.npz    what an anomaly showed at each place of the picture; see `EventCells`
"""

import dataclasses
import logging
import re
from functools import partial
from pathlib import Path
from typing import NamedTuple

from abnormal.errors import AbnormalError
from abnormal.files import natural_key
from abnormal.inference.dismiss import dismiss, undo_dismissal
from abnormal.inference.event_cells import EventCells, read_event_cells, write_event_cells
from abnormal.inference.regimes import RegimeWatch
from abnormal.inference.stored_calibration import change_calibration, read_info_and_calibration
from abnormal.live.event import ANOMALY
from abnormal.live.regime_file import CAMERA, background_of, change_regime, digest_of
from abnormal.live.regime_folder import regime_of_another_model, stored_regimes
from abnormal.models.model import ModelInfo
from abnormal.scoring.calibration import Calibration
from abnormal.scoring.regime_names import camera_of, learnt_digest

CELLS = "cells"
"""Folder, in the folder of results, of what the events showed."""

MOST_NAMED = 3
"""A message names at most so many events."""

_EVENT_ID = re.compile(r"([\w.-]{1,100})-\d{8}T\d{6}\.\d{3}Z-(\w+)")

log = logging.getLogger(__name__)


def is_event_id(name: str) -> bool:
    """Whether a name has the form of the id of a live event."""
    return _EVENT_ID.fullmatch(name) is not None


def keep_event_cells(output: Path, event_id: str, cells: EventCells) -> None:
    """Writes what an event has shown so far, for the day on which it is dismissed.

    If the file cannot be written, for instance because the disk is full, an error is logged and the
    watch goes on.

    Args:
        output: The folder of results.
        event_id: The id of the event.
        cells: What it has shown.
    """
    try:
        write_event_cells(output / CELLS / f"{event_id}.npz", cells)
    except AbnormalError as error:
        log.error("left out: %s", error)


class Changed(NamedTuple):
    """The file that a dismissal has changed.

    Attributes:
        path: The model file, or the file of a regime that was learnt while the camera was watched.
        calibration: The new calibration in it.
    """

    path: Path
    calibration: Calibration


def dismiss_live_event(model: Path, output: Path, event_id: str) -> Changed:
    """Makes it normal what an event of a camera showed, which was a false alarm.

    The model file is written again or, if the event was in a regime that was learnt while the
    camera was watched, the file of that. No video is needed. Of an event that still goes on, what
    it has shown so far is dismissed.

    Args:
        model: The model file.
        output: The folder of results of the watch.
        event_id: The id of the event.

    Raises:
        AbnormalError: The event is unknown, is no anomaly, or is dismissed already; or the file
            cannot be changed.
    """
    cells, entry = _cells_of(output, event_id), {"event": event_id}
    digest = learnt_digest(cells.camera)
    if not digest:
        return Changed(model, change_calibration(model, lambda known: dismiss(known, cells, entry)))
    info, known = read_info_and_calibration(model)
    camera = _camera_of(event_id)
    stored = stored_regimes(output, camera, info)
    path, regime = next((one for one in stored if digest_of(one[1]) == digest), (None, None))
    if path is None or regime is None:
        other = regime_of_another_model(output, camera, digest, info)
        raise AbnormalError(_without_regime(event_id, output, model, other))
    in_model = [known.cameras[name] for name in known.regimes(camera_of(cells.camera))]
    if RegimeWatch(in_model, info.fps).knows(background_of(regime)):
        raise AbnormalError(
            f"{event_id} cannot be dismissed: it was judged by what was learnt while the camera "
            "was watched, and the model has been calibrated on this view since. Dismiss the next "
            "such event instead, if there is one."
        )
    here = dataclasses.replace(cells, camera=CAMERA)
    return Changed(path, change_regime(path, info, lambda known: dismiss(known, here, entry)))


def undo_live_dismissal(model: Path, output: Path, event_id: str) -> Changed:
    """Takes back the dismissal of an event of a camera, in the file that it is in.

    Args:
        model: The model file.
        output: The folder of results of the watch.
        event_id: The id of the event.

    Raises:
        AbnormalError: The event is not dismissed; or the file cannot be changed.
    """
    undo = partial(undo_dismissal, event=event_id)
    info, _ = read_info_and_calibration(model)
    if path := _regime_that_dismissed(event_id, output, info):
        return Changed(path, change_regime(path, info, undo))
    return Changed(model, change_calibration(model, undo))


def _regime_that_dismissed(event_id: str, output: Path, info: ModelInfo) -> Path | None:
    """Returns the file of the regime in which an event was dismissed; None if there is none."""
    for path, regime in stored_regimes(output, _camera_of(event_id), info):
        if any(one.event == event_id for one in regime.dismissed):
            return path
    return None


def _without_regime(event_id: str, output: Path, model: Path, other: Path | None) -> str:
    """Says that there is no regime of this model in which an event could be dismissed.

    Args:
        event_id: The id of the event.
        output: The folder of results.
        model: The model file.
        other: The file of the event's regime if that was learnt with another model.
    """
    text = (
        f"{event_id} cannot be dismissed: it was in a view or a light that was learnt while the "
        "camera was watched"
    )
    if other:
        return (
            f"{text} with another model than {model}, and that is kept in {other}. Give the model "
            "that found the event with --model."
        )
    return (
        f"{text}, of which nothing is kept in {output / 'regimes'} (with --no-frames, nothing ever "
        "is). Calibrate the camera on footage of it."
    )


def _camera_of(event_id: str) -> str:
    """Returns the name of the camera in the id of an event."""
    match = _EVENT_ID.fullmatch(event_id)
    return match[1] if match else ""


def _cells_of(output: Path, event_id: str) -> EventCells:
    match = _EVENT_ID.fullmatch(event_id)
    if match and match[2] != ANOMALY:
        raise AbnormalError(
            f"{event_id} is no anomaly but {match[2]}, which depends on no level that a dismissal "
            "could raise. Only anomalies can be dismissed."
        )
    path = output / CELLS / f"{event_id}.npz"
    if not match or not path.is_file():
        known = sorted((output / CELLS).glob("*.npz"), key=lambda one: natural_key(one.name))
        some = ", ".join(one.stem for one in known[-MOST_NAMED:]) or "none"
        raise AbnormalError(
            f"There is no event {event_id} in {output / CELLS} that could be dismissed. Expected "
            f"the id of an anomaly that a score of places raised; the last there: {some}."
        )
    return read_event_cells(path)
