"""Reads single pictures of any depth, of the formats that are known to be harmless."""

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageOps

from abnormal.errors import AbnormalError
from abnormal.reading import first_line, require_regular
from abnormal.video.depth import ALL_OF_16_BITS, GreyScale

SUFFIXES = {
    "JPEG": (".jpg", ".jpeg", ".jfif", ".jpe"),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "JPEG2000": (".jp2", ".j2k"),
    "WEBP": (".webp",),
    "PNG": (".png", ".apng"),
    "BMP": (".bmp",),
    "GIF": (".gif",),
}
"""Suffixes by format. If a folder has its frames in two formats, the first of them is taken, and
JPEG is first because a mask is never stored as JPEG where there is a choice."""

FORMATS = tuple(SUFFIXES)
"""The formats that are opened, whatever a file is called: Pillow would start other programs for
some others, such as Ghostscript for PostScript."""

_LUMA_OF_RGB = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in the brightness (ITU-R BT.601)."""


def read_picture(path: Path, scale: GreyScale = ALL_OF_16_BITS) -> np.ndarray:
    """Reads a picture of any depth and number of channels as grey.

    Args:
        path: The file.
        scale: The values that become black and white, if the picture has more than 8 bits.

    Returns:
        `(height, width)` uint8.

    Raises:
        AbnormalError: The file is missing or truncated, or is no picture.
    """
    with open_picture(path) as picture:
        return to_grey(picture, path, scale)


def read_rgb(path: Path, scale: GreyScale = ALL_OF_16_BITS) -> np.ndarray:
    """Reads a picture in colour, for people to look at.

    Returns:
        `(height, width, 3)` uint8, red first.

    Raises:
        AbnormalError: The file is missing or truncated, or is no picture.
    """
    with open_picture(path) as picture:
        if deep_values(picture, path) is not None:
            return np.repeat(to_grey(picture, path, scale)[..., None], 3, axis=2)
        return np.array(PIL.ImageOps.exif_transpose(picture).convert("RGB"))


def read_mask(path: Path) -> np.ndarray:
    """Reads a picture that marks pixels by any value but 0, such as 255, 1 or the id of an object.

    Opacity does not count, unless the picture has nothing else to tell pixels apart.

    Returns:
        `(height, width)` bool, True for a marked pixel.

    Raises:
        AbnormalError: The file is missing or truncated, or is no picture.
    """
    with open_picture(path) as picture:
        colours = _colours_of_16_bits(picture, path)
        if colours is not None:
            return np.asarray(colours.any(axis=-1))
        values = deep_values(picture, path)
        if values is not None:
            return np.asarray(values != 0)
        # In colours, because the colour 0 of a palette may be any; in numbers if all are black.
        marked = np.asarray(np.asarray(picture.convert("RGB")).any(axis=-1))
        if not marked.any() and picture.mode == "P":
            return np.asarray(picture) != 0
        if not marked.any() and "A" in picture.getbands():
            return np.asarray(picture.getchannel("A")) != 0
        return marked


@contextlib.contextmanager
def open_picture(path: Path) -> Iterator[PIL.Image.Image]:
    """Opens a picture for the length of a `with` block.

    Raises:
        AbnormalError: The file is missing, or is no picture of the known formats; or the block
            could not decode it.
    """
    require_regular(path)
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            PIL.Image.open(path, formats=FORMATS) as picture,
        ):
            yield picture
    except FileNotFoundError:
        raise AbnormalError(f"There is no file {path}.") from None
    except AbnormalError:
        raise
    except Exception as error:  # at damage, Pillow's decoders raise whatever they stumble over
        why = first_line(error)
        raise AbnormalError(f"{path} is not a picture that can be read ({why}).") from None


def to_grey(picture: PIL.Image.Image, path: Path, scale: GreyScale) -> np.ndarray:
    """Converts an open picture to grey, upright; see `read_picture`."""
    values = deep_values(picture, path)
    if values is not None:
        return scale.to_uint8(values)
    return np.array(PIL.ImageOps.exif_transpose(picture).convert("L"))


def deep_values(picture: PIL.Image.Image, path: Path) -> np.ndarray | None:
    """Returns the brightness of a picture that has more than 8 bits.

    Returns:
        `(height, width)` of integers or floats as they are stored; None if 8 bits are enough.
    """
    if picture.mode == "F" or picture.mode.startswith("I"):
        return np.asarray(PIL.ImageOps.exif_transpose(picture))
    colours = _colours_of_16_bits(picture, path)
    if colours is None:
        return None
    return np.asarray((colours @ _LUMA_OF_RGB).round())


def _colours_of_16_bits(picture: PIL.Image.Image, path: Path) -> np.ndarray | None:
    """Returns the colours of a picture with 16 bits for each, `(height, width, 3)` uint16.

    Pillow has no mode for them, and keeps the upper eight bits, which may all be 0.
    """
    tiles = getattr(picture, "tile", None)
    if not tiles or ";16" not in str(tiles[0][3]) or getattr(picture, "n_frames", 1) > 1:
        return None
    import cv2  # the check of --ignore-zone is to answer at once

    stored = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if stored is None or stored.dtype != np.uint16 or stored.ndim != 3:
        return None
    return stored[..., 2::-1]
