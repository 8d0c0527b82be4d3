"""A part of the picture in which nothing counts, drawn by a person."""

from pathlib import Path

import numpy as np
import PIL.Image

from abnormal.errors import AbnormalError

WHITE_ENOUGH = 127  # of 255


def read_zone(path: Path) -> np.ndarray:
    """Reads a picture that is white where nothing counts.

    Args:
        path: A picture of any size and depth; what is transparent in it counts as black.

    Returns:
        `(height, width)` bool, True where it is white.

    Raises:
        AbnormalError: It cannot be read, or nothing would count.
    """
    try:
        with PIL.Image.open(path) as picture:
            if picture.mode.startswith("I"):  # 16 bits, which Pillow would clip
                zone = np.asarray(picture) > WHITE_ENOUGH * 257
            else:
                black = PIL.Image.new("RGBA", picture.size, "black")
                shown = PIL.Image.alpha_composite(black, picture.convert("RGBA"))
                zone = np.asarray(shown.convert("L")) > WHITE_ENOUGH
    except (OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError) as error:
        raise AbnormalError(
            f"--ignore-zone {path} cannot be read ({error}). Expected: a picture, such as a PNG, "
            "that is white where nothing is to count."
        ) from None
    if zone.all():
        raise AbnormalError(
            f"--ignore-zone {path} is white everywhere, so nothing would count. Expected: white "
            "where nothing is to count, and black elsewhere."
        )
    return zone
