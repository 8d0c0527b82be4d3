"""Reads folders of pictures as grey frames."""

import contextlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.files import list_folder
from abnormal.video.depth import ALL_OF_16_BITS, GreyScale, describe_scale, scale_of
from abnormal.video.picture import (
    FORMATS,
    SUFFIXES,
    deep_values,
    open_picture,
    read_picture,
    read_rgb,
)
from abnormal.video.stream import Frame, FrameStream

PICTURE_SUFFIXES = tuple(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
"""Suffixes of picture files, in lower case."""

_FORMAT_OF = {suffix: name for name, suffixes in SUFFIXES.items() for suffix in suffixes}

_MASK_MARK = re.compile(r"[ ._-](gt|mask|masks|label|labels|seg)$", re.IGNORECASE)

_MOST_SAMPLES = 32
"""So many pictures of a video are read in advance to find the scale of those beyond 8 bits."""


def is_picture(path: Path) -> bool:
    """Whether the suffix of a file name is one of a picture."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def list_pictures(folder: Path) -> list[Path]:
    """Lists the pictures directly in a folder, in natural order of their names.

    Folders, pipes and devices of such names are left out; links to nothing are not, so that reading
    them says what is wrong.
    """
    paths = [path for path in list_folder(folder) if is_picture(path)]
    return [path for path in paths if path.is_file() or not path.exists()]


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
        notes.append(describe_scale(scale))
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
