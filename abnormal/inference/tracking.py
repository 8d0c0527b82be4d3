"""Follows the unusual things in a video from frame to frame."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from abnormal.inference.unusual_things import FoundThing, SurpriseMap, cells_in, find_things, inside
from abnormal.scoring.alarm import GAP_SEC
from abnormal.scoring.boxes import Box, intersection_over_union
from abnormal.video.region import RegionGrower

LEAST_LINK_IOU = 0.05
"""Intersection over union of a thing's box and the box where a known thing is expected, from which
the two may be the same."""

LEAST_FOLLOW_IOU = 0.3
"""The same for a thing that is not unusual in this frame, and is only looked for where it is
expected."""

SETTLED_FRAMES = 3
"""Number of frames in which a thing has to have been unusual to be followed while it is not."""


class UnusualThing(NamedTuple):
    """An unusual thing in a frame.

    Attributes:
        id: 1-based number of the thing in its video, the same in all frames.
        score: Its score: by the alarm's score if that is a local one, and by `fused` otherwise. The
            first and the most unusual thing have the score of the frame, and each other one as much
            less as its surprise is lower.
        box: The box around it.
    """

    id: int
    score: float
    box: Box


@dataclass(eq=False)
class _Track:
    """A thing that is known from earlier frames.

    Attributes:
        id: Number of the thing.
        box: `(4,)` float64, its last box: left, top, width and height, in pixels.
        number: Number of the frame of that box.
        source: Index of the local score by which it was last found.
        frames: In how many frames it was unusual.
        unusual: Number of the last frame in which it was unusual.
        velocity: `(2,)` float64, how far its centre moves right and down in a frame, in pixels.
    """

    id: int
    box: np.ndarray
    number: int
    source: int = 0
    frames: int = 0
    unusual: int = -1
    velocity: np.ndarray = field(default_factory=lambda: np.zeros(2))

    def expected(self, number: int) -> np.ndarray:
        """Returns the box where the thing is expected in a later frame."""
        moved = self.velocity * (number - self.number)
        return np.concatenate((self.box[:2] + moved, self.box[2:]))

    def move(self, box: np.ndarray, number: int) -> None:
        """Moves the thing to its box in a later frame. The velocity is averaged exponentially."""
        shift = (box[:2] + box[2:] / 2 - self.box[:2] - self.box[2:] / 2) / (number - self.number)
        self.velocity = shift if self.frames == 1 else (self.velocity + shift) / 2
        self.box, self.number = box, number


class ThingTracker:
    """Finds the unusual things in the frames of one video, and follows them.

    Only frames in which something is unusual are looked at. A thing is followed until it has not
    been unusual for as long as an event may have a gap, so that it keeps its number through an
    event.

    Args:
        fps: Frames per second.
        least: See `find_things`.
    """

    def __init__(self, fps: float, least: float) -> None:
        self._gap = GAP_SEC * fps
        self._least = least
        self._tracks: list[_Track] = []
        self._count = 0  # things so far

    def add(self, number: int, score: float, seen: SurpriseMap) -> list[UnusualThing]:
        """Finds the things in the next frame in which something is unusual.

        Args:
            number: 0-based number of the frame.
            score: Its score, from which `seen` has the surprises.
            seen: What is unusual in it.

        Returns:
            The things: first the one from which the score comes, and then the most unusual one
            first. There may be none, as a score is an average over some frames, and things leave.
        """
        height, width = seen.pixels[0].shape
        grower = RegionGrower(height, width)
        self._tracks = [track for track in self._tracks if number - track.unusual <= self._gap]
        found = find_things(seen, grower, self._least)
        earlier = self._last_by(seen.source)
        linked = self._link([each.box for each in found], number)
        unseen = [track for track in self._tracks if track not in linked]
        things = [
            (each.surprise, self._seen(track, each, number))
            for each, track in zip(found, linked, strict=True)
        ]
        for track in unseen:
            if track.frames >= SETTLED_FRAMES and _follow(track, number, seen, grower):
                around = seen.surprises[cells_in(track.box, seen.surprises.shape)].max()
                things.append((min(float(around), self._least), track))
        highest = float(seen.surprises.max())
        if earlier and found and found[0].source != seen.source:
            # The score still comes from a thing that is no longer unusual by it, or has gone.
            things = [(highest, earlier), *(each for each in things if each[1] is not earlier)]
        elif found:
            things[0] = (highest, things[0][1])
        below, scale = score - highest, np.array((width, height) * 2)
        return [
            UnusualThing(track.id, float(below + surprise), tuple((track.box / scale).tolist()))
            for surprise, track in things
        ]

    def _last_by(self, source: int) -> _Track | None:
        """Returns the known thing that was last unusual by a local score; None if there is none."""
        found = (track for track in self._tracks if track.source == source)
        return max(found, key=lambda track: track.unusual, default=None)

    def _link(self, boxes: Sequence[np.ndarray], number: int) -> list[_Track | None]:
        """Returns the known thing that each box in a frame belongs to; None if it is a new one."""
        linked: list[_Track | None] = [None] * len(boxes)
        expected = np.array([track.expected(number) for track in self._tracks]).reshape(-1, 4)
        overlaps = intersection_over_union(np.array(boxes).reshape(-1, 4), expected)
        while overlaps.size and overlaps.max() >= LEAST_LINK_IOU:
            index, nearest = np.unravel_index(int(overlaps.argmax()), overlaps.shape)
            linked[int(index)] = self._tracks[nearest]
            overlaps[index] = overlaps[:, nearest] = 0
        return linked

    def _seen(self, track: _Track | None, found: FoundThing, number: int) -> _Track:
        """Notes where a thing was found, which is a new one if the track is None."""
        if track is None:
            self._count += 1
            track = _Track(self._count, found.box, number)
            self._tracks.append(track)
        else:
            track.move(found.box, number)
        track.source, track.unusual = found.source, number
        track.frames += 1
        return track


def _follow(track: _Track, number: int, seen: SurpriseMap, grower: RegionGrower) -> bool:
    """Moves a known thing to where it is now, and tells whether it was found there."""
    expected, pixels = track.expected(number), seen.pixels[track.source]
    left, top, width, height = expected
    rows = inside(top + height / 4, top + height * 3 / 4, pixels.shape[0])
    columns = inside(left + width / 4, left + width * 3 / 4, pixels.shape[1])
    rectangle = grower.grow(pixels, rows, columns)
    if rectangle is None:
        return False
    box = np.array(rectangle, np.float64)
    if intersection_over_union(box[None], expected[None])[0, 0] < LEAST_FOLLOW_IOU:
        return False
    track.move(box, number)
    return True
