"""Finds frames whose source was deleted, renamed or moved since, or is somewhere else."""

import os
from collections import Counter
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


def describe_others(
    img: Path, records: Sequence[VideoRecord], root: Path | None, videos: Sequence[SourceVideo]
) -> str:
    """Says which frames under a folder come from elsewhere, because they are used, too.

    Args:
        img: The folder of frames.
        records: The videos under `img`.
        root: The folder of the videos that were looked at; None for drawn footage.
        videos: The videos in it.

    Returns:
        One line; empty if there are none.
    """
    names = {(video.split, video.name) for video in videos}
    inside = os.path.realpath(root) if root else None
    others = [
        record
        for record in records
        if (record.split, record.video) not in names
        and not (inside and Path(record.source.get("path", "")).is_relative_to(inside))
    ]
    if not others:
        return ""
    counts = Counter(record.split for record in others)
    kinds = " and ".join(f"{count} for {split}" for split, count in sorted(counts.items()))
    return (
        f"{img} also holds videos from elsewhere, {kinds}, such as {others[0].split}/"
        f"{others[0].video}. They are used, too; to keep places apart, give each a --img of its own"
    )


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
