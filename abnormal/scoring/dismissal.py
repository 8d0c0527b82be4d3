"""Events that were dismissed as false alarms, as a model file keeps them.

A dismissal raises the normal levels of its camera. The levels that were learnt and those that each
dismissal asks for are kept apart, so that each can be taken back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

RAISED = "raised_"
"""What the name of a local score is preceded by where the levels of the dismissals are kept."""

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Dismissal:
    """An event that the user has dismissed as a false alarm, and that is normal since.

    Attributes:
        entry: What a model file says about it in JSON: under `camera` the name by which the model
            knows its camera, and under `event` its name, which is that of a live event or
            `VIDEO:EVENT`. For the event of a video also `video`, `first_frame` and `last_frame`.
        levels: For each local score the level that each cell has at least, `(rows, columns)`
            float32, at least 0; empty if an older version dismissed the event, which raised the
            learnt levels themselves.
    """

    entry: Mapping[str, Any]
    levels: Arrays = field(default_factory=dict)

    @property
    def camera(self) -> str:
        """Name by which the model knows the camera of the event."""
        return self.entry["camera"]

    @property
    def event(self) -> str:
        """Name of the event; that of a video may be met again when the video is scored again."""
        unnamed = "{video}:frames {first_frame}-{last_frame}"
        return self.entry.get("event") or unnamed.format_map(self.entry)

    def is_of_same_event(self, other: "Dismissal") -> bool:
        """Whether two dismissals are of one event; the events of a video are told by frames."""
        keys = {*self.entry, *other.entry} - ({"event"} if "video" in self.entry else set())
        return all(self.entry.get(key) == other.entry.get(key) for key in keys)


def raise_levels(learnt: Arrays, dismissals: Iterable[Dismissal]) -> dict[str, np.ndarray]:
    """Returns the normal levels of a camera, given those that were learnt and its dismissals."""
    raised = dict(learnt)
    for dismissal in dismissals:
        for name in raised.keys() & dismissal.levels.keys():
            raised[name] = np.maximum(raised[name], dismissal.levels[name])
    return raised


def stack_levels(learnt: Arrays, dismissals: Iterable[Dismissal]) -> dict[str, np.ndarray]:
    """Returns what dismissals of a camera ask for, as a model file keeps it.

    Args:
        learnt: For each local score the levels that were learnt.
        dismissals: The dismissals of the camera.

    Returns:
        For each local score, under its name after `RAISED`, `(n, rows, columns)` float32 for the n
        dismissals that have levels. It is 0 where a dismissal does not know the score.
    """
    chosen = [dismissal.levels for dismissal in dismissals if dismissal.levels]
    if not chosen:
        return {}
    return {
        RAISED + name: np.stack([levels.get(name, np.zeros_like(level)) for levels in chosen])
        for name, level in learnt.items()
    }


def read_dismissals(
    entries: Sequence[Mapping[str, Any]], arrays: Mapping[str, Arrays]
) -> tuple[Dismissal, ...]:
    """Reads the dismissals of a model.

    Args:
        entries: What the model file says about each in JSON, the oldest first.
        arrays: For each camera's name its arrays, of which those from `stack_levels` are used. They
            belong to the newest dismissals of the camera.
    """
    left = {
        camera: [
            {name.removeprefix(RAISED): stack[number] for name, stack in stacks.items()}
            for number in range(len(next(iter(stacks.values()))))
        ]
        for camera, of_camera in arrays.items()
        if (stacks := {name: a for name, a in of_camera.items() if name.startswith(RAISED)})
    }
    newest_first = [
        Dismissal(entry, left[entry["camera"]].pop() if left.get(entry["camera"]) else {})
        for entry in reversed(entries)
    ]
    return tuple(reversed(newest_first))
