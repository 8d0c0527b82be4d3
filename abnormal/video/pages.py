"""Reads pictures with several pages as videos: TIFF stacks, animated PNG, WebP and GIF."""

import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageSequence

from abnormal.errors import AbnormalError
from abnormal.video.depth import GreyScale
from abnormal.video.picture import deep_values, open_picture, to_grey
from abnormal.video.pictures import noted_scale
from abnormal.video.stream import Frame, FrameStream

_PAGED_SUFFIXES = {".tif", ".tiff", ".png", ".apng", ".webp", ".gif"}

_REDUCED_COPY, _NEW_SUBFILE_TYPE = 1, 254
"""A TIFF marks a page that is a thumbnail of another one by this bit of this tag."""

_SHORTEST_SEC, _USUAL_SEC = 0.011, 0.1
"""Players show a picture that asks for at most 10 ms for 100 ms, as browsers began to do."""

_MOST_SAMPLES = 32


def has_pages(path: Path) -> bool:
    """Whether a file is a picture with at least two pages of the same size."""
    if path.suffix.lower() not in _PAGED_SUFFIXES:
        return False
    try:
        with open_picture(path) as picture:
            size = picture.size
            picture.seek(1)
            return picture.size == size and not _is_reduced_copy(picture)
    except (AbnormalError, EOFError):
        return False


def _is_reduced_copy(picture: PIL.Image.Image) -> bool:
    tags = getattr(picture, "tag_v2", None) or {}
    return bool(tags.get(_NEW_SUBFILE_TYPE, 0) & _REDUCED_COPY)


@contextlib.contextmanager
def open_pages(path: Path) -> Iterator[FrameStream]:
    """Opens a picture with several pages as a video, for the length of a `with` block.

    Args:
        path: The file. A TIFF has no clock; the others say how long each page is shown.

    Yields:
        The frames. What follows a page that cannot be read is left out and noted.

    Raises:
        AbnormalError: The file is missing, or is no picture.
    """
    with open_picture(path) as picture:
        durations = _durations_sec(picture)
        fps = len(durations) / sum(durations) if all(durations) else None
        stream = FrameStream(iter(()), fps)
        scale = noted_scale(_samples(picture, path), stream.notes)
        times = np.cumsum([0.0, *durations]) if fps else np.arange(len(durations) + 1) / 25
        stream.frames = _read_pages(path, scale, times, stream)
        yield stream


def _durations_sec(picture: PIL.Image.Image) -> list[float]:
    """Returns how long each page is shown, in seconds; 0 for a page without such a time."""
    if picture.format == "TIFF":
        return [0.0] * getattr(picture, "n_frames", 1)
    durations = []
    with contextlib.suppress(EOFError, OSError, SyntaxError):
        for page in PIL.ImageSequence.Iterator(picture):
            page.load()  # WebP knows the time of a page once it is decoded
            sec = page.info.get("duration", 0) / 1000
            durations.append(_USUAL_SEC if sec < _SHORTEST_SEC else sec)
    return durations


def _samples(picture: PIL.Image.Image, path: Path) -> list[np.ndarray]:
    """Reads some pages if they have more than 8 bits."""
    count = getattr(picture, "n_frames", 1)
    samples: list[np.ndarray] = []
    for number in range(0, count, -(-count // _MOST_SAMPLES)):
        with contextlib.suppress(EOFError, OSError, SyntaxError):
            picture.seek(number)
            values = deep_values(picture, path)
            if values is None:
                break
            samples.append(np.array(values))
    return samples


def _read_pages(
    path: Path, scale: GreyScale, times_sec: np.ndarray, stream: FrameStream
) -> Iterator[Frame]:
    with open_picture(path) as picture:
        count = getattr(picture, "n_frames", 1)
        for number in range(count):
            try:
                picture.seek(number)
                page = picture.copy()
                image = to_grey(picture, path, scale)
            except (EOFError, OSError, SyntaxError) as error:
                stream.notes.append(f"truncated: {number} of {count} pages can be read ({error})")
                break
            rgb = partial(_to_rgb, page, image)
            yield Frame(image, float(times_sec[number]), number, rgb)
            stream.length += 1


def _to_rgb(page: PIL.Image.Image, grey: np.ndarray) -> np.ndarray:
    if page.mode == "F" or page.mode.startswith("I"):
        return np.repeat(grey[..., None], 3, axis=2)
    return np.array(page.convert("RGB"))
