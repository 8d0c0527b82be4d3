"""A false alarm becomes normal: from then on, the same at the same place is no alarm."""

import dataclasses

import numpy as np
import scipy.ndimage

from abnormal.errors import AbnormalError
from abnormal.inference.detector import Detector
from abnormal.inference.score import residuals
from abnormal.inference.stream import CellStream, ResidualStream
from abnormal.inference.videos import InputVideo
from abnormal.scoring.calibration import Calibration, Normality
from abnormal.scoring.local import LOCAL_SCORES

LEAST = 0.1
"""Of a level: a surprise that every frame reaches would make the level infinite."""

NEIGHBOURS = 3
"""Cells along the side of the square around each: who comes again is not in the same cell."""


def dismiss(
    detector: Detector,
    video: InputVideo,
    first: int,
    last: int,
    release: float,
    ignored: np.ndarray | None = None,
) -> Calibration:
    """Raises what is normal at a place to what an event showed there.

    Args:
        detector: The model.
        video: That the event is in.
        first: The event's first frame.
        last: Its last one.
        release: The fused surprise above which an event lasts.
        ignored: `(height, width)` bool at any size, True where nothing counts.

    Returns:
        The model's calibration as it is then.

    Raises:
        AbnormalError: The model is not calibrated for the camera, the video is shorter, or the
            event is dismissed already.
    """
    known, normality = detector.calibration, detector.demand_camera(video.camera)
    names = [name for name, camera in known.cameras.items() if camera is normality]
    entry = {"video": video.name, "camera": names[0], "first_frame": first, "last_frame": last}
    if entry in known.dismissed:
        raise AbnormalError(
            f"Frames {first} to {last} of {video.name} are dismissed already. Score it again: what "
            "is still an event is another one."
        )
    largest = _largest_cells(detector, video, first, last, ignored)
    levels = {
        name: np.maximum(level, largest[name] / _harmless(normality, name, release)).astype(
            np.float32
        )
        for name, level in normality.levels.items()
    }
    return dataclasses.replace(
        known,
        cameras=known.cameras | {names[0]: dataclasses.replace(normality, levels=levels)},
        dismissed=(*known.dismissed, entry),
    )


def _harmless(normality: Normality, name: str, release: float) -> float:
    """How far above its level a cell may be without keeping an event going."""
    surprise = release - np.log10(LOCAL_SCORES[name].share)
    return max(LEAST, normality.surprises[name].score(surprise))


def _largest_cells(
    detector: Detector, video: InputVideo, first: int, last: int, ignored: np.ndarray | None
) -> dict[str, np.ndarray]:
    """The largest value of each cell, or of one beside it, during some frames of a video."""
    info = detector.info
    stream, number = ResidualStream(ignored=detector.at_size(ignored)), 0
    largest: dict[str, np.ndarray] = {}
    with video.open_frames(info.size, info.fps) as opened:
        cell_stream = CellStream(opened.fps)
        for residual in residuals(
            opened.frames, detector.reconstruct, info.clip_length, stream, detector.overlap
        ):
            for name, cells in cell_stream.add(residual).items():
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
