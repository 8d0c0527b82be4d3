"""Brings video files with more than 8 bits of grey to 8 bits, by one scale for the whole file.

Thermal cameras record such files. FFmpeg would keep the upper 8 bits, in which all of a scene may
have the same value. Colours with more than 8 bits use the range of their format, so that its own
conversion is right for them.
"""

import contextlib
import math
import re
from collections.abc import Callable, Iterable
from functools import partial

import av
import numpy as np

from abnormal.video.depth import GreyScale, describe_scale, scale_of
from abnormal.video.grey import to_grey, to_rgb, upright

_DEEP_GREY = re.compile(r"gray(9|1[0-6]|f32)(le|be)")
"""Names of FFmpeg's pixel formats; the first group is the number of bits, or that of a float."""

_MOST_SAMPLES = 32
"""So many pictures of a file are read in advance to find its scale."""

_FEWEST_SAMPLES = 8
"""A file in which fewer can be found by seeking is decoded as a whole."""

_SAMPLE_PX = 1 << 19
"""A sample has at most some so many pixels."""


OpenTrack = Callable[[], tuple[av.container.InputContainer, av.VideoStream]]
"""Opens a file anew, and returns it with its track."""

Convert = Callable[[av.VideoFrame], tuple[np.ndarray, Callable[[], np.ndarray]]]
"""Returns a picture as `(height, width)` uint8, and what returns it in colour."""


def find_conversion(track: av.VideoStream, open_again: OpenTrack, notes: list[str]) -> Convert:
    """Finds out how the pictures of a video file become 8-bit grey.

    Args:
        track: The open track.
        open_again: Opens the file a second time, to read some of its pictures in advance.
        notes: Receives a note that names the scale, if it is not that of the pixel format.
    """
    deep = _DEEP_GREY.fullmatch(track.codec_context.pix_fmt or "")
    if not deep:
        return _convert
    whole = GreyScale(0, 1 if deep[1] == "f32" else 2 ** int(deep[1]) - 1)
    samples = _samples(open_again)
    scale = scale_of(samples) if samples else whole
    if scale == whole:
        return _convert
    notes.append(describe_scale(scale))
    return partial(_convert_by, scale)


def _convert(picture: av.VideoFrame) -> tuple[np.ndarray, Callable[[], np.ndarray]]:
    return to_grey(picture), partial(to_rgb, picture)


def _convert_by(
    scale: GreyScale, picture: av.VideoFrame
) -> tuple[np.ndarray, Callable[[], np.ndarray]]:
    if not _DEEP_GREY.fullmatch(picture.format.name):  # a stream may change its format
        return _convert(picture)
    image = upright(scale.to_uint8(picture.to_ndarray()), picture)
    return image, partial(np.repeat, image[..., None], 3, 2)


def _samples(open_again: OpenTrack) -> list[np.ndarray]:
    container, track = open_again()
    with container:
        samples = _seek_samples(container, track)
    if len(samples) >= _FEWEST_SAMPLES:
        return samples
    container, track = open_again()
    with container:
        return _thinned(container.decode(track))


def _seek_samples(
    container: av.container.InputContainer, track: av.VideoStream
) -> list[np.ndarray]:
    """Reads pictures at even distances, as far as the file can be searched."""
    samples: dict[int | None, np.ndarray] = {}
    length, start = container.duration or 0, container.start_time or 0
    for number in range(_MOST_SAMPLES if length else 0):
        with contextlib.suppress(av.error.FFmpegError, OSError, StopIteration):
            container.seek(start + number * length // _MOST_SAMPLES)
            picture = next(container.decode(track))
            samples[picture.pts] = _sample(picture)
    return list(samples.values())


def _thinned(pictures: Iterable[av.VideoFrame]) -> list[np.ndarray]:
    """Takes pictures at even distances while the number of all is not known."""
    samples: list[np.ndarray] = []
    step = 1
    with contextlib.suppress(av.error.FFmpegError, OSError):  # it is said when the frames are read
        for number, picture in enumerate(pictures):
            if number % step == 0:
                samples.append(_sample(picture))
            if len(samples) > _MOST_SAMPLES:
                samples, step = samples[::2], 2 * step
    return samples


def _sample(picture: av.VideoFrame) -> np.ndarray:
    step = max(1, math.isqrt(picture.width * picture.height // _SAMPLE_PX))
    return picture.to_ndarray()[::step, ::step].copy()
