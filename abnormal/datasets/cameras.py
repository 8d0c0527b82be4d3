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
        pattern: Is searched for in each name, including folders but without the suffix. Its first
            group is the name of the camera; without groups, the whole match is.

    Returns:
        Copies of the videos with their cameras.

    Raises:
        AbnormalError: The pattern does not match every video.
    """
    found = [pattern.search(video.name) for video in videos]
    unmatched = [video.name for video, match in zip(videos, found, strict=True) if not match]
    if unmatched:
        raise AbnormalError(
            f"--camera-from {pattern.pattern!r} matches {len(videos) - len(unmatched)} of "
            f"{len(videos)} videos, but not {unmatched[0]!r}. Expected: a regular expression for "
            "the camera in every video's name, such as 'cam[0-9]+' or '^([^/]+)/'."
        )
    return [
        dataclasses.replace(video, camera=match[1] if pattern.groups else match[0])
        for video, match in zip(videos, found, strict=True)
        if match
    ]
