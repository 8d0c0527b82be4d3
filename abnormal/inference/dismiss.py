"""Dismisses a false alarm: afterwards, the same at the same place in the picture is normal."""

import dataclasses
from collections.abc import Iterator

import numpy as np
import scipy.ndimage

from abnormal.errors import AbnormalError
from abnormal.frames.gaps import split_at_gaps
from abnormal.inference.detector import Detector
from abnormal.inference.score import residuals
from abnormal.inference.stream import CellStream, open_stream
from abnormal.inference.videos import InputVideo, ModelFrames
from abnormal.scoring.calibration import Calibration, Normality
from abnormal.scoring.local import shares_of
from abnormal.scoring.residual import ClipResidual

MIN_RATIO = 0.1
"""Lower limit of the tolerated ratio of a cell to its level. At a ratio of 0, which every frame
reaches, the level would become infinite."""

NEIGHBOURS = 3
"""Side of the square of cells around each cell whose levels are raised with it, in cells. Somebody
who comes again does not appear in exactly the same cell."""


def dismiss(
    detector: Detector,
    video: InputVideo,
    first: int,
    last: int,
    release: float,
    ignored: np.ndarray | None = None,
) -> Calibration:
    """Raises the normal levels of a camera so far that an event would not have been one.

    Args:
        detector: The model.
        video: The video in which the event happened.
        first: 0-based number of the event's first frame.
        last: 0-based number of its last frame.
        release: Fused surprise above which an event lasts.
        ignored: `(height, width)` bool of any size, True where nothing counts; None if everything
            counts.

    Returns:
        The new calibration of the model.

    Raises:
        AbnormalError: The model is not calibrated for the camera, the event ends after the video,
            or the event has been dismissed already.
    """
    known, normality = detector.calibration, detector.require_camera(video.camera)
    names = [name for name, camera in known.cameras.items() if camera is normality]
    entry = {"video": video.name, "camera": names[0], "first_frame": first, "last_frame": last}
    if entry in known.dismissed:
        raise AbnormalError(
            f"Frames {first} to {last} of {video.name} are dismissed already. Score it again: what "
            "is still an event is another one."
        )
    largest = _largest_cells(detector, video, first, last, ignored)
    levels = {
        name: np.maximum(level, largest[name] / _tolerated_ratio(normality, name, release)).astype(
            np.float32
        )
        for name, level in normality.levels.items()
    }
    return dataclasses.replace(
        known,
        cameras=known.cameras | {names[0]: dataclasses.replace(normality, levels=levels)},
        dismissed=(*known.dismissed, entry),
    )


def _tolerated_ratio(normality: Normality, name: str, release: float) -> float:
    """Returns the largest ratio of a cell to its level that does not keep an event going."""
    # as `fuse` weights it
    share = np.log10(shares_of(normality.levels)[name])
    surprise = release - normality.correction - share
    return max(MIN_RATIO, normality.surprises[name].score(surprise))


def _largest_cells(
    detector: Detector, video: InputVideo, first: int, last: int, ignored: np.ndarray | None
) -> dict[str, np.ndarray]:
    """Returns the largest value of each cell and the cells beside it, over the frames of an event.

    Returns:
        For each local score `(rows, columns)` float64, at least 0.
    """
    info = detector.info
    normality = detector.require_camera(video.camera)
    ignored, number = detector.at_size(ignored), 0
    largest: dict[str, np.ndarray] = {}
    with video.open_frames(info.size, info.fps) as opened:
        for residual, of_scores in _cells(detector, opened, normality, ignored):
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
    size = (NEIGHBOURS, NEIGHBOURS)
    return {name: scipy.ndimage.maximum_filter(cells, size) for name, cells in largest.items()}


def _cells(
    detector: Detector, opened: ModelFrames, normality: Normality, ignored: np.ndarray | None
) -> Iterator[tuple[ClipResidual, dict[str, np.ndarray]]]:
    """Yields the residual of each clip of a video, and the cells of its new frames."""
    for part in split_at_gaps(opened.frames, opened.gaps):
        cells = CellStream(opened.fps, normality.levels)
        clips = residuals(
            part,
            detector.reconstruct,
            detector.info.clip_length,
            open_stream(normality, opened.fps, ignored),
            detector.overlap,
            detector.still_clips(),
        )
        for residual in clips:
            yield residual, cells.add(residual)
