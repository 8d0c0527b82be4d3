"""Reads the part of the picture that is ignored, which the user has painted white."""

from pathlib import Path

import numpy as np
import PIL.Image

from abnormal.errors import AbnormalError
from abnormal.video.picture import open_picture

WHITE_ABOVE = 127
"""Pixels above this grey level (0 to 255) count as white."""


def read_zone(path: Path) -> np.ndarray:
    """Reads a picture that is white where anomalies are ignored.

    Args:
        path: A picture of any size and depth. Transparent pixels count as black.

    Returns:
        `(height, width)` bool, True where the picture is white.

    Raises:
        AbnormalError: The picture cannot be read, or it is white everywhere.
    """
    try:
        with open_picture(path) as picture:
            if picture.mode.startswith("I"):  # 16 bits, which Pillow would clip
                zone = np.asarray(picture) > WHITE_ABOVE * 257
            else:
                black = PIL.Image.new("RGBA", picture.size, "black")
                shown = PIL.Image.alpha_composite(black, picture.convert("RGBA"))
                zone = np.asarray(shown.convert("L")) > WHITE_ABOVE
    except AbnormalError as error:
        raise AbnormalError(
            f"--ignore-zone {path} cannot be read: {error} Expected: a picture, such as a PNG, "
            "that is white where nothing is to count."
        ) from None
    if zone.all():
        raise AbnormalError(
            f"--ignore-zone {path} is white everywhere, so nothing would count. Expected: white "
            "where nothing is to count, and black elsewhere."
        )
    return zone
