"""Which camera filmed a video: what is normal at a place holds for one camera."""

import dataclasses
import re
from collections.abc import Sequence

from abnormal.datasets.source import SourceVideo
from abnormal.errors import AbnormalError


def name_cameras(videos: Sequence[SourceVideo], pattern: re.Pattern[str]) -> list[SourceVideo]:
    """Takes each video's camera from its name.

    Args:
        videos: Of a data set.
        pattern: Is searched for in each name, its folders included and its ending not. The first
            group is the camera, or all that matches where the pattern has no group.

    Raises:
        AbnormalError: It does not match every video.
    """
    found = [pattern.search(video.name) for video in videos]
    lost = [video.name for video, match in zip(videos, found, strict=True) if not match]
    if lost:
        raise AbnormalError(
            f"--camera-from {pattern.pattern!r} matches {len(videos) - len(lost)} of "
            f"{len(videos)} videos, but not {lost[0]!r}. Expected: a regular expression for the "
            "camera in every video's name, such as 'cam[0-9]+' or '^([^/]+)/'."
        )
    return [
        dataclasses.replace(video, camera=match[1] if pattern.groups else match[0])
        for video, match in zip(videos, found, strict=True)
        if match
    ]
