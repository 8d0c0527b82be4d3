"""A small picture of each event: its peak, with a box around the place."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from abnormal.files import make_folder, replacing
from abnormal.scoring.boxes import BOX_SIDES
from abnormal.video.thumbnail import draw_thumbnail

QUALITY = 80  # of the JPEG


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
            _write(folder / thumbnail_name(event), draw_thumbnail(picture, box))
        yield picture


def _write(path: Path, picture: np.ndarray) -> None:
    make_folder(path.absolute().parent)
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    with replacing(path) as partial:
        partial.write_bytes(data.tobytes())
