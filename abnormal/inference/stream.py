"""Scores the clips of one video in order, as they become complete."""

import dataclasses
import itertools
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from abnormal.inference.places import PlaceFinder
from abnormal.inference.tracking import UnusualThing
from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.fusion import fuse
from abnormal.scoring.local import LOCAL_SCORES, needs_network, ratios_to_normal
from abnormal.scoring.normality import Normality
from abnormal.scoring.regularity import SMOOTHING_SEC, CausalMean
from abnormal.scoring.residual import SCORES, ClipResidual
from abnormal.scoring.standing import NO_VOTE
from abnormal.scoring.stay import StayTimer
from abnormal.video.background import ForegroundDetector
from abnormal.video.flow import MovingFrame, with_speed, without_speed

LOCAL_SMOOTHING_SEC = 0.5
"""Length of the causal mean over local scores, in seconds. It is short, because things soon move on
from a place."""


class ResidualStream:
    """Completes the residuals of the clips of one video, in order.

    Each clip but the first gets the frame before it, the foreground is found if the background is
    known, and everything in the ignored zone is set to 0.

    Args:
        flow: Whether the speed of each pixel is measured.
        ignored: `(height, width)` bool at the size of the frames, True where nothing counts; None
            if everything counts.
        foreground: Finds the foreground; None if the background is not known.

    Attributes:
        with_speed: Whether the speed of each pixel is measured.
    """

    def __init__(
        self,
        flow: bool = True,
        ignored: np.ndarray | None = None,
        foreground: ForegroundDetector | None = None,
    ) -> None:
        self.with_speed = flow
        self._foreground = foreground
        self._counts = None if ignored is None else (~ignored).astype(np.float32)
        self._before: ClipResidual | None = None

    def moving(self, frames: Iterable[np.ndarray]) -> Iterator[MovingFrame]:
        """Adds speeds to frames, if they are measured.

        Args:
            frames: The frames in order, `(height, width)` uint8 each.

        Yields:
            The frames that clips are cut from.
        """
        return with_speed(frames) if self.with_speed else without_speed(frames)

    def add(self, residual: ClipResidual) -> ClipResidual:
        """Completes the residual of the next clip.

        Args:
            residual: The residual from `abnormal.inference.reconstruct`.
        """
        if self._foreground:
            found = np.zeros(residual.frames.shape, bool)
            found[residual.new] = self._foreground(residual.frames[residual.new])
            background = self._foreground.background
            residual = dataclasses.replace(residual, foreground=found, background=background)
        if self._counts is not None:
            residual = _masked(residual, self._counts)
        if self._before:
            # The clip may begin with frames that the last one has, too.
            before, last = self._before, -1 - residual.new.start
            can_compare = before.by_network and residual.by_network
            residual = dataclasses.replace(
                residual,
                previous=before.frames[last],
                previous_reconstruction=before.reconstruction[last] if can_compare else None,
            )
        self._before = residual
        return residual


def _masked(residual: ClipResidual, counts: np.ndarray) -> ClipResidual:
    """Sets all pixels to 0 where `counts`, `(height, width)` float32, is 0; elsewhere it is 1."""
    return dataclasses.replace(
        residual,
        frames=residual.frames * counts,
        reconstruction=residual.reconstruction * counts,
        speed=None if residual.speed is None else residual.speed * counts,
        foreground=None if residual.foreground is None else residual.foreground & (counts > 0),
        background=None if residual.background is None else residual.background * counts,
    )


def open_stream(
    normality: Normality | None, fps: float, ignored: np.ndarray | None = None
) -> ResidualStream:
    """Returns a stream that measures all that the local scores of a camera need.

    Args:
        normality: What is normal for the camera; None to compute no local scores.
        fps: Frames per second.
        ignored: See `ResidualStream`.
    """
    background = None if normality is None else normality.background
    foreground = None if background is None else ForegroundDetector(background, fps)
    return ResidualStream(normality is not None, ignored, foreground)


