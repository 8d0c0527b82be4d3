"""Dismisses a false alarm: afterwards, the same at the same place in the picture is normal."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import scipy.ndimage

from abnormal.errors import AbnormalError
from abnormal.inference.detector import Detector
from abnormal.inference.event_cells import EventCells
from abnormal.inference.regimes import RegimeWatch, split_at_regimes
from abnormal.inference.score import residuals
from abnormal.inference.stream import CellStream, open_stream
from abnormal.inference.videos import InputVideo, ModelFrames
from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.calibration import Calibration
from abnormal.scoring.calibration_check import MOST_LEVEL
from abnormal.scoring.dismissal import Dismissal
from abnormal.scoring.fusion import uncorrected
from abnormal.scoring.local import shares_of
from abnormal.scoring.normality import Normality
from abnormal.scoring.regime_names import camera_of
from abnormal.scoring.residual import ClipResidual

MIN_RATIO = 1e-3
"""Lower limit of the tolerated ratio of a cell to its level. At a ratio of 0, which every frame
reaches, the level would become infinite."""

NEIGHBOURS = 3
"""Side of the square of cells around each cell whose levels are raised with it, in cells. Somebody
who comes again does not appear in exactly the same cell."""

MOST_NAMED = 5
"""A message names at most so many events."""


def dismiss(known: Calibration, event: EventCells, entry: Mapping[str, Any]) -> Calibration:
    """Raises the normal levels of a camera so far that an event would not have been one.

    Args:
        known: The calibration of the model.
        event: What the event showed.
        entry: What the model file says about the event, but for its camera; see `Dismissal`.

    Returns:
        The new calibration of the model.

    Raises:
        AbnormalError: The model is not calibrated for the camera or has frames of another size, or
            the event has been dismissed already.
    """
    normality = known.normality(event.camera)
    names = [name for name, camera in known.cameras.items() if camera is normality]
    if normality is None and camera_of(event.camera) in known.camera_names:
        raise AbnormalError(
            f"{entry['event']} cannot be dismissed: it was in a view or a light that was learnt "
            "while the camera was watched, which the model file does not have. Calibrate the "
            "camera on footage of it, too."
        )
    if normality is None or not names:
        raise AbnormalError(
            f"The model does not know the camera {event.camera!r} of the event {entry['event']}, "
            f"only {', '.join(map(repr, sorted(known.cameras))) or 'none'}."
        )
    dismissal = Dismissal(
        {**entry, "camera": names[0]},
        {
            name: _raised_level(event, normality, name)
            for name in normality.levels
            if name in event.largest
        },
    )
    if any(dismissal.is_of_same_event(other) for other in known.dismissed):
        raise AbnormalError(
            f"{entry['event']} is dismissed already. What is still an event when its video is "
            "scored again is another one."
        )
    return known.with_dismissed((*known.dismissed, dismissal))


def undo_dismissal(known: Calibration, event: str) -> Calibration:
    """Takes back the dismissal of an event.

    Args:
        known: The calibration of the model.
        event: Name of the event; see `Dismissal`. If several have it, because a video was scored
            again, the newest one is meant.

    Returns:
        The new calibration of the model.

    Raises:
        AbnormalError: The event is not dismissed, or an older version of the program dismissed it,
            which did not keep what was normal before.
    """
    found = [dismissal for dismissal in known.dismissed if dismissal.event == event]
    if not found:
        names = [dismissal.event for dismissal in reversed(known.dismissed)]
        some = ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")
        known_ones = f"Dismissed are {some}." if names else "No event is."
        raise AbnormalError(f"{event} is not dismissed. {known_ones}")
    if not found[-1].levels:
        raise AbnormalError(
            f"The dismissal of {event} cannot be taken back: an older version of this program made "
            "it, and did not keep what was normal before. Calibrate the camera again instead."
        )
    return known.with_dismissed(one for one in known.dismissed if one is not found[-1])


def _raised_level(event: EventCells, normality: Normality, name: str) -> np.ndarray:
    """Returns the level of each cell at which the event does not last, by one local score."""
    cells, level = event.largest[name], normality.levels[name]
    if cells.shape != level.shape:
        raise AbnormalError(
            f"The event was found by another model: it has {cells.shape} cells, and this model "
            f"{level.shape}. Name the model that found it with --model."
        )
    # Each cell tolerates what the cells beside it showed.
    around = scipy.ndimage.maximum_filter(cells, (NEIGHBOURS, NEIGHBOURS))
    level = around / _tolerated_ratio(event, normality, name)
    return np.minimum(level, MOST_LEVEL).astype(np.float32)


def _tolerated_ratio(event: EventCells, normality: Normality, name: str) -> float:
    """Returns the largest ratio of a cell to its level that does not keep an event going."""
    surprise = event.release
    if event.score == FUSED:  # as `fuse` weights and corrects it
        share = shares_of(normality.levels)[name]
        surprise = uncorrected(surprise, normality.correction) - np.log10(share)
    return max(MIN_RATIO, normality.surprises[name].score(surprise))


def measure_event(
    detector: Detector,
    video: InputVideo,
    frames: tuple[int, int],
    alarm: Alarm,
    ignored: np.ndarray | None = None,
) -> EventCells:
    """Measures what an event of a video showed.

    Args:
        detector: The model.
        video: The video in which the event happened.
        frames: 0-based numbers of the event's first and last frame.
        alarm: The alarm of the model.
        ignored: `(height, width)` bool of any size, True where nothing counts; None if everything
            counts.

    Returns:
        What it showed; its camera is the name of the regime in which the event began.

    Raises:
        AbnormalError: The model is not calibrated for the camera, or the event ends after the
            video.
    """
    info, (first, last) = detector.info, frames
    detector.require_camera(video.camera)
    regime = video.camera
    ignored, number = detector.at_size(ignored), 0
    largest: dict[str, np.ndarray] = {}
    with video.open_frames(info.size, info.fps) as opened:
        for name_of_part, residual, of_scores in _cells(detector, video.camera, opened, ignored):
            regime = name_of_part if number <= first else regime
            for name, cells in of_scores.items():
                inside = cells[max(0, first - number) : max(0, last + 1 - number)]
                if len(inside):
                    largest[name] = np.maximum(largest.get(name, 0), inside.max(axis=0))
            number += len(residual.new_positions)
            if number > last:
                break
    if number <= last:
        raise AbnormalError(
            f"{video.name} has {number} frames, but the event ends with frame {last}. Score it "
            "again first: has it changed?"
        )
    return EventCells(regime, alarm.score, alarm.for_camera(video.camera).release, largest)


def _cells(
    detector: Detector, camera: str, opened: ModelFrames, ignored: np.ndarray | None
) -> Iterator[tuple[str, ClipResidual, dict[str, np.ndarray]]]:
    """Yields the regime and the residual of each clip, and the cells of its new frames."""
    names = detector.calibration.regimes(camera)
    regimes = detector.regimes(camera)
    watch = RegimeWatch(regimes, opened.fps)
    for part in split_at_regimes(opened.frames, opened.gaps, watch):
        number = part.regime or 0
        cells = CellStream(opened.fps, regimes[number].levels)
        clips = residuals(
            part.frames,
            detector.reconstruct,
            detector.info.clip_length,
            open_stream(regimes[number], opened.fps, ignored),
            detector.overlap,
            detector.still_clips(),
        )
        for residual in clips:
            yield names[number], residual, cells.add(residual)
