"""Writes thumbnails of events: the frame at the peak, with a box around the most unusual place."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from abnormal.files import make_folder, replacing
from abnormal.scoring.boxes import BOX_SIDES
from abnormal.video.thumbnail import draw_thumbnail

QUALITY = 80
"""Quality of the JPEG files, from 0 to 100."""


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
            _write(folder / thumbnail_name(event), draw_thumbnail(picture, box))
        yield picture


def _write(path: Path, picture: np.ndarray) -> None:
    make_folder(path.absolute().parent)
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    with replacing(path) as partial:
        partial.write_bytes(data.tobytes())
