"""Dismisses events of cameras as false alarms, also while the cameras are watched.

What an event of a regime that the model file knows showed becomes normal there; if the regime was
learnt while the camera was watched, in the file of that regime.

cells/
  EVENT.npz    what an anomaly showed at each place of the picture; see `EventCells`
"""

import dataclasses
import logging
import re
import threading
from collections.abc import Callable, Sequence
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
from abnormal.live.monitor import CameraMonitor
from abnormal.live.regime_file import (
    CAMERA,
    background_of,
    change_regime,
    digest_of,
    stored_regimes,
)
from abnormal.models.model import ModelInfo
from abnormal.scoring.calibration import Calibration
from abnormal.scoring.dismissal import Dismissal
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
    stored = stored_regimes(output, _camera_of(event_id), info)
    path, regime = next((one for one in stored if digest_of(one[1]) == digest), (None, None))
    if path is None or regime is None:
        raise AbnormalError(
            f"{event_id} cannot be dismissed: it was in a view or a light that was learnt while "
            f"the camera was watched, of which nothing is kept in {output / 'regimes'} (with "
            "--no-frames, nothing ever is). Calibrate the camera on footage of it."
        )
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


class Dismissals:
    """Dismisses events for the watch that is going on, and takes that back, from any thread."""

    def __init__(
        self,
        model: Path,
        output: Path,
        calibration: Calibration,
        monitors: Sequence[CameraMonitor],
    ) -> None:
        """Changes nothing yet.

        Args:
            model: The model file.
            output: The folder of results.
            calibration: The calibration that the cameras are watched with.
            monitors: The monitors of the cameras.
        """
        self._model, self._output = model, output
        self._calibration, self._monitors = calibration, monitors
        self._lock = threading.Lock()
        self._state: int | None = None  # of the model file when it was last read

    def ids(self) -> frozenset[str]:
        """Returns the names of all dismissed events: ids of live ones, `VIDEO:EVENT` of others."""
        in_model = [dismissal.event for dismissal in self._calibration.dismissed]
        in_regimes = [name for monitor in self._monitors for name in monitor.regimes.dismissed]
        return frozenset(in_model + in_regimes)

    def dismiss(self, event_id: str) -> None:
        """Dismisses an event in its file, and for the cameras from their next clip on.

        Raises:
            AbnormalError: See `dismiss_live_event`.
        """
        self._change(partial(dismiss_live_event, self._model, self._output, event_id))

    def undo(self, event_id: str) -> None:
        """Takes back the dismissal of an event, as `dismiss` does the opposite.

        Raises:
            AbnormalError: The event is not dismissed, or was by an older version of the program,
                which cannot be taken back; or the model file cannot be changed.
        """
        if is_event_id(event_id):
            self._change(partial(undo_live_dismissal, self._model, self._output, event_id))
            return
        undo = partial(undo_dismissal, event=event_id)
        self._change(lambda: Changed(self._model, change_calibration(self._model, undo)))

    def refresh(self) -> None:
        """Takes over what another program has changed in the files since, if it has.

        The scoring calls this and must not wait. While an event is dismissed, it does nothing.
        """
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._refresh_regimes()
            state = self._model.stat().st_mtime_ns if self._model.exists() else None
            if state != self._state:
                self._state = state
                self._take_over(read_info_and_calibration(self._model)[1])
        except (AbnormalError, OSError) as error:
            log.warning("%s The watch goes on with what it knows.", error)
        finally:
            self._lock.release()

    def _change(self, change: Callable[[], Changed]) -> None:
        with self._lock:
            changed = change()
            if changed.path == self._model:
                self._take_over(changed.calibration)
            else:
                self._refresh_regimes()

    def _refresh_regimes(self) -> None:
        for monitor in self._monitors:
            monitor.regimes.refresh()

    def _take_over(self, stored: Calibration) -> None:
        """Takes all dismissals of the model file over into what is going on, and nothing else.

        The file may have been calibrated or trained again since the watch began, and the rest then
        does not belong to the network that watches.
        """
        fitting = [one for one in stored.dismissed if _fits(one, self._calibration)]
        if len(fitting) < len(stored.dismissed):
            log.warning(
                "%s has another model now than the one that watches. Start the watch again.",
                self._model,
            )
        self._calibration = self._calibration.with_dismissed(fitting)
        for monitor in self._monitors:
            monitor.use(self._calibration)


def _fits(dismissal: Dismissal, calibration: Calibration) -> bool:
    """Whether a calibration knows the camera of a dismissal, with as many cells."""
    camera = calibration.cameras.get(dismissal.camera)
    return camera is not None and all(
        camera.levels[name].shape == level.shape
        for name, level in dismissal.levels.items()
        if name in camera.levels
    )


def _regime_that_dismissed(event_id: str, output: Path, info: ModelInfo) -> Path | None:
    """Returns the file of the regime in which an event was dismissed; None if there is none."""
    for path, regime in stored_regimes(output, _camera_of(event_id), info):
        if any(one.event == event_id for one in regime.dismissed):
            return path
    return None


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
