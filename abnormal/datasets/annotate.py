"""Writes the labels and masks of a video beside its frames, also when only these have changed."""

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from abnormal.datasets.labels.intervals import labels_at
from abnormal.datasets.origin import updated_source
from abnormal.datasets.source import SourceVideo
from abnormal.errors import AbnormalError
from abnormal.frames.manifest import LABELS, MASKS, VideoRecord, write_record
from abnormal.frames.matching import read_matching
from abnormal.frames.writer import WrittenFrames, write_labels, write_masks

LABEL_NOTE = "labels: "
"""Notes about labels begin with this; they are made again when the labels change."""


def update_labels(
    folder: Path, record: VideoRecord, video: SourceVideo, origin: dict[str, Any]
) -> VideoRecord | None:
    """Writes new labels and masks if it is known of which source frames the existing frames are.

    Args:
        folder: The folder of the frames.
        record: Their record. At most the labels have changed since.
        video: The video with its labels of now.
        origin: What frames and labels are made from now.

    Returns:
        The new record; None if the frames have to be made again.

    Raises:
        AbnormalError: The labels do not fit.
    """
    written, length = read_matching(folder, record), record.source.get("length")
    if written is None and _is_one_to_one(record, origin) and not video.abnormal_sec:
        every = np.arange(record.frames)
        written = WrittenFrames(every, every / record.fps, ())
    if written is None or length is None:
        return None
    # If this is interrupted, the files are neither those of the old labels nor of the new ones.
    unknown = dataclasses.replace(record, source=record.source | {"labels_sha256": ""})
    write_record(folder, unknown)
    masked, notes = write_annotation(video, folder, written, length, record.height, record.fps)
    labelled = dataclasses.replace(
        record,
        situation=video.situation,
        camera=video.camera,
        labelled=video.annotate is not None,
        masked=masked,
        notes=(*(n for n in record.notes if not n.startswith(LABEL_NOTE)), *notes),
        source=updated_source(record.source, origin),
    )
    write_record(folder, labelled)
    for name, kept in ((LABELS, labelled.labelled), (MASKS, labelled.masked)):
        if not kept:
            (folder / name).unlink(missing_ok=True)
    return labelled


def _is_one_to_one(record: VideoRecord, origin: dict[str, Any]) -> bool:
    """Whether every source frame was written once, as is known without `matching.npz`, too."""
    return origin["fps"] is None and record.frames == record.source.get("length")


def write_annotation(
    video: SourceVideo, folder: Path, written: WrittenFrames, length: int, size: int, fps: float
) -> tuple[bool, list[str]]:
    """Writes the labels and masks of a video.

    Args:
        video: The video.
        folder: The folder of its frames.
        written: Facts about the frames.
        length: Number of frames of the source.
        size: Height and width of the frames in pixels.
        fps: Frames per second of the frames.

    Returns:
        Whether there are masks, and what is strange about the labels.

    Raises:
        AbnormalError: The labels do not fit.
    """
    if video.annotate is None:
        return False, []
    annotation = video.annotate(length)
    if len(annotation.labels) != length:
        raise AbnormalError(
            f"The labels do not fit: {len(annotation.labels)} labels for {length} frames."
        )
    labels = annotation.labels[written.numbers]
    labels |= labels_at(written.times_sec, video.abnormal_sec, fps)
    write_labels(folder, labels)
    notes = list(annotation.notes)
    if not labels.any() and not annotation.labels.any() and not video.may_be_normal:
        notes.append(f"{LABEL_NOTE}none of its frames is abnormal in {video.annotation_path}")
    if annotation.masks is None:
        return False, notes
    masks = _masks_of_frames(annotation.masks, written.numbers)
    write_masks(folder, masks, len(written.numbers), size)
    return True, notes


def _masks_of_frames(masks: Iterable[np.ndarray], numbers: np.ndarray) -> Iterator[np.ndarray]:
    """Yields the mask of each written frame.

    Args:
        masks: One mask for each frame of the source.
        numbers: For each written frame, the number of its source frame, in ascending order. At
            another frame rate, source frames are skipped or written more than once.
    """
    for mask, times in zip(masks, np.bincount(numbers), strict=False):
        for _ in range(times):
            yield mask
