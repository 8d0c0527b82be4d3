"""Drawing on pictures `(height, width, 3)` uint8, red first."""

import functools

import cv2
import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

RED = (230, 30, 30)
PAPER = (24, 24, 27)
INK = (235, 235, 235)


def grey_to_rgb(image: np.ndarray) -> np.ndarray:
    """A grey picture `(height, width)` as one with three equal channels."""
    return cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)


def in_colours(values: np.ndarray, highest: float) -> np.ndarray:
    """Numbers as colours, from dark blue over green to yellow (viridis).

    Args:
        values: `(height, width)` from 0 on.
        highest: What is yellow; so is all above it.
    """
    scaled = np.minimum(values * (255.0 / highest), 255.0).astype(np.uint8)
    return cv2.applyColorMap(scaled, cv2.COLORMAP_VIRIDIS)[..., ::-1]


def mark(picture: np.ndarray, pixels: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """Paints pixels red.

    Args:
        picture: `(height, width, 3)` uint8.
        pixels: `(height, width)` bool.
        strength: 1 hides what was there, 0 the red.

    Returns:
        A new picture.
    """
    marked = picture.copy()
    marked[pixels] = (1 - strength) * picture[pixels] + strength * np.array(RED)
    return marked


def write_text(
    picture: np.ndarray, text: str, x: int, y: int, height: int, colour: tuple[int, ...] = INK
) -> None:
    """Writes a line of text onto a picture, on a dark ground.

    Args:
        picture: It is changed.
        text: One line.
        x: Left of the text, in pixels.
        y: Top of the text, in pixels.
        height: Of the letters, in pixels.
        colour: Of the letters.
    """
    font = _font(height)
    right, bottom = (round(edge) for edge in font.getbbox(text)[2:])
    part = picture[y : y + bottom + 3, x : x + right + 6]
    canvas = PIL.Image.new("RGB", (right + 6, bottom + 3), PAPER)
    PIL.ImageDraw.Draw(canvas).text((3, 1), text, fill=colour, font=font)
    part[:] = np.asarray(canvas)[: part.shape[0], : part.shape[1]]


@functools.cache
def _font(height: int) -> PIL.ImageFont.FreeTypeFont | PIL.ImageFont.ImageFont:
    return PIL.ImageFont.load_default(height)
