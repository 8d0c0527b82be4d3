"""Draws on pictures, which are `(height, width, 3)` uint8, red first."""

import functools

import cv2
import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

RED = (230, 30, 30)
"""The colour of anomalous pixels and of boxes."""
PAPER = (24, 24, 27)
"""The background of pictures with text."""
INK = (235, 235, 235)
"""The colour of text."""


def grey_to_rgb(image: np.ndarray) -> np.ndarray:
    """Converts a grey picture to one with three equal channels.

    Args:
        image: `(height, width)` uint8.

    Returns:
        `(height, width, 3)` uint8.
    """
    return cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)


def heat_map(values: np.ndarray, highest: float) -> np.ndarray:
    """Shows numbers as colours from dark blue through green to yellow (viridis).

    Args:
        values: `(height, width)` float, at least 0.
        highest: The number that is shown as yellow, as are all numbers above it; above 0.

    Returns:
        `(height, width, 3)` uint8, red first.
    """
    scaled = np.minimum(values * (255.0 / highest), 255.0).astype(np.uint8)
    return cv2.applyColorMap(scaled, cv2.COLORMAP_VIRIDIS)[..., ::-1]


def mark(picture: np.ndarray, pixels: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """Paints some pixels of a picture red.

    Args:
        picture: `(height, width, 3)` uint8.
        pixels: `(height, width)` bool, True where the picture is painted.
        strength: Opacity of the red, 0 to 1.

    Returns:
        A new picture, `(height, width, 3)` uint8.
    """
    marked = picture.copy()
    marked[pixels] = (1 - strength) * picture[pixels] + strength * np.array(RED)
    return marked


def write_text(
    picture: np.ndarray, text: str, x: int, y: int, height: int, colour: tuple[int, ...] = INK
) -> None:
    """Writes a line of text with a dark background onto a picture, which is changed.

    Args:
        picture: `(height, width, 3)` uint8, red first.
        text: One line of text.
        x: Left edge of the text, in pixels.
        y: Top edge of the text, in pixels.
        height: Size of the font, in pixels.
        colour: Colour of the text: red, green and blue, 0 to 255.
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
