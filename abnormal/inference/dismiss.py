"""A false alarm becomes normal: from then on, the same at the same place is no alarm."""

import dataclasses

import numpy as np
import scipy.ndimage

from abnormal.errors import AbnormalError
from abnormal.inference.detector import Detector
from abnormal.inference.score import residuals
from abnormal.inference.stream import CellStream, ResidualStream
from abnormal.inference.videos import TestVideo
from abnormal.scoring.calibration import ALARM, RELEASE, Calibration, Normality
from abnormal.scoring.local import LOCAL_SCORES

NEIGHBOURS = 3
"""Cells along the side of the square around each: who comes again is not in the same cell."""


def dismiss(detector: Detector, video: TestVideo, first: int, last: int) -> Calibration:
    """Raises what is normal at a place to what an event showed there.

    Args:
        detector: The model.
        video: That the event is in.
        first: The event's first frame.
        last: Its last one.

    Returns:
        The model's calibration as it is then.

    Raises:
        AbnormalError: The model is not calibrated for the camera, or the video is shorter.
    """
    detector.demand_camera(video.camera)
    normality = detector.calibration.normality(video.camera)
    if normality is None:
        raise AbnormalError(
            f"{detector.name} is not calibrated, so it has nothing to learn with. Calibrate it: "
            "`python train_model.py --calibrate FOLDER` with normal footage."
        )
    largest = _largest_cells(detector, video, first, last)
    levels = {
        name: np.maximum(level, largest[name] / _harmless(normality, name)).astype(np.float32)
        for name, level in normality.levels.items()
    }
    known = detector.calibration
    names = [name for name, camera in known.cameras.items() if camera is normality]
    entry = {"video": video.name, "camera": names[0], "first_frame": first, "last_frame": last}
    return dataclasses.replace(
        known,
        cameras=known.cameras | {names[0]: dataclasses.replace(normality, levels=levels)},
        dismissed=(*known.dismissed, entry),
    )


def _harmless(normality: Normality, name: str) -> float:
    """How far above its level a cell may be without keeping an event going."""
    surprise = ALARM - RELEASE - np.log10(LOCAL_SCORES[name].share)
    return max(1.0, normality.surprises[name].score(surprise))


def _largest_cells(
    detector: Detector, video: TestVideo, first: int, last: int
) -> dict[str, np.ndarray]:
    """The largest value of each cell, or of one beside it, during some frames of a video."""
    info = detector.info
    stream, number = ResidualStream(), 0
    largest: dict[str, np.ndarray] = {}
    with video.open_frames(info.size, info.fps) as opened:
        cell_stream = CellStream(opened.fps)
        for residual, new in residuals(
            opened.frames, detector.reconstruct, info.clip_length, stream
        ):
            for name, cells in cell_stream.add(residual, new).items():
                inside = cells[max(0, first - number) : max(0, last + 1 - number)]
                if len(inside):
                    largest[name] = np.maximum(largest.get(name, 0), inside.max(axis=0))
            number += new.stop - new.start
            if number > last:
                break
    if number <= last:
        raise AbnormalError(
            f"{video.name} has {number} frames, but the event ends with frame {last}. Score it "
            "again first: has it changed?"
        )
    size = (NEIGHBOURS, NEIGHBOURS)
    return {name: scipy.ndimage.maximum_filter(cells, size) for name, cells in largest.items()}
