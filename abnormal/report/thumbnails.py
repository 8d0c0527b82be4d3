"""A small picture of each event: its peak, with a box around the place."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from abnormal.scoring.boxes import BOX_SIDES
from abnormal.video.thumbnail import write_thumbnail


def thumbnail_name(event: Mapping[str, Any]) -> str:
    """Where the thumbnail of an event lies, below the folder of those of its model."""
    return f"{event['video']}-{event['event']}.jpg"


def keep_thumbnails(
    pictures: Iterator[np.ndarray], events: Sequence[Mapping[str, Any]], folder: Path
) -> Iterator[np.ndarray]:
    """Writes the thumbnails of a video while its frames go by.

    Args:
        pictures: Its frames: `(height, width)` uint8, or `(height, width, 3)`, red first.
        events: Those of the video, as in `events.csv`.
        folder: Of the thumbnails of the model.

    Yields:
        The frames.

    Raises:
        AbnormalError: The folder cannot be written to.
    """
    at_peak: dict[int, list[Mapping[str, Any]]] = {}
    for event in events:
        at_peak.setdefault(event["peak_frame"], []).append(event)
    for number, picture in enumerate(pictures):
        for event in at_peak.get(number, ()):
            box = [event[side] for side in BOX_SIDES]
            write_thumbnail(folder / thumbnail_name(event), picture, box)
        yield picture
