"""Reads single pictures, and folders of pictures as grey frames."""

import contextlib
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageOps

from abnormal.errors import AbnormalError
from abnormal.files import list_folder
from abnormal.video.depth import ALL_OF_16_BITS, GreyScale, scale_of
from abnormal.video.stream import Frame, FrameStream

_SUFFIXES = {
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

FORMATS = tuple(_SUFFIXES)
"""The formats that are opened, whatever a file is called: Pillow would start other programs for
some others, such as Ghostscript for PostScript."""

PICTURE_SUFFIXES = tuple(suffix for suffixes in _SUFFIXES.values() for suffix in suffixes)
"""Suffixes of picture files, in lower case."""

_FORMAT_OF = {suffix: name for name, suffixes in _SUFFIXES.items() for suffix in suffixes}

_MASK_MARK = re.compile(r"[ ._-](gt|mask|masks|label|labels|seg)$", re.IGNORECASE)

_MOST_SAMPLES = 32
"""So many pictures of a video are read in advance to find the scale of those beyond 8 bits."""


def is_picture(path: Path) -> bool:
    """Whether the suffix of a file name is one of a picture."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def list_pictures(folder: Path) -> list[Path]:
    """Lists the pictures directly in a folder, in natural order of their names."""
    return [path for path in list_folder(folder) if is_picture(path)]


def list_frames(folder: Path) -> list[Path]:
    """Lists the pictures in a folder that are frames of a video, in natural order of their names.

    If two pictures have the same name but for their format, the folder has its frames twice, or
    masks beside them. Then one format is taken. `001_mask.png` beside `001.png` is a mask, too.
    """
    paths = list_pictures(folder)
    formats = Counter(_FORMAT_OF[path.suffix.lower()] for path in paths)
    names = Counter(path.stem for path in paths)
    if len(formats) > 1 and max(names.values()) > 1:
        # The format with the most pictures; if several have as many, the first in the table.
        frames_format = max(FORMATS, key=lambda name: formats[name])
        paths = [path for path in paths if _FORMAT_OF[path.suffix.lower()] == frames_format]
    stems = {path.stem for path in paths}
    return [path for path in paths if _without_mark(path.stem) not in stems]


def _without_mark(stem: str) -> str | None:
    return _MASK_MARK.sub("", stem) if _MASK_MARK.search(stem) else None


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
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            PIL.Image.open(path, formats=FORMATS) as picture,
        ):
            yield picture
    except FileNotFoundError:
        raise AbnormalError(f"There is no file {path}.") from None
    except (OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError) as error:
        raise AbnormalError(f"{path} is not a picture that can be read ({error}).") from None


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
    # Pillow has no mode for colours of 16 bits. It keeps the upper eight, which may be black.
    tiles = getattr(picture, "tile", None)
    has_16_bits = tiles and ";16" in str(tiles[0][3])
    if has_16_bits and getattr(picture, "n_frames", 1) == 1:
        import cv2  # the check of --ignore-zone is to answer at once

        stored = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
        if stored is not None and stored.dtype == np.uint16 and stored.ndim == 3:
            return cv2.cvtColor(stored[..., :3], cv2.COLOR_BGR2GRAY)
    return None


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
    paths = list_frames(folder)
    if not paths:
        raise AbnormalError(
            f"There is no picture in {folder}. Expected: {', '.join(PICTURE_SUFFIXES)}."
        )
    stream = FrameStream(iter(()), fps, len(paths))
    beside = [path.name for path in list_pictures(folder) if path not in set(paths)]
    if beside:
        stream.notes.append(
            f"{len(beside)} pictures beside its frames are passed over ({_shown(beside)}): they "
            "are masks, or the same frames in another format"
        )
    stream.frames = _read_all(paths, _scale_of_files(paths, stream.notes), stream)
    yield stream


def _scale_of_files(paths: Sequence[Path], notes: list[str]) -> GreyScale:
    """Finds the scale of pictures whose first one has more than 8 bits, and notes it."""
    samples = []
    for path in paths[:: -(-len(paths) // _MOST_SAMPLES)]:
        with contextlib.suppress(AbnormalError), open_picture(path) as picture:
            values = deep_values(picture, path)
            if values is None:
                break
            samples.append(values)
    return noted_scale(samples, notes)


def noted_scale(samples: Sequence[np.ndarray], notes: list[str]) -> GreyScale:
    """Returns the scale of a video, and notes it unless it is what a reader would expect.

    Args:
        samples: Some of its pictures, as `deep_values` returns them; empty if 8 bits are enough.
        notes: Receives the note.
    """
    scale = scale_of(samples) if samples else ALL_OF_16_BITS
    if scale != ALL_OF_16_BITS:
        notes.append(f"its values {scale.low:g} to {scale.high:g} are scaled to 0 to 255")
    return scale


def _read_all(paths: list[Path], scale: GreyScale, stream: FrameStream) -> Iterator[Frame]:
    broken = []
    for index, path in enumerate(paths):
        try:
            image = read_picture(path, scale)
        except AbnormalError:
            broken.append(path.name)
            continue
        yield Frame(image, index / (stream.fps or 25.0), index, partial(read_rgb, path, scale))
    if broken:
        stream.notes.append(
            f"{len(broken)} of {len(paths)} pictures cannot be read ({_shown(broken)})"
        )


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
