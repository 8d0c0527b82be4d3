"""A small picture of each event: its peak, with a box around the place."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from abnormal.evaluation.pixel_level import BOX
from abnormal.files import make_folder, replacing
from abnormal.video.draw import RED, grey_to_rgb

LONGER_SIDE_PX = 192
QUALITY = 80  # of the JPEG
LINE_PX = 2


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
            box = [event[side] for side in BOX]
            _write(folder / thumbnail_name(event), draw_thumbnail(picture, box))
        yield picture


def draw_thumbnail(picture: np.ndarray, box: Sequence[float]) -> np.ndarray:
    """Draws a thumbnail.

    Args:
        picture: `(height, width)` uint8, or `(height, width, 3)`, red first.
        box: Left, top, width and height of the place, as parts of the picture's; without width or
            height there is none.

    Returns:
        `(height, width, 3)` uint8, red first.
    """
    times = LONGER_SIDE_PX / max(picture.shape[:2])
    height, width = (max(1, round(length * times)) for length in picture.shape[:2])
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    small = grey_to_rgb(small) if small.ndim == 2 else small
    left, top, box_width, box_height = box
    if box_width > 0 and box_height > 0:
        corner = round(left * width), round(top * height)
        opposite = round((left + box_width) * width), round((top + box_height) * height)
        cv2.rectangle(small, corner, opposite, RED, LINE_PX)
    return small


def _write(path: Path, picture: np.ndarray) -> None:
    make_folder(path.absolute().parent)
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    with replacing(path) as partial:
        partial.write_bytes(data.tobytes())
