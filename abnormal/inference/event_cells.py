"""What an event showed at each place of the picture, by which it can be dismissed.

EVENT.npz
  camera   name by which the model knows the camera, as bytes of UTF-8
  score    name of the score that raised the event, as bytes
  release  value above which the event lasts
  NAME     the largest value of each cell, for each local score
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from abnormal import checks
from abnormal.arrays import read_npz
from abnormal.errors import AbnormalError
from abnormal.files import make_folder
from abnormal.replacing import replacing
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.local import LOCAL_SCORES, is_local

MOST_CELL = 1e9
"""Largest value of a cell in a file: speeds are in pixels per frame, times in seconds."""

MOST_RELEASE = 1e9
"""Largest release in a file."""

MOST_BYTES = 1 << 24
"""Largest file that is read, in bytes; one of five scores has 17 kB at 227x227 pixels."""


@dataclass(frozen=True)
class EventCells:
    """What an event showed at each place of the picture.

    Attributes:
        camera: Name by which the model knows the camera; empty if that is not known.
        score: Name of the score that raised the event, a local one.
        release: Value of that score above which the event lasts.
        largest: For each local score the largest value of each cell over the frames of the event,
            `(rows, columns)` of any float type, at least 0.
    """

    camera: str
    score: str
    release: float
    largest: Mapping[str, np.ndarray]


def write_event_cells(path: Path, event: EventCells) -> None:
    """Writes what an event showed; a file that is there is replaced.

    Raises:
        AbnormalError: The file cannot be written.
    """
    make_folder(path.parent)
    texts = {"camera": event.camera, "score": event.score}
    arrays = {name: np.frombuffer(text.encode(), np.uint8) for name, text in texts.items()}
    cells = {name: values.astype(np.float32) for name, values in event.largest.items()}
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez(file, allow_pickle=False, release=np.float64(event.release), **arrays, **cells)


def read_event_cells(path: Path) -> EventCells:
    """Reads what an event showed. Every value is checked.

    Raises:
        AbnormalError: The file cannot be read, or is damaged.
    """
    try:
        checks.whole("its size", path.stat().st_size, 1, MOST_BYTES)
        return _event_cells(read_npz(path))
    except OSError as error:
        raise AbnormalError(f"{path} cannot be read: {error.strerror or error}.") from None
    except (ValueError, KeyError) as error:
        raise AbnormalError(
            f"{path} is damaged ({error}), so that its event cannot be dismissed. Restore the file "
            "from a copy."
        ) from None


def _event_cells(arrays: Mapping[str, np.ndarray]) -> EventCells:
    camera, score = (arrays[name].tobytes().decode() for name in ("camera", "score"))
    checks.text("the name of the camera", camera)
    if not is_local(score):
        raise ValueError(f"{checks.shown(score)} is no local score")
    release = checks.number("release", arrays["release"].tolist(), -MOST_RELEASE, MOST_RELEASE)
    largest = {name: arrays[name] for name in LOCAL_SCORES if name in arrays}
    for name, cells in largest.items():
        if cells.ndim != 2 or cells.dtype.kind != "f":
            raise ValueError(f"{name} is {cells.dtype} {cells.shape}, not rows of numbers")
        if not ((cells >= 0) & (cells <= MOST_CELL)).all():
            raise ValueError(f"a value of {name} is no number from 0 to {MOST_CELL:g}")
    if not largest:
        raise ValueError("it has no cells of a local score")
    return EventCells(camera, score, release, largest)


class CellMaxima:
    """The largest value of each cell over the frames of the event that goes on."""

    def __init__(self) -> None:
        self._start: int | None = None  # number of the first frame of the event
        self._camera = ""  # in which it began
        self._largest: dict[str, np.ndarray] = {}
        self._since: dict[str, np.ndarray] = {}  # of the frames after the event's last one so far

    def add(
        self, number: int, camera: str, cells: Mapping[str, np.ndarray], span: tuple[int, int]
    ) -> None:
        """Adds the next frame.

        Args:
            number: Number of the frame.
            camera: Name by which the model knows the camera, or the regime that the frame shows.
            cells: For each local score the value of each cell, `(rows, columns)` float64; empty if
                nothing in the frame counts.
            span: Numbers of the first and of the last frame so far of the event, which may go on.
        """
        if span[0] != self._start:
            self._start, self._camera, self._largest, self._since = span[0], camera, {}, {}
        self._since = _largest_of(self._since, cells)
        if span[1] == number:
            self._largest, self._since = _largest_of(self._largest, self._since), {}

    def of_event(self, alarm: Alarm) -> EventCells:
        """Returns what the event has shown so far; its regime is that in which it began."""
        return EventCells(self._camera, alarm.score, alarm.release, self._largest)


def _largest_of(
    some: Mapping[str, np.ndarray], others: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    return {name: np.maximum(some.get(name, 0), others.get(name, 0)) for name in {**some, **others}}
