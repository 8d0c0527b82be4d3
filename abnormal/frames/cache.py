"""The frames of several videos as one uint8 array on disk.

It is built once, and never read into memory as a whole. The file is a `.npy` file, followed by the
CRC-32 of the frames (4 bytes, little-endian), by which damage is found.
"""

import hashlib
import logging
import mmap
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from abnormal.arrays import NPY_ERRORS
from abnormal.cache_folder import cache_folder
from abnormal.errors import AbnormalError
from abnormal.files import make_folder
from abnormal.frames.clips import Clip
from abnormal.frames.manifest import VideoRecord, fingerprint
from abnormal.frames.reader import read_frames
from abnormal.progress import Progress
from abnormal.replacing import remove_partial, replacing

FOLDER = ".cache"
"""Name of the folder below `img/` that holds the caches."""

_CHECKSUM_BYTES = 4
_BLOCK = 1 << 22

log = logging.getLogger(__name__)


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
    """Opens the cache of these videos, and builds it first where it is missing or damaged.

    Two runs may build it at once: each writes a file of its own, and the last one stays.

    Args:
        img: The folder of frames; the cache lies in `img/.cache`, or in the user's cache folder if
            `img/` may not be written to.
        records: The videos, in the order of the cache.
        size: Height and width of the frames in the cache, in pixels.

    Raises:
        AbnormalError: A frame cannot be read, or the cache cannot be written.
    """
    name = f"{size}-{fingerprint(records)[:16]}.npy"
    lengths = tuple(record.frames for record in records)
    firsts = tuple(int(first) for first in np.cumsum((0, *lengths))[:-1])
    shape = (sum(lengths), size, size)
    elsewhere = cache_folder() / "frames" / hashlib.sha256(bytes(img.resolve())).hexdigest()[:16]
    found = (_open_intact(folder / name, shape) for folder in (img / FOLDER, elsewhere))
    frames = next((frames for frames in found if frames is not None), None)
    if frames is None:
        path = _writable_folder(img / FOLDER, elsewhere) / name
        _build(path, img, records, size)
        frames = np.load(path, mmap_mode="r", allow_pickle=False)
    return FrameCache(frames, firsts, lengths)


def _open_intact(path: Path, shape: tuple[int, int, int]) -> np.ndarray | None:
    """Opens a cache whose checksum is right; None if there is none."""
    if not path.is_file():
        return None
    try:
        frames = np.load(path, mmap_mode="r", allow_pickle=False)
        if frames.shape == shape and frames.dtype == np.uint8:
            end = frames.offset + frames.nbytes
            if path.stat().st_size == end:
                return None  # of an older version, which wrote no checksum
            with path.open("rb") as file:
                if _checksum(file, frames.offset, end) == file.read():
                    return frames
    except NPY_ERRORS:
        pass
    log.warning("the frame cache %s is damaged; it is made again", path)
    return None


def _checksum(file: BinaryIO, first: int, end: int) -> bytes:
    """Returns the checksum of the bytes from `first` to `end`, where the file then is."""
    checksum, left = 0, end - first
    file.seek(first)
    while left and (block := file.read(min(left, _BLOCK))):
        checksum, left = zlib.crc32(block, checksum), left - len(block)
    return checksum.to_bytes(_CHECKSUM_BYTES, "little")


def _writable_folder(folder: Path, elsewhere: Path) -> Path:
    """Makes the folder of the caches, or the other one if it may not be made."""
    try:
        return make_folder(folder)
    except AbnormalError as error:
        log.info("%s The frame cache is made in %s", error, elsewhere)
        return make_folder(elsewhere)


def _build(path: Path, img: Path, records: Sequence[VideoRecord], size: int) -> None:
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
        checksum = 0
        for record in records:
            for image in read_frames(img, record, size):
                checksum = zlib.crc32(image.tobytes(), checksum)
                file.write(image.tobytes())
                progress.advance()
        file.write(checksum.to_bytes(_CHECKSUM_BYTES, "little"))
    for old in path.parent.glob(f"{size}-*.npy"):
        if old != path:
            old.unlink(missing_ok=True)
