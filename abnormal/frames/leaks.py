"""Test videos whose footage was trained on: a figure measured on them says nothing."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from abnormal.frames.manifest import VideoRecord
from abnormal.frames.writer import frame_path

LEAST_FRAMES = 10
"""So many frames in common, a clip's, are no chance, unless they all are the same picture."""


@dataclass(frozen=True)
class Leak:
    """A test video that begins as a training video.

    Attributes:
        tested: The test video.
        trained: The training video.
        frames: How many frames they have in common, from the first one.
    """

    tested: VideoRecord
    trained: VideoRecord
    frames: int

    def __str__(self) -> str:
        """For the user."""
        whole = self.frames == self.tested.frames == self.trained.frames
        what = "is" if whole else f"has its first {self.frames} frames from"
        return f"the test video {self.tested.video} {what} the training video {self.trained.video}"


def find_leaks(img: Path, records: Sequence[VideoRecord]) -> list[Leak]:
    """Compares hashes of frames, as they lie under `img/`, from the first one on.

    Footage that was encoded anew is not recognised: not one of its frames is quite the same.
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
    whole = len(common) == min(tested.frames, trained.frames)
    moves = len(set(common)) > 1
    if whole or (moves and len(common) >= LEAST_FRAMES):
        return [Leak(tested, trained, len(common))]
    return []


def _hashes(img: Path, record: VideoRecord) -> Iterator[str]:
    folder = record.folder(img)
    for number in range(record.frames):
        try:
            yield hashlib.sha256(frame_path(folder, number).read_bytes()).hexdigest()
        except OSError:  # `--check` names frames that are missing
            return