class CellStream:
    """Computes the cells of the local scores for the clips of one video, in order.

    Args:
        fps: Frames per second.
        scores: Names in `LOCAL_SCORES` of the scores to compute.
    """

    def __init__(self, fps: float, scores: Iterable[str] = LOCAL_SCORES) -> None:
        self._filters = {name: LOCAL_SCORES[name].make_filter(fps) for name in scores}

    def add(self, residual: ClipResidual) -> dict[str, np.ndarray]:
        """Computes the cells of the new frames of the next clip.

        Args:
            residual: The completed residual of the clip.

        Returns:
            For each score the cells of each new frame, `(n, rows, columns)` float64, at least 0.
        """
        return {
            name: temporal_filter(LOCAL_SCORES[name].cells(residual)[residual.new])
            for name, temporal_filter in self._filters.items()
        }

    def seconds(self, name: str, ratios: np.ndarray) -> np.ndarray:
        """Returns for how long what is at the most unusual cell of each frame has been there.

        Args:
            name: Name of a score of a duration.
            ratios: How far each of the cells that `add` has just returned for it is above normal,
                `(n, rows, columns)`.

        Returns:
            `(n,)` float64, at least 0, in seconds.
        """
        timer = self._filters[name]
        assert isinstance(timer, StayTimer), name
        highest = [divmod(int(of.argmax()), of.shape[1]) for of in ratios]
        return np.array([timer.seconds_at(number, *at) for number, at in enumerate(highest)])


@dataclass(frozen=True)
class ScoredFrames:
    """Consecutive frames of a video with their scores.

    Attributes:
        raw: For each score's name, its values before smoothing, `(n,)` float64, at least 0. For a
            local score that is how far the most unusual cell is above normal.
        causal: For each score's name, its values as alarms use them, `(n,)` float64, at least 0:
            smoothed causally and, for local scores, as surprises.
        boxes: Box around the first thing in each frame or, where nothing is unusual, around the
            most unusual cells by the local score that raises the alarm, or that `fused` comes from,
            `(n, 4)` float64 in [0, 1]: left, top, width and height, as fractions of the picture;
            None if there are no local scores.
        things: The unusual things in each frame by the alarm's score if that is local and by
            `fused` otherwise, in the order of `ThingTracker.add`; none where nothing is unusual,
            and an empty tuple if there are no local scores.
        sources: 0-based number of the local score that `fused` comes from in each frame, in the
            order of `LOCAL_SCORES`, `(n,)` int64; empty if there are no local scores.
        carriers: The cells that raise the score of each frame, none where nothing is unusual, `(n,
            rows, ceil(rows / 8))` uint8, from `abnormal.scoring.cells.pack_cells`; None if there
            are no local scores.
        measured: For each local score's name, what people are told of it, `(n,)` float64, at least
            0: how many times its normal level the most unusual cell has, smoothed causally, or for
            how many seconds it has been occupied if the score is of a duration.
        standing: Votes on what it is that stays too long, `(n, 4)` float64, at least 0; see
            `abnormal.scoring.standing`. There are none in frames at which nobody has looked.
    """

    raw: dict[str, np.ndarray]
    causal: dict[str, np.ndarray]
    boxes: np.ndarray | None = None
    things: tuple[Sequence[UnusualThing], ...] = ()
    sources: np.ndarray = field(default_factory=lambda: np.array([], np.int64))
    carriers: np.ndarray | None = None
    measured: dict[str, np.ndarray] = field(default_factory=dict)
    standing: np.ndarray = field(default_factory=lambda: np.zeros((0, len(NO_VOTE))))


