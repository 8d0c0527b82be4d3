"""All frames of several videos as one uint8 array on disk, built once, never all in memory."""

import mmap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.files import make_folder, remove_partial, replacing
from abnormal.frames.clips import Clip
from abnormal.frames.manifest import VideoRecord, fingerprint
from abnormal.frames.reader import read_frames

FOLDER = ".cache"


@dataclass(frozen=True)
class FrameCache:
    """Frames of several videos, one after the other.

    Attributes:
        frames: `(total, size, size)` uint8, mapped from disk.
        firsts: Number of each video's first frame in `frames`.
        lengths: Frames of each video.
    """

    frames: np.ndarray
    firsts: tuple[int, ...]
    lengths: tuple[int, ...]

    def clip(self, clip: Clip, length: int) -> np.ndarray:
        """The `(length, size, size)` uint8 frames of a clip."""
        first = self.firsts[clip.video] + clip.start
        return self._read(self.frames[first : first + length * clip.stride : clip.stride][:length])

    def between(self, first: int, stop: int) -> Iterator[np.ndarray]:
        """The `(size, size)` uint8 frames from one number in `frames` to before another."""
        return (self._read(self.frames[number]) for number in range(first, stop))

    def _read(self, frames: np.ndarray) -> np.ndarray:
        """A copy; what it was read from is let go, or all footage would come to count as memory."""
        copy = np.array(frames)
        mapped: object = self.frames.base
        if isinstance(mapped, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            mapped.madvise(mmap.MADV_DONTNEED)
        return copy


def open_cache(
    img: Path,
    records: Sequence[VideoRecord],
    size: int,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> FrameCache:
    """Opens the cache of these videos, and builds it first where it is missing.

    Two runs may build it at once: each writes a file of its own and the last one stays.

    Args:
        img: The folder of frames; the cache lies in `img/.cache`.
        records: Which videos, in this order.
        size: Height and width, in pixels.
        progress: Wraps the numbers of the videos while building.
    """
    path = img / FOLDER / f"{size}-{fingerprint(records)[:16]}.npy"
    if not path.is_file():
        _build(path, img, records, size, progress)
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


def _build(
    path: Path,
    img: Path,
    records: Sequence[VideoRecord],
    size: int,
    progress: Callable[[Iterable[int]], Iterable[int]],
) -> None:
    make_folder(path.parent)
    remove_partial(path.parent)
    shape = (sum(record.frames for record in records), size, size)
    # Written, not mapped: on a full disk a write is an error, a mapped page ends the process.
    with replacing(path) as partial, partial.open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for number in progress(range(len(records))):
            for image in read_frames(img, records[number], size):
                file.write(image.tobytes())
    for old in path.parent.glob(f"{size}-*.npy"):
        if old != path:
            old.unlink(missing_ok=True)
