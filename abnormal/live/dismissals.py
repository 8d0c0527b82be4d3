"""Dismisses events of cameras as false alarms while the cameras are watched."""

import dataclasses
import hashlib
import json
import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.inference.dismiss import undo_dismissal
from abnormal.inference.stored_calibration import change_calibration, read_info_and_calibration
from abnormal.live.dismiss import dismiss_live_event, is_event_id, undo_live_dismissal
from abnormal.live.monitor import CameraMonitor
from abnormal.live.regime_file import model_digest
from abnormal.models.model import ModelInfo
from abnormal.scoring.calibration import Calibration

log = logging.getLogger(__name__)


class Dismissals:
    """Dismisses events for the watch that is going on, and takes that back, from any thread.

    The model file may be calibrated or trained again meanwhile. It has then forgotten dismissals,
    and what it has learnt does not belong to the network or the calibration that watches. The watch
    keeps the dismissals that it has until it is started again, and says so.
    """

    def __init__(
        self,
        model: Path,
        output: Path,
        info: ModelInfo,
        calibration: Calibration,
        monitors: Sequence[CameraMonitor],
    ) -> None:
        """Changes nothing yet.

        Args:
            model: The model file.
            output: The folder of results.
            info: Facts about the model that watches.
            calibration: The calibration that the cameras are watched with.
            monitors: The monitors of the cameras.
        """
        self._model, self._output = model, output
        self._calibration, self._monitors = calibration, monitors
        self._learnt = _digest_of_learnt(info, calibration)
        self._is_outdated = False
        self._lock = threading.Lock()
        self._state: tuple[int, int] | None = None  # of the model file when it was last read

    def ids(self) -> frozenset[str]:
        """Returns the names of all dismissed events: ids of live ones, `VIDEO:EVENT` of others."""
        in_model = [dismissal.event for dismissal in self._calibration.dismissed]
        in_regimes = [name for monitor in self._monitors for name in monitor.regimes.dismissed]
        return frozenset(in_model + in_regimes)

    def dismiss(self, event_id: str) -> None:
        """Dismisses an event in its file, and for the cameras from their next clip on.

        Raises:
            AbnormalError: The model file has been calibrated or trained again since the watch
                began. See also `dismiss_live_event`.
        """
        self._change(partial(dismiss_live_event, self._model, self._output, event_id))

    def undo(self, event_id: str) -> None:
        """Takes back the dismissal of an event, as `dismiss` does the opposite.

        Raises:
            AbnormalError: The event is not dismissed, or was by an older version of the program,
                which cannot be taken back; or the model file cannot be changed, or has been
                calibrated or trained again since the watch began.
        """
        if is_event_id(event_id):
            self._change(partial(undo_live_dismissal, self._model, self._output, event_id))
        else:
            undo = partial(undo_dismissal, event=event_id)
            self._change(partial(change_calibration, self._model, undo))

    def refresh(self) -> None:
        """Takes over what another program has changed in the files since, if it has.

        The scoring calls this and must not wait. While an event is dismissed, it does nothing.
        """
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._read_regimes_again()
            self._read_model_again()
        except AbnormalError as error:
            log.warning("%s The watch goes on with what it knows.", error)
        finally:
            self._lock.release()

    def _change(self, change: Callable[[], object]) -> None:
        with self._lock:
            self._read_model_again()
            if self._is_outdated:
                raise AbnormalError(
                    f"{self._model} has been calibrated or trained again since the watch began. "
                    "Start the watch again; events can be dismissed and taken back then."
                )
            change()
            self._read_regimes_again()
            self._read_model_again()

    def _read_regimes_again(self) -> None:
        for monitor in self._monitors:
            monitor.regimes.refresh()

    def _read_model_again(self) -> None:
        """Takes the dismissals in the model file over into what is going on, and nothing else."""
        state = _state_of(self._model)
        if state == self._state:
            return
        self._state = state
        info, stored = read_info_and_calibration(self._model)
        was_outdated = self._is_outdated
        self._is_outdated = _digest_of_learnt(info, stored) != self._learnt
        if not self._is_outdated:
            self._calibration = self._calibration.with_dismissed(stored.dismissed)
            for monitor in self._monitors:
                monitor.use(self._calibration)
        elif not was_outdated:
            log.warning(
                "%s has been calibrated or trained again since the watch began. It goes on with "
                "what it knew, dismissed events included: start it again to use what is new.",
                self._model,
            )


def _state_of(path: Path) -> tuple[int, int] | None:
    """Returns what changes whenever a file is replaced; None if it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino


def _digest_of_learnt(info: ModelInfo, calibration: Calibration) -> bytes:
    """Returns 32 bytes that training and calibrating change.

    Dismissing an event does not change them, nor does the exam, which comes after the calibration.
    """
    learnt = dataclasses.replace(calibration.with_dismissed(()), exams={})
    digest = hashlib.sha256(model_digest(info).tobytes())
    digest.update(json.dumps(learnt.as_dict(), sort_keys=True).encode())
    for _, arrays in sorted(learnt.arrays.items()):
        for _, array in sorted(arrays.items()):
            digest.update(array.tobytes())
    return digest.digest()
