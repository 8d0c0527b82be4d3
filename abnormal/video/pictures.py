"""Reads single pictures, and folders of pictures as grey frames."""

import contextlib
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageOps

from abnormal.errors import AbnormalError
from abnormal.files import list_folder
from abnormal.reading import require_regular
from abnormal.video.stream import Frame, FrameStream

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".pgm", ".webp")
"""Suffixes of picture files, in lower case."""


def is_picture(path: Path) -> bool:
    """Whether the suffix of a file name is one of a picture."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def list_pictures(folder: Path) -> list[Path]:
    """Lists the pictures directly in a folder, in natural order of their names."""
    return [path for path in list_folder(folder) if is_picture(path)]


def read_picture(path: Path) -> np.ndarray:
    """Reads a picture of any depth and number of channels as grey.

    Returns:
        `(height, width)` uint8. Of 16 bits only the upper eight are kept.

    Raises:
        AbnormalError: The file is missing or truncated, or is no picture.
    """
    return _read(path, "L")


def read_rgb(path: Path) -> np.ndarray:
    """Reads a picture in colour, for people to look at.

    Returns:
        `(height, width, 3)` uint8, red first.

    Raises:
        AbnormalError: The file is missing or truncated, or is no picture.
    """
    return _read(path, "RGB")


def _read(path: Path, mode: str) -> np.ndarray:
    require_regular(path)
    try:
        with warnings.catch_warnings(action="ignore"), PIL.Image.open(path) as picture:
            if picture.mode.startswith("I"):
                upper = (np.asarray(picture) >> 8).clip(0, 255).astype(np.uint8)
                return np.array(PIL.Image.fromarray(upper).convert(mode))
            return np.array(PIL.ImageOps.exif_transpose(picture).convert(mode))
    except FileNotFoundError:
        raise AbnormalError(f"There is no file {path}.") from None
    except (OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError) as error:
        raise AbnormalError(f"{path} is not a picture that can be read ({error}).") from None


@contextlib.contextmanager
def open_pictures(folder: Path, fps: float | None = None) -> Iterator[FrameStream]:
    """Opens a folder of pictures as a video, for the length of a `with` block.

    Args:
        folder: The folder. Its pictures are the frames, in natural order of their names.
        fps: Frames per second; None if unknown. The times of the frames then assume 25 frames per
            second, because a folder has no time stamps.

    Yields:
        The frames. Pictures that cannot be read are skipped and reported in the notes.

    Raises:
        AbnormalError: There is no picture in the folder.
    """
    paths = list_pictures(folder)
    if not paths:
        raise AbnormalError(
            f"There is no picture in {folder}. Expected: {', '.join(PICTURE_SUFFIXES)}."
        )
    stream = FrameStream(iter(()), fps, len(paths))
    stream.frames = _read_all(paths, stream)
    yield stream


def _read_all(paths: list[Path], stream: FrameStream) -> Iterator[Frame]:
    broken = []
    for index, path in enumerate(paths):
        try:
            image = read_picture(path)
        except AbnormalError:
            broken.append(path.name)
            continue
        yield Frame(image, index / (stream.fps or 25.0), index, partial(read_rgb, path))
    if broken:
        shown = ", ".join(broken[:3]) + (", ..." if len(broken) > 3 else "")
        stream.notes.append(f"{len(broken)} of {len(paths)} pictures cannot be read ({shown})")
