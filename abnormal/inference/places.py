"""Finds where the frames of one video are unusual: the box of each frame, its things and cells."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from abnormal.inference.standing import StandingWatch
from abnormal.inference.tracking import ThingTracker, UnusualThing
from abnormal.inference.unusual_things import SurpriseMap, pixels_of
from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.boxes import Box
from abnormal.scoring.calibration import ALARM_SURPRISE
from abnormal.scoring.cells import pack_cells
from abnormal.scoring.false_alarms import RELEASE_DROP
from abnormal.scoring.fusion import fuse
from abnormal.scoring.local import LOCAL_SCORES, unusual_box
from abnormal.scoring.normality import Normality
from abnormal.scoring.residual import ClipResidual
from abnormal.scoring.standing import NO_VOTE

UNUSUAL = ALARM_SURPRISE - RELEASE_DROP
"""Surprise above which things are looked for: that above which an event lasts by default."""


class Places(NamedTuple):
    """Where some frames are unusual; `abnormal.inference.stream.ScoredFrames` explains each.

    Attributes:
        boxes: `(n, 4)` float64 in [0, 1].
        things: The unusual things of each frame.
        carriers: `(n, rows, ceil(rows / 8))` uint8.
        standing: `(n, 4)` float64, at least 0.
    """

    boxes: np.ndarray
    things: tuple[Sequence[UnusualThing], ...]
    carriers: np.ndarray
    standing: np.ndarray


class PlaceFinder:
    """Finds where each frame is unusual, for the clips of one video in order.

    Things are looked for by the alarm's score if that is a local one, and by `fused` otherwise, and
    only in frames in which something is unusual by it, or that an event may include. All other
    frames cost no time.

    Args:
        fps: Frames per second.
        normality: What is normal for the camera.
        alarm: The alarm for whose events things are looked for; None for the default one.
    """

    def __init__(self, fps: float, normality: Normality, alarm: Alarm | None = None) -> None:
        self._normality = normality
        self._alarm = alarm
        self._score = alarm.score if alarm and alarm.is_local else FUSED
        self._names_reasons = alarm is None or alarm.is_local  # of its events
        self._tracker = ThingTracker(fps, UNUSUAL)
        self._standing = StandingWatch(fps)
        self._count = 0  # frames so far

    def add(
        self,
        residual: ClipResidual,
        ratios: Mapping[str, np.ndarray],
        causal: Mapping[str, np.ndarray],
        sources: np.ndarray,
    ) -> Places:
        """Finds the boxes, things and cells of the new frames of the next clip.

        Args:
            residual: The completed residual of the clip.
            ratios: For each local score how far each cell is above normal, `(n, rows, columns)`
                float64, at least 0.
            causal: For each score its value, `(n,)` float64, at least 0.
            sources: Index of the local score that `fused` comes from, `(n,)` int64.
        """
        unusual, names = self._unusual(causal), list(ratios)
        if self._score != FUSED:
            sources = np.full_like(sources, names.index(self._score))
        boxes, things = list[Box](), list[Sequence[UnusualThing]]()
        votes = np.zeros((len(sources), len(NO_VOTE)))
        carriers = np.zeros(ratios[names[0]].shape, bool)
        for number, source in enumerate(sources.tolist()):
            found: Sequence[UnusualThing] = ()
            name, at = names[source], self._count + number
            if unusual[number]:
                seen = self._surprises(residual, ratios, number, source)
                found = self._tracker.add(at, causal[self._score][number], seen)
                carriers[number] = self._carriers(seen.surprises)
                if LOCAL_SCORES[name].of_background and self._names_reasons:
                    votes[number] = self._standing.add(at, residual, number, ratios[name][number])
            things.append(found)
            boxes.append(found[0].box if found else unusual_box(ratios[name][number]))
        self._count += len(boxes)
        return Places(np.array(boxes), tuple(things), pack_cells(carriers), votes)

    def _unusual(self, causal: Mapping[str, np.ndarray]) -> np.ndarray:
        """Tells in which frames things are looked for, `(n,)` bool."""
        unusual = causal[self._score] > UNUSUAL
        if self._alarm:
            unusual |= causal[self._alarm.score] > self._alarm.release
        return unusual

    def _carriers(self, surprises: np.ndarray) -> np.ndarray:
        """Tells which cells raise the score of a frame, `(rows, columns)` bool.

        They are those in which an event would last. As scores are means over some frames, there may
        be none in this one; then the most unusual cell stands for them.
        """
        least = self._alarm.release if self._alarm and self._alarm.is_local else UNUSUAL
        return (surprises > 0) & (surprises >= min(least, surprises.max()))

    def _surprises(
        self, residual: ClipResidual, ratios: Mapping[str, np.ndarray], number: int, source: int
    ) -> SurpriseMap:
        """Returns what is unusual in one of the new frames, whose score comes from `source`."""
        of_frame = {name: values[number] for name, values in ratios.items()}
        learnt = self._normality.surprises
        if self._score == FUSED:
            surprises, sources = fuse(
                {name: learnt[name].of(values) for name, values in of_frame.items()},
                *(self._normality.frames, self._normality.correction),
            )
        else:
            surprises = learnt[self._score].of(of_frame[self._score])
            sources = np.full(surprises.shape, source)
        pixels = [pixels_of(residual, name, number) for name in of_frame]
        return SurpriseMap(surprises, sources, source, list(of_frame.values()), pixels)
