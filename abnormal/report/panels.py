"""Draws the four panels of a frame: input, reconstruction, difference, anomalous pixels in red.

Matplotlib is not used, because drawing with it takes longer than computing the network: see
`benchmarks/panels.py`.
"""

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from abnormal.scoring.localisation import WHITE, LocalisedFrames
from abnormal.video.draw import INK, PAPER, grey_to_rgb, heat_map, mark, write_text

BRIGHTEST = 128
"""Difference from which pixels are drawn in the brightest colour, on a scale of 0 to 255. It is the
same for all frames, videos and models, so that panels can be compared."""

CAPTIONS = ("input", "reconstruction", f"difference, 0 to {BRIGHTEST} of 255", "anomalous pixels")
"""Captions of the panels, from left to right."""

SMALLEST_PX = 200
"""Smallest height of a panel, in pixels. Smaller frames are enlarged."""

GAP_PX = 4
"""Width of the gap between panels, in pixels."""

TEXT_PX = 13
"""Height of the captions' letters, in pixels."""

HEAD_PX = 22
"""Height of the row of captions, in pixels."""


MOST_ASPECT = 4.0
"""Largest ratio of the sides of a panel."""


def draw_panels(frames: LocalisedFrames, aspect: float | None = None) -> Iterator[np.ndarray]:
    """Draws the four panels of each frame.

    Args:
        frames: The frames.
        aspect: Width of the source divided by its height, for panels of that shape; None for that
            of the frames.

    Yields:
        The panels side by side, `(height, width, 3)` uint8, red first, of the same even size for
        all frames.
    """
    for frame, reconstruction, difference, anomalous in zip(
        *(frames.frames, frames.reconstruction, frames.difference, frames.anomalous), strict=True
    ):
        grey = grey_to_rgb(_to_uint8(frame))
        panels = (
            grey,
            grey_to_rgb(_to_uint8(reconstruction)),
            heat_map(difference, BRIGHTEST),
            mark(grey, anomalous),
        )
        yield _side_by_side([_shaped(panel, aspect) for panel in panels])


def write_picture(path: Path, picture: np.ndarray) -> None:
    """Writes a picture as a PNG, with a fast compression.

    Args:
        path: The file to write.
        picture: `(height, width, 3)` uint8, red first.
    """
    _, data = cv2.imencode(".png", picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
    path.write_bytes(data.tobytes())


def _to_uint8(image: np.ndarray) -> np.ndarray:
    return np.rint(image * np.float32(WHITE)).astype(np.uint8)


def _shaped(panel: np.ndarray, aspect: float | None) -> np.ndarray:
    """Stretches a panel to the shape of the source; no row and no column is lost."""
    height, width = panel.shape[:2]
    wanted = min(max(aspect or width / height, 1 / MOST_ASPECT), MOST_ASPECT)
    size = max(width, round(height * wanted)), max(height, round(width / wanted))
    if size == (width, height):
        return panel
    return cv2.resize(panel, size, interpolation=cv2.INTER_NEAREST)


def _side_by_side(panels: Sequence[np.ndarray]) -> np.ndarray:
    times = -(-SMALLEST_PX // panels[0].shape[0])
    height, width = (length * times for length in panels[0].shape[:2])
    sheet = _empty_sheet(height, width).copy()
    for number, panel in enumerate(panels):
        left = number * (width + GAP_PX)
        if times > 1:
            panel = panel.repeat(times, axis=0).repeat(times, axis=1)
        sheet[HEAD_PX : HEAD_PX + height, left : left + width] = panel
    return sheet


@functools.cache
def _empty_sheet(height: int, width: int) -> np.ndarray:
    """Returns a picture with the captions, and with room for four panels."""
    count = len(CAPTIONS)
    full_width = count * width + (count - 1) * GAP_PX
    sheet = np.full((_even(HEAD_PX + height), _even(full_width), 3), PAPER, np.uint8)
    for number, caption in enumerate(CAPTIONS):
        write_text(sheet, caption, number * (width + GAP_PX) + 2, 2, TEXT_PX, INK)
    return sheet


def _even(length: int) -> int:
    """Rounds a length up to an even number, as H.264 needs it."""
    return length + length % 2
