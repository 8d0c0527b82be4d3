"""Follows the regimes of one camera, and learns those that are not known."""

import contextlib
import dataclasses
import datetime
import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.files import locked_folder, make_folder
from abnormal.inference.detector import Detector
from abnormal.inference.learn_regime import RegimeLearner
from abnormal.inference.regimes import RegimeWatch
from abnormal.live.address import Camera
from abnormal.live.frame import LiveFrame
from abnormal.live.regime_file import (
    CAMERA,
    MOST_REGIMES,
    background_of,
    calibration_of_regime,
    digest_of,
    read_regime,
    regime_path,
    write_regime,
)
from abnormal.live.regime_folder import free_number, read_regimes
from abnormal.scoring.calibration import Calibration
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.normality import Normality
from abnormal.scoring.regime_names import camera_of, learnt_regime_name
from abnormal.scoring.residual import ClipResidual

NOT_LEARNT_FROM = ("black", "frozen", "light")
"""Faults of pictures that no regime is learnt from. The others may come from the new view itself,
which the gate compares with the last one."""

log = logging.getLogger(__name__)


class CameraRegimes:
    """The regimes of a camera that the model knows, and those that have been learnt since.

    Attributes:
        detector: The model; its calibration also has the regimes that have been learnt.
        watch: Tells in the camera's thread which regime a picture shows.
        text: What the camera shows, for people; empty if only one regime is known.
    """

    def __init__(self, camera: Camera, detector: Detector) -> None:
        """Starts with the regimes that the model knows.

        Args:
            camera: The camera.
            detector: The model.
        """
        self._camera, self.detector = camera, detector
        self._names = detector.calibration.regimes(camera.known_as)
        known = detector.regimes(camera.known_as)
        self.watch = RegimeWatch(known, detector.info.fps)
        has_all = all(LOCAL_SCORES.keys() == one.levels.keys() for one in known)
        self._can_learn = has_all and self.watch.can_tell
        self._learner = RegimeLearner(detector.info.fps)
        self._thread = ThreadPoolExecutor(1, "regime")
        self._learning: Future[Normality] | None = None
        self._learnt: dict[int, Calibration] = {}  # by the numbers of their files
        self._changed_at: dict[int, int] = {}  # their files, as far as there are any
        self._folder: Path | None = None
        self._lock = threading.Lock()
        self._regime: int | None = 0
        self._next = 0  # number of the frame that would follow without a gap
        self.text = self._describe()

    def keep_in(self, folder: Path) -> None:
        """Reads the regimes that an earlier run has learnt, and keeps further ones there, too.

        The model may have been calibrated since. A regime that it knows by now is left out, and so
        are all if regimes can no longer be told from one another.

        Args:
            folder: The folder of results.
        """
        self._folder = folder
        if not self._can_learn:
            return
        found = read_regimes(folder, self._camera.name, self.detector.info)
        for number, regime in found.items():
            if not self.watch.knows(background_of(regime)):
                self._add(number, regime)
                self._note_file(number)
        self.text = self._describe()

    @property
    def dismissed(self) -> list[str]:
        """Names of the events that were dismissed in the regimes that have been learnt."""
        with self._lock:
            every = [one for regime in self._learnt.values() for one in regime.dismissed]
        return [dismissal.event for dismissal in every]

    def refresh(self) -> None:
        """Takes over what was dismissed in files of regimes since, which any thread may ask for.

        If a file is gone or damaged, the watch goes on with what it knows.
        """
        if self._folder is None:
            return
        with self._lock:
            for number, changed_at in list(self._changed_at.items()):
                path = regime_path(self._folder, self._camera.name, number)
                with contextlib.suppress(OSError, AbnormalError):
                    if path.stat().st_mtime_ns != changed_at:
                        self._note_file(number)
                        found = read_regime(path, self.detector.info)
                        if digest_of(found) == digest_of(self._learnt[number]):
                            self._learnt[number] = found
            self._use(self.detector.calibration)

    def _note_file(self, number: int) -> None:
        """Remembers when the file of a regime was changed last."""
        if self._folder:
            path = regime_path(self._folder, self._camera.name, number)
            with contextlib.suppress(OSError):  # it has just been deleted
                self._changed_at[number] = path.stat().st_mtime_ns

    def use(self, calibration: Calibration) -> None:
        """Goes on with another calibration of the model, which any thread may ask for."""
        with self._lock:
            self._use(calibration)

    def _use(self, calibration: Calibration) -> None:
        learnt = {self._name_of(one): one.cameras[CAMERA] for one in self._learnt.values()}
        cameras = calibration.cameras | learnt
        calibration = dataclasses.replace(calibration, cameras=cameras)
        self.detector = dataclasses.replace(self.detector, calibration=calibration)

    def name_of(self, regime: int | None) -> str:
        """Returns the name of a regime in the calibration; of the first one if it is not known."""
        return self._names[regime or 0] if self._names else self._camera.known_as

    def add(self, frames: tuple[LiveFrame, ...], residual: ClipResidual) -> None:
        """Follows the regime of the frames of a clip, and learns from them if it is not known.

        Args:
            frames: The new frames of the clip, all of one regime.
            residual: The completed residual of the clip.
        """
        newest = frames[-1]
        if frames[0].moment.number != self._next:
            self._learner.skip()
        self._next = newest.moment.number + 1
        if newest.seen.regime != self._regime:
            self._change(newest)
        if self._regime is None and self._can_learn:
            self._learn(frames, residual)
            self.text = self._describe(newest)

    def close(self) -> None:
        """Gives up what is being learnt, because the watch ends."""
        self._forget()
        self._thread.shutdown(wait=False)

    def _change(self, newest: LiveFrame) -> None:
        self._regime = newest.seen.regime
        self._forget()
        self.text = self._describe(newest)
        name = self._camera.name
        if self._regime is not None:
            log.info("%s shows %s", name, self.text or "the view that is known")
        elif self._can_learn:
            log.warning(
                "%s shows a view or a light that is not known: learning it, no alarms until about "
                "%s UTC if it stays",
                *(name, self._end(newest)),
            )
        else:
            log.warning(
                "%s shows a view or a light that is not known: no alarms until it shows another "
                "one. Calibrate the model on normal footage of it.",
                name,
            )

    def _forget(self) -> None:
        """Gives up what is being learnt."""
        if self._learning:  # what the thread learns is not wanted any more
            self._learner, self._learning = RegimeLearner(self.detector.info.fps), None
        self._learner.start_anew()

    def _learn(self, frames: tuple[LiveFrame, ...], residual: ClipResidual) -> None:
        if self._learning:
            if self._learning.done():
                self._finish(self._learning.result())
        elif any(frame.fault in NOT_LEARNT_FROM for frame in frames):
            self._learner.skip()
        else:
            try:
                images = np.stack([frame.image for frame in frames])
                if self._learner.add(images, residual):
                    # It takes seconds, in which the frames of all cameras would be dropped.
                    self._learning = self._thread.submit(self._learner.learn)
            except AbnormalError as error:
                log.warning("%s: what it shows cannot be learnt. %s", self._camera.name, error)
                self._can_learn = False

    def _finish(self, normality: Normality) -> None:
        self._forget()
        regime = calibration_of_regime(normality)
        number = self._next_number()
        self._write(number, regime)
        self._add(number, regime)
        log.info(
            "%s: what it shows is known now, as regime %d; there are alarms again",
            *(self._camera.name, len(self._names)),
        )

    def _next_number(self) -> int:
        """Returns a number for the file of a regime, also if it is not kept; see `free_number`."""
        if self._folder is None:
            return len(self._learnt) + 1
        return free_number(self._folder, self._camera.name, self._learnt, self.detector.info)

    def _write(self, number: int, regime: Calibration) -> None:
        """Keeps a regime for the next run, if any are kept."""
        if self._folder is None:
            return
        path = regime_path(self._folder, self._camera.name, number)
        try:
            make_folder(path.parent)
            with locked_folder(path.parent):
                write_regime(path, regime, self.detector.info)
                self._note_file(number)
        except (AbnormalError, OSError) as error:
            log.warning("%s The next run has to learn it again.", error)

    def _name_of(self, regime: Calibration) -> str:
        return learnt_regime_name(camera_of(self._names[0]), digest_of(regime))

    def _add(self, number: int, regime: Calibration) -> None:
        """Adds a regime that was learnt, whose file has this number."""
        with self._lock:
            self._learnt[number] = regime
            self._use(self.detector.calibration)
        self._names.append(self._name_of(regime))
        self._can_learn = self._can_learn and len(self._learnt) < MOST_REGIMES
        self.watch.add(background_of(regime))

    def _describe(self, newest: LiveFrame | None = None) -> str:
        if self._regime is not None:
            return f"regime {self._regime + 1} of {len(self._names)}" if self._names[1:] else ""
        if self._can_learn and newest:
            return f"view not known, learning until about {self._end(newest)} UTC"
        return "view not known"

    def _end(self, newest: LiveFrame) -> str:
        end = newest.moment.utc + self._learner.left_sec
        return f"{datetime.datetime.fromtimestamp(end, datetime.UTC):%H:%M}"
