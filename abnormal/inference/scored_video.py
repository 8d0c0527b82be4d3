"""What scoring makes of a video."""

from dataclasses import dataclass

import numpy as np

from abnormal.scoring.alarm import Alarm
from abnormal.scoring.events import Event
from abnormal.scoring.regularity import regularity
from abnormal.scoring.residual import ERRORS


@dataclass(frozen=True)
class ScoredVideo:
    """A video with the scores that a model gave to its frames.

    Attributes:
        name: Of the video.
        fps: Frames per second.
        raw: For each score's name `(n,)`, as it comes from each clip.
        causal: The same, lightly smoothed without looking ahead: what alarms use.
        labels: `(n,)` uint8, 1 where abnormal; None where not known.
        situation: The kind of event; empty where unknown.
        boxes: `(n, 4)` the place in each frame that is most unusual by the score that knows the
            place: left, top, width and height, as parts of the picture's; None where there is none.
    """

    name: str
    fps: float
    raw: dict[str, np.ndarray]
    causal: dict[str, np.ndarray]
    labels: np.ndarray | None = None
    situation: str = ""
    boxes: np.ndarray | None = None

    def regularity(self, score: str = "l2") -> np.ndarray:
        """The regularity of each frame over the whole video; it looks back.

        Args:
            score: The one that carries the alarm. Where that is an error, `l1` or `l2`, the
                regularity is by it; otherwise by `l2`.
        """
        return regularity(self.raw[error_of(score)])

    def alarms(self, alarm: Alarm) -> np.ndarray:
        """Which frames are alarms, `(n,)` bool."""
        return alarm.frames(self.causal[alarm.score])

    def events(self, alarm: Alarm) -> list[Event]:
        """The stretches in which something is not regular; see `Alarm`."""
        return alarm.events(self.causal[alarm.score], self.fps)


def error_of(score: str) -> str:
    """The reconstruction error that goes with a score: itself, or `l2` where it is none."""
    return score if score in ERRORS else "l2"
