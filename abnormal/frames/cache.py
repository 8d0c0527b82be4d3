"""The frames of several videos as one uint8 array on disk.

It is built once, and never read into memory as a whole.
"""

import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.files import make_folder, remove_partial, replacing
from abnormal.frames.clips import Clip
from abnormal.frames.manifest import VideoRecord, fingerprint
from abnormal.frames.reader import read_frames
from abnormal.progress import Progress

FOLDER = ".cache"
"""Name of the folder below `img/` that holds the caches."""


@dataclass(frozen=True)
class FrameCache:
    """The frames of several videos, one video after the other.

    Attributes:
        frames: All frames, `(total, size, size)` uint8 in 0 to 255, mapped from disk.
        firsts: For each video, the index of its first frame in `frames`.
        lengths: For each video, its number of frames.
    """

    frames: np.ndarray
    firsts: tuple[int, ...]
    lengths: tuple[int, ...]

    def clip(self, clip: Clip, length: int) -> np.ndarray:
        """Reads the frames of a clip.

        Args:
            clip: The clip: its video, first frame and stride.
            length: Number of frames of the clip.

        Returns:
            A copy of the frames, `(length, size, size)` uint8 in 0 to 255.
        """
        first = self.firsts[clip.video] + clip.start
        return self._read(self.frames[first : first + length * clip.stride : clip.stride][:length])

    def between(self, first: int, stop: int) -> Iterator[np.ndarray]:
        """Yields copies of `frames[first:stop]`, which may belong to several videos.

        Args:
            first: Index of the first frame in `frames`.
            stop: Index after the last frame.

        Yields:
            `(size, size)` uint8 in 0 to 255.
        """
        return (self._read(self.frames[number]) for number in range(first, stop))

    def _read(self, frames: np.ndarray) -> np.ndarray:
        """Returns a copy, and releases the memory pages that it was read from.

        Otherwise all footage that was ever read would count as memory of this process.
        """
        copy = np.array(frames)
        mapped: object = self.frames.base
        if isinstance(mapped, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            mapped.madvise(mmap.MADV_DONTNEED)
        return copy


def open_cache(img: Path, records: Sequence[VideoRecord], size: int) -> FrameCache:
    """Opens the cache of these videos, and builds it first where it is missing.

    Two runs may build it at once: each writes a file of its own, and the last one stays.

    Args:
        img: The folder of frames; the cache lies in `img/.cache`.
        records: The videos, in the order of the cache.
        size: Height and width of the frames in the cache, in pixels.

    Raises:
        AbnormalError: A frame cannot be read, or the cache is damaged or cannot be written.
    """
    path = img / FOLDER / f"{size}-{fingerprint(records)[:16]}.npy"
    if not path.is_file():
        _build(path, img, records, size)
    lengths = tuple(record.frames for record in records)
    firsts = tuple(int(first) for first in np.cumsum((0, *lengths))[:-1])
    return FrameCache(_map(path, (sum(lengths), size, size)), firsts, lengths)


def _map(path: Path, shape: tuple[int, int, int]) -> np.ndarray:
    try:
        frames = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise AbnormalError(f"{path} cannot be read ({error}). Delete it: it is remade.") from None
    if frames.shape != shape or frames.dtype != np.uint8:
        raise AbnormalError(f"{path} is damaged. Delete it: it is remade.")
    return frames


def _build(path: Path, img: Path, records: Sequence[VideoRecord], size: int) -> None:
    make_folder(path.parent)
    remove_partial(path.parent)
    total = sum(record.frames for record in records)
    # The file is written, not mapped. On a full disk, a failed write raises an error, but a failed
    # access to a mapped page kills the process.
    with (
        replacing(path) as partial,
        partial.open("wb") as file,
        Progress("frames", total, "frame cache") as progress,
    ):
        header = {"descr": "|u1", "fortran_order": False, "shape": (total, size, size)}
        np.lib.format.write_array_header_1_0(file, header)
        for record in records:
            for image in read_frames(img, record, size):
                file.write(image.tobytes())
                progress.advance()
    for old in path.parent.glob(f"{size}-*.npy"):
        if old != path:
            old.unlink(missing_ok=True)
