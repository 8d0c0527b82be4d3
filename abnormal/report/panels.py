"""The four panels of a frame: input, reconstruction, difference, and the anomalous pixels in red.

They are drawn without matplotlib, whose figures take longer than the network: see
`benchmarks/panels.py`.
"""

import functools
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from abnormal.scoring.localisation import WHITE, LocalisedFrames
from abnormal.video.draw import INK, PAPER, grey_to_rgb, heat_map, mark, write_text

HIGHEST = 128
"""The difference that is drawn brightest: the same for all frames, videos and models."""

CAPTIONS = ("input", "reconstruction", f"difference, 0 to {HIGHEST} of 255", "anomalous pixels")
SMALLEST_PX = 200  # of a panel; smaller frames are shown larger
GAP_PX = 4
TEXT_PX = 13
HEAD_PX = 22


def draw_panels(seen: LocalisedFrames) -> Iterator[np.ndarray]:
    """Draws the four panels of each frame.

    Yields:
        `(height, width, 3)` uint8, red first; all of one even size.
    """
    for frame, reconstruction, difference, anomalous in zip(
        seen.frames, seen.reconstruction, seen.difference, seen.anomalous, strict=True
    ):
        grey = grey_to_rgb(_to_uint8(frame))
        panels = (
            grey,
            grey_to_rgb(_to_uint8(reconstruction)),
            heat_map(difference, HIGHEST),
            mark(grey, anomalous),
        )
        yield _side_by_side(panels)


def write_picture(path: Path, picture: np.ndarray) -> None:
    """Writes a picture, red first, as a PNG; quickly rather than small."""
    _, data = cv2.imencode(".png", picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
    path.write_bytes(data.tobytes())


def _to_uint8(image: np.ndarray) -> np.ndarray:
    return np.rint(image * np.float32(WHITE)).astype(np.uint8)


def _side_by_side(panels: tuple[np.ndarray, ...]) -> np.ndarray:
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
    """The captions, and room for four panels."""
    count = len(CAPTIONS)
    full_width = count * width + (count - 1) * GAP_PX
    sheet = np.full((_even(HEAD_PX + height), _even(full_width), 3), PAPER, np.uint8)
    for number, caption in enumerate(CAPTIONS):
        write_text(sheet, caption, number * (width + GAP_PX) + 2, 2, TEXT_PX, INK)
    return sheet


def _even(length: int) -> int:
    """H.264 wants even sides."""
    return length + length % 2
