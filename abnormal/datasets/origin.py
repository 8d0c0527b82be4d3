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


def origin_of(video: SourceVideo, size: int, fps: float | None) -> dict[str, Any]:
    """Describes everything that the frames and labels of a video depend on.

    If none of it changes, frames and labels need not be made again.

    Args:
        video: The video.
        size: Height and width of the frames in pixels.
        fps: Frames per second of the frames; None for the frame rate of the source.

    Returns:
        Paths and hashes of the video and its labels, and the options, as JSON values.
    """
    files = {"": video.path, "labels_": video.annotation_path}
    hashes = {f"{kind}sha256": sha256(path) for kind, path in files.items() if path}
    source = {"path": os.path.realpath(video.path)} if video.path else {"recipe": video.recipe}
    labels = {"labels": os.path.realpath(video.annotation_path)} if video.annotation_path else {}
    return {**source, **labels, **hashes, "size": size, "fps": fps}


def is_unchanged(
    stored: dict[str, Any], origin: dict[str, Any], ignored: Iterable[str] = ("path", "labels")
) -> bool:
    """Returns whether extracting a video again would give the frames and labels that exist.

    Args:
        stored: The origin in the record of the existing frames.
        origin: The origin of the frames that would be made now.
        ignored: Keys that may differ: by default the paths, because the source may have moved.
    """
    compared = {*stored, *origin} - {*ignored, *KNOWN_AFTER_READING}
    return all(stored.get(key) == origin.get(key) for key in compared)


def has_same_frames(record: VideoRecord, origin: dict[str, Any]) -> bool:
    """Returns whether at most the labels have changed, and every source frame was written once.

    Then new labels can be written without extracting the frames again.
    """
    one_to_one = origin["fps"] is None and record.frames == record.source.get("length")
    return one_to_one and is_unchanged(record.source, origin, ("path", "labels", "labels_sha256"))


def is_other_source(stored: dict[str, Any], origin: dict[str, Any]) -> bool:
    """Returns whether the existing frames come from another video: another path and other bytes."""
    return stored.get("path") != origin.get("path") and stored.get("sha256") != origin.get("sha256")
