"""Describes what the frames and labels of a video are made from, to tell whether it has changed."""

import os
from collections.abc import Iterable
from typing import Any

from abnormal.datasets.source import SourceVideo
from abnormal.files import sha256
from abnormal.frames.manifest import VideoRecord

KNOWN_AFTER_READING = ("shape", "length")
"""Keys of a record's source that are known only after the video was read.

They are the height and width of its pictures, and its number of frames.
"""

_PATHS = ("path", "labels", "masks")
"""Keys of a record's source that may differ, because the source may have moved."""


def origin_of(video: SourceVideo, size: int, fps: float | None) -> dict[str, Any]:
    """Describes everything that the frames and labels of a video depend on.

    If none of it changes, frames and labels need not be made again.

    Args:
        video: The video.
        size: Height and width of the frames in pixels.
        fps: Frames per second of the frames; None for the frame rate of the source.

    Returns:
        Paths and hashes of the video, its labels and its masks, and the options, as JSON values.
    """
    labels, masks = video.annotation_path, video.mask_path
    files = {"path": video.path, "labels": labels, "masks": masks}
    digests = {"sha256": video.path, "labels_sha256": labels, "masks_sha256": masks}
    return {
        **({} if video.path else {"recipe": video.recipe}),
        **{key: os.path.realpath(path) for key, path in files.items() if path},
        **{key: sha256(path) for key, path in digests.items() if path},
        "size": size,
        "fps": fps,
    }


def updated_source(stored: dict[str, Any], origin: dict[str, Any]) -> dict[str, Any]:
    """Returns the source of a record whose frames stay, with the paths and labels of now."""
    return {key: stored[key] for key in KNOWN_AFTER_READING if key in stored} | origin


def is_unchanged(record: VideoRecord, origin: dict[str, Any], ignored: Iterable[str] = ()) -> bool:
    """Returns whether extracting a video again would give the frames and labels that exist.

    Args:
        record: The record of the existing frames.
        origin: The origin of the frames that would be made now.
        ignored: Keys that may differ besides the paths.
    """
    stored = record.source
    compared = {*stored, *origin} - {*_PATHS, *KNOWN_AFTER_READING, *ignored}
    if record.masked and "masks_sha256" not in stored:
        compared.discard("masks_sha256")  # earlier versions read these masks without a hash
    return all(stored.get(key) == origin.get(key) for key in compared)


def has_same_frames(record: VideoRecord, origin: dict[str, Any]) -> bool:
    """Returns whether at most the labels have changed."""
    return is_unchanged(record, origin, ("labels_sha256", "masks_sha256"))


def is_other_source(stored: dict[str, Any], origin: dict[str, Any]) -> bool:
    """Returns whether the existing frames come from another video: another path and other bytes."""
    return stored.get("path") != origin.get("path") and stored.get("sha256") != origin.get("sha256")
