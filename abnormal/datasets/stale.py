"""Finds frames whose source was deleted, renamed or moved since they were extracted."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from abnormal.datasets.source import SourceVideo
from abnormal.frames.manifest import VideoRecord


def find_stale(
    img: Path, records: Sequence[VideoRecord], root: Path | None, videos: Sequence[SourceVideo]
) -> list[str]:
    """Finds the frames that come from a folder of videos but not from any video in it.

    They are kept, because many people delete a video once it is extracted. But they would be
    trained on without anybody's knowledge if the video was deleted because it is not normal.

    Args:
        img: The folder of frames.
        records: The videos under `img`.
        root: The folder of videos; None for drawn footage.
        videos: The videos in it now.

    Returns:
        One message for each of them, with the name and what to do.
    """
    if root is None or not root.is_dir():
        return []
    return list(_messages(img, records, root.resolve(), videos))


def _messages(
    img: Path, records: Sequence[VideoRecord], root: Path, videos: Sequence[SourceVideo]
) -> Iterator[str]:
    names = {(video.split, video.name) for video in videos}
    moved = {os.path.realpath(v.path): f"{v.split}/{v.name}" for v in videos if v.path}
    for record in records:
        path = record.source.get("path", "")
        if (record.split, record.video) in names or not Path(path).is_relative_to(root):
            continue
        why = f"is extracted as {moved[path]} now" if path in moved else "is passed over now"
        why = why if Path(path).exists() else "is no longer there"
        yield (
            f"{record.split}/{record.video}: {path} {why}, but its frames are still used. Delete "
            f"the folder {record.folder(img)} and start again, unless they are meant to stay."
        )