def concatenated(parts: Sequence[ScoredFrames]) -> ScoredFrames:
    """Concatenates consecutive parts of a video, of which there is at least one."""

    def joined(values: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
        return {name: np.concatenate([of[name] for of in values]) for name in values[0]}

    return ScoredFrames(
        raw=joined([part.raw for part in parts]),
        causal=joined([part.causal for part in parts]),
        boxes=_joined([part.boxes for part in parts]),
        things=tuple(itertools.chain.from_iterable(part.things for part in parts)),
        sources=np.concatenate([part.sources for part in parts]),
        carriers=_joined([part.carriers for part in parts]),
        measured=joined([part.measured for part in parts]),
        standing=np.concatenate([part.standing for part in parts]),
    )


def _joined(arrays: Sequence[np.ndarray | None]) -> np.ndarray | None:
    """Concatenates arrays, of which all are None or none is."""
    known = [array for array in arrays if array is not None]
    return np.concatenate(known) if known else None


def renumber_things(parts: Sequence[ScoredFrames]) -> list[ScoredFrames]:
    """Gives the things of a video new numbers, if each part of it has counted its own.

    Args:
        parts: The parts of the video between its gaps, in the order of time.
    """
    renumbered, last = list[ScoredFrames](), 0
    for part in parts:
        things = tuple([thing._replace(id=thing.id + last) for thing in of] for of in part.things)
        last = max((thing.id for of in things for thing in of), default=last)
        renumbered.append(dataclasses.replace(part, things=things))
    return renumbered


class FrameScorer:
    """Computes the scores of all new frames, for the clips of one video in order.

    Args:
        fps: Frames per second.
        normality: What is normal for the camera; None to compute no local scores.
        positions: For some scores, the usual size at each position in a clip, above 0. The scores
            are divided by it.
        alarm: The alarm for whose events things are looked for; None for the default one.
        network: Whether the network reconstructs clips. If not, only scores that do not need it
            are computed.
        scores: Names of the scores of whole frames that are computed; None for all. Local ones
            always are.

    Attributes:
        newest_cells: For each local score, the cells of the frames that were scored last, `(n,
            rows, columns)` float64, at least 0; empty if there are no local scores.
    """

    def __init__(
        self,
        fps: float,
        normality: Normality | None,
        positions: Mapping[str, Sequence[float]] | None = None,
        alarm: Alarm | None = None,
        network: bool = True,
        scores: Container[str] | None = None,
    ) -> None:
        if not network:
            normality, positions = normality and normality.without_network(), None
        self._fps = fps
        self._normality = normality
        self._scores = {
            name: score
            for name, score in SCORES.items()
            if (scores is None or name in scores) and (network or not needs_network(name))
        }
        self._cells = CellStream(fps, normality.levels if normality else ())
        self._means: dict[str, CausalMean] = {}
        self._positions = {name: np.array(values) for name, values in (positions or {}).items()}
        self._places = None if normality is None else PlaceFinder(fps, normality, alarm)
        self.newest_cells: dict[str, np.ndarray] = {}

    def use_levels(self, levels: Mapping[str, np.ndarray]) -> None:
        """Compares the frames to come with other normal levels, for the same scores.

        What is averaged over several frames goes on without a break.
        """
        if self._normality is not None:
            levels = {name: levels[name] for name in self._normality.levels}
            self._normality = dataclasses.replace(self._normality, levels=levels)

    def add(self, residual: ClipResidual) -> ScoredFrames:
        """Scores the new frames of the next clip, given its completed residual."""
        raw = {name: score(residual)[residual.new] for name, score in self._scores.items()}
        for name in raw.keys() & self._positions.keys():
            raw[name] = raw[name] / self._positions[name][residual.new_positions]
        causal = {name: self._mean(name, values) for name, values in raw.items()}
        if self._normality is None or self._places is None:
            return ScoredFrames(raw, causal)
        levels = self._normality.levels
        ratios, local = dict[str, np.ndarray](), dict[str, np.ndarray]()
        measured = dict[str, np.ndarray]()
        self.newest_cells = self._cells.add(residual)
        for name, values in self.newest_cells.items():
            everywhere = LOCAL_SCORES[name].everywhere
            ratios[name] = ratios_to_normal(values, levels[name], everywhere)
            raw[name] = ratios[name].max(axis=(1, 2))
            smooth = self._mean(name, raw[name], LOCAL_SMOOTHING_SEC)
            local[name] = self._normality.surprises[name].of(smooth)
            stays = LOCAL_SCORES[name].of_duration
            measured[name] = self._cells.seconds(name, ratios[name]) if stays else smooth
        fused, sources = fuse(local, self._normality.frames, self._normality.correction)
        raw[FUSED] = fused
        causal |= local | {FUSED: fused}
        places = self._places.add(residual, ratios, causal, sources)
        return ScoredFrames(raw, causal, sources=sources, measured=measured, **places._asdict())

    def _mean(self, name: str, values: np.ndarray, seconds: float = SMOOTHING_SEC) -> np.ndarray:
        """Returns the causal mean of a score, whose earlier values it remembers."""
        mean = self._means.setdefault(name, CausalMean(self._fps, seconds))
        return mean(values)
