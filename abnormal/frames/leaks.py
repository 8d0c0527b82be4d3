"""Finds test videos whose frames are also training frames: figures measured on them are void."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.frames.manifest import VideoRecord
from abnormal.frames.writer import frame_path
from abnormal.reading import read_bytes

MIN_COMMON_FRAMES = 10
"""Two videos with this many equal frames at the start, as many as a clip has, share footage.

If all these frames show the same still picture, they may be equal by chance.
"""


@dataclass(frozen=True)
class Leak:
    """A test video that starts with the same frames as a training video.

    Attributes:
        tested: The test video.
        trained: The training video.
        frames: Number of equal frames, counted from the first frame.
    """

    tested: VideoRecord
    trained: VideoRecord
    frames: int

    def __str__(self) -> str:
        """Describes the leak to the user."""
        whole = self.frames == self.tested.frames == self.trained.frames
        what = "is" if whole else f"has its first {self.frames} frames from"
        return f"the test video {self.tested.video} {what} the training video {self.trained.video}"


def find_leaks(img: Path, records: Sequence[VideoRecord]) -> list[Leak]:
    """Compares the files of frames under `img/` by their hashes, from the first frame on.

    Footage that was encoded again is not recognised, because none of its frames is identical.

    Args:
        img: The folder of frames.
        records: The videos to compare: each test video with each training video.
    """
    trained = defaultdict(list)
    for record in records:
        if record.split == "training":
            trained[next(_hashes(img, record), "")].append(record)
    leaks = []
    for tested in records:
        if tested.split == "testing":
            for candidate in trained.get(next(_hashes(img, tested), ""), []):
                leaks += _compare(img, tested, candidate)
    return leaks


def _compare(img: Path, tested: VideoRecord, trained: VideoRecord) -> list[Leak]:
    common = []
    for one, other in zip(_hashes(img, tested), _hashes(img, trained), strict=False):
        if one != other:
            break
        common.append(one)
    contained = len(common) == min(tested.frames, trained.frames)
    moves = len(set(common)) > 1
    if contained or (moves and len(common) >= MIN_COMMON_FRAMES):
        return [Leak(tested, trained, len(common))]
    return []


def _hashes(img: Path, record: VideoRecord) -> Iterator[str]:
    folder = record.folder(img)
    for number in range(record.frames):
        try:
            yield hashlib.sha256(read_bytes(frame_path(folder, number))).hexdigest()
        except (OSError, AbnormalError):  # `--check` reports missing frames
            return
