"""Reads pictures with several pages as videos: TIFF stacks, animated PNG, WebP and GIF."""

import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageSequence

from abnormal.errors import AbnormalError
from abnormal.reading import first_line
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
    except AbnormalError:
        return False


def count_pages(path: Path) -> int:
    """Counts the pages of a picture that can be read.

    Raises:
        AbnormalError: The file is missing or is no picture.
    """
    with open_picture(path) as picture:
        return len(_durations_sec(picture))


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
        AbnormalError: The file is missing or is no picture, or no page of it can be read.
    """
    with open_picture(path) as picture:
        durations = _durations_sec(picture)
        if not durations:
            raise AbnormalError(f"No page of {path} can be read.")
        fps = len(durations) / sum(durations) if all(durations) else None
        stream = FrameStream(iter(()), fps)
        scale = noted_scale(_samples(picture, path, len(durations)), stream.notes)
    times = np.cumsum([0.0, *durations]) if fps else np.arange(len(durations) + 1) / 25
    stream.frames = _read_pages(path, scale, times, stream)
    yield stream


def _durations_sec(picture: PIL.Image.Image) -> list[float]:
    """Returns how long each page that can be read is shown, in seconds.

    A TIFF has no such times. It has 0 for each page that can be found.
    """
    durations = []
    with contextlib.suppress(Exception):  # what it is, is said when the frames are read
        for page in PIL.ImageSequence.Iterator(picture):
            if picture.format == "TIFF":
                durations.append(0.0)
                continue
            page.load()  # WebP knows the time of a page once it is decoded
            sec = page.info.get("duration", 0) / 1000
            durations.append(_USUAL_SEC if sec < _SHORTEST_SEC else sec)
    return durations


def _samples(picture: PIL.Image.Image, path: Path, count: int) -> list[np.ndarray]:
    """Reads some of the pages if they have more than 8 bits."""
    samples: list[np.ndarray] = []
    for number in range(0, count, -(-count // _MOST_SAMPLES)):
        with contextlib.suppress(Exception):
            picture.seek(number)
            values = deep_values(picture, path)
            if values is None:
                break
            samples.append(np.array(values))
    return samples


def _read_pages(
    path: Path, scale: GreyScale, times_sec: np.ndarray, stream: FrameStream
) -> Iterator[Frame]:
    why = ""
    with open_picture(path) as picture:
        count = _announced_pages(picture)
        for number, time_sec in enumerate(times_sec):  # one more than the pages, to learn why
            try:
                picture.seek(number)
                page = picture.copy()
                image = to_grey(picture, path, scale)
            except Exception as error:
                why = f" ({first_line(error)})"
                break
            yield Frame(image, float(time_sec), number, partial(_to_rgb, page, image))
            stream.length += 1
    if stream.length != count:
        of_all = f"{stream.length} of {count or 'its'}"
        stream.notes.append(f"truncated: {of_all} pages can be read{why}")


def _announced_pages(picture: PIL.Image.Image) -> int | None:
    """Returns how many pages a picture says that it has, or None if damage hides it."""
    try:
        return getattr(picture, "n_frames", 1)
    except Exception:
        return None


def _to_rgb(page: PIL.Image.Image, grey: np.ndarray) -> np.ndarray:
    if page.mode == "F" or page.mode.startswith("I"):
        return np.repeat(grey[..., None], 3, axis=2)
    return np.array(page.convert("RGB"))
