"""What the frames and labels of a video were made from, and whether that is still the same."""

from collections.abc import Iterable
from typing import Any

from abnormal.datasets.source import SourceVideo
from abnormal.files import sha256
from abnormal.frames.manifest import VideoRecord

FOUND = ("shape", "length")
"""What of a record's source is known only once it has been read: height and width, frames."""


def origin_of(video: SourceVideo, size: int, fps: float | None) -> dict[str, Any]:
    """What frames and labels depend on: if none of it changed, they need not be made again."""
    files = {"": video.path, "labels_": video.annotation_path}
    hashes = {f"{kind}sha256": sha256(path) for kind, path in files.items() if path}
    where = {"path": str(video.path.resolve())} if video.path else {"recipe": video.recipe}
    labels = {"labels": str(video.annotation_path.resolve())} if video.annotation_path else {}
    return {**where, **labels, **hashes, "size": size, "fps": fps}


def is_same(
    made: dict[str, Any], origin: dict[str, Any], ignored: Iterable[str] = ("path", "labels")
) -> bool:
    """Whether what is at hand is what would be made again; the source may have moved."""
    return all(made.get(key) == origin.get(key) for key in {*made, *origin} - {*ignored, *FOUND})


def has_same_frames(record: VideoRecord, origin: dict[str, Any]) -> bool:
    """Whether the labels alone are others, and there is a frame for each one of the source."""
    one_to_one = origin["fps"] is None and record.frames == record.source.get("length")
    return one_to_one and is_same(record.source, origin, ("path", "labels", "labels_sha256"))


def is_foreign(made: dict[str, Any], origin: dict[str, Any]) -> bool:
    """Whether the frames at hand came from somewhere else altogether."""
    return made.get("path") != origin.get("path") and made.get("sha256") != origin.get("sha256")
