"""Finds out which camera filmed each video, because each camera has normal levels of its own."""

import dataclasses
import re
from collections.abc import Sequence

from abnormal.datasets.source import SourceVideo
from abnormal.errors import AbnormalError


def name_cameras(videos: Sequence[SourceVideo], pattern: re.Pattern[str]) -> list[SourceVideo]:
    """Takes the camera of each video from its name.

    Args:
        videos: All videos of a data set.
        pattern: Is searched for in each name, including folders but without the suffix. The name of
            the camera is the first group that takes part in the match and is not empty; without
            such a group, it is the whole match.

    Returns:
        Copies of the videos with their cameras.

    Raises:
        AbnormalError: The pattern finds no camera in the name of a video.
    """
    cameras = [_camera_in(video.name, pattern) for video in videos]
    unmatched = [video.name for video, camera in zip(videos, cameras, strict=True) if not camera]
    if unmatched:
        raise AbnormalError(
            f"--camera-from {pattern.pattern!r} matches {len(videos) - len(unmatched)} of "
            f"{len(videos)} videos, but not {unmatched[0]!r}. Expected: a regular expression for "
            "the camera in every video's name, such as 'cam[0-9]+' or '^([^/]+)/'."
        )
    return [
        dataclasses.replace(video, camera=camera)
        for video, camera in zip(videos, cameras, strict=True)
    ]


def _camera_in(name: str, pattern: re.Pattern[str]) -> str:
    match = pattern.search(name)
    return next(filter(None, match.groups()), match[0]) if match else ""
