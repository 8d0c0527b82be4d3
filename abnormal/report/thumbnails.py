"""Writes thumbnails of events: the frame at the peak, with a box around the most unusual place."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from abnormal.scoring.boxes import BOX_SIDES
from abnormal.video.thumbnail import write_thumbnail


def thumbnail_name(event: Mapping[str, Any]) -> str:
    """Returns the path of an event's thumbnail in the folder of the model's thumbnails."""
    return f"{event['video']}-{event['event']}.jpg"


def keep_thumbnails(
    pictures: Iterator[np.ndarray], events: Sequence[Mapping[str, Any]], folder: Path
) -> Iterator[np.ndarray]:
    """Passes the frames of a video on, and writes the thumbnails of its events meanwhile.

    Args:
        pictures: The frames, `(height, width)` or `(height, width, 3)` uint8 each, red first.
        events: The events of the video, as rows of `events.csv`.
        folder: The folder of the model's thumbnails.

    Yields:
        The frames, unchanged.

    Raises:
        AbnormalError: A thumbnail cannot be written.
    """
    at_peak: dict[int, list[Mapping[str, Any]]] = {}
    for event in events:
        at_peak.setdefault(event["peak_frame"], []).append(event)
    for number, picture in enumerate(pictures):
        for event in at_peak.get(number, ()):
            box = [event[side] for side in BOX_SIDES]
            write_thumbnail(folder / thumbnail_name(event), picture, box)
        yield picture
