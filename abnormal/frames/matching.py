"""Keeps of which source frame each frame under `img/` is, so that new labels need no new frames."""

from pathlib import Path

import numpy as np

from abnormal.arrays import NPY_ERRORS, read_npz
from abnormal.errors import AbnormalError
from abnormal.frames.manifest import VideoRecord
from abnormal.frames.writer import WrittenFrames
from abnormal.replacing import writing

MATCHING = "matching.npz"
"""Name of the file in the folder of a test video."""


def write_matching(folder: Path, written: WrittenFrames) -> None:
    """Writes the numbers and the times of the frames into their folder."""
    with writing(folder / MATCHING):
        np.savez_compressed(folder / MATCHING, numbers=written.numbers, times_sec=written.times_sec)


def read_matching(folder: Path, record: VideoRecord) -> WrittenFrames | None:
    """Reads the numbers and the times of the frames in a folder.

    Args:
        folder: The folder of the video.
        record: The record of the video.

    Returns:
        What was written; None if there is nothing, as in a folder of an earlier version, or if it
        is damaged.
    """
    length = record.source.get("length")
    try:
        stored = read_npz(folder / MATCHING, {"numbers": 1, "times_sec": 1})
    except (*NPY_ERRORS, AbnormalError):
        return None
    numbers, times_sec = stored["numbers"], stored["times_sec"]
    fits = (
        isinstance(length, int)
        and numbers.shape == times_sec.shape == (record.frames,)
        and (numbers.dtype, times_sec.dtype) == (np.int64, np.float64)
        and 0 <= numbers[0] <= numbers[-1] < length
        and (np.diff(numbers) >= 0).all()
        and (np.diff(times_sec) > 0).all()
    )
    shape = tuple(record.source.get("shape", (0, 0)))
    return WrittenFrames(numbers, times_sec, shape) if fits else None
