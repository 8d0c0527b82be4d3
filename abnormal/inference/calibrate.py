"""Calibration: normal footage goes through the network and the flow, and is judged by the rest.

What is normal at a place is learnt from all footage of a camera. How far normal footage is above
that is learnt from footage that the level was not learnt from: it is parted into folds, and each
fold is judged by the levels of the others. Scores of the network are judged on footage only that it
was not trained on. Footage of a single piece is judged by itself. Each video is gone through twice,
so that memory grows with its seconds only, by 12 kB for each at 227x227 pixels.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.inference.runtimes import Reconstruct
from abnormal.inference.score import residuals
from abnormal.inference.stream import LOCAL_SMOOTHING_SEC, CellStream, ResidualStream
from abnormal.scoring.calibration import (
    FUSED,
    Calibration,
    Normality,
    count_false_alarms,
    fuse,
)
from abnormal.scoring.local import LOCAL_SCORES, above_normal
from abnormal.scoring.normal_level import second_maxima
from abnormal.scoring.regularity import causal_mean
from abnormal.scoring.residual import ERRORS, SCORES, ClipResidual
from abnormal.scoring.surprise import Surprise, learn_surprise

FOLDS = 8
PIECE_SEC = 20
"""A piece of a video goes into a fold as a whole: neighbouring frames are alike."""

LEAST_SCALE = 0.02
"""Of a normal level: normal footage in which nothing moves does not make noise a surprise."""

POSITION = "position"

PASSES = 2
"""How often each video is gone through."""

Levels = Mapping[str, np.ndarray]
Series = dict[str, np.ndarray]


@dataclass(frozen=True)
class NormalVideo:
    """Normal footage of one camera.

    Attributes:
        name: For the records.
        camera: Which one; empty where they were not told apart.
        open_frames: Opens its frames, `(size, size)` uint8 each, as often as wanted.
        length: How many there are; 0 where that is not known before they are read.
        held_out: Whether the network was not trained on it.
    """

    name: str
    camera: str
    open_frames: Callable[[], AbstractContextManager[Iterable[np.ndarray]]]
    length: int
    held_out: bool


class Calibrator:
    """Calibrates a network's scores on normal footage."""

    def __init__(
        self,
        reconstruct: Reconstruct,
        clip_length: int,
        fps: float,
        count: Callable[[int], object] = int,
    ) -> None:
        """Prepares.

        Args:
            reconstruct: The network.
            clip_length: Frames of a clip.
            fps: Frames per second.
            count: Is told how many frames were gone through since; each is, `PASSES` times.
        """
        self._reconstruct = reconstruct
        self._clip_length = clip_length
        self._fps = fps
        self._count = count
        self.problems: list[str] = []

    def calibrate(self, videos: Sequence[NormalVideo]) -> Calibration:
        """Calibrates all scores.

        Args:
            videos: Those that cannot be read are left out; `problems` has a line for each, and for
                each camera that has too little footage to be judged by other footage.

        Raises:
            AbnormalError: None can be read.
        """
        measured = self._measure_all(videos)
        videos = [video for video, _, _ in measured]
        unseen = [video for video in videos if video.held_out]
        judges = unseen or list(videos)
        plain: dict[str, list[np.ndarray]] = {name: [] for name in SCORES}
        maxima: dict[str, list[Series]] = defaultdict(list)
        for video, _, cells in measured:
            maxima[video.camera].append(cells)
        of_judges = [scores for video, scores, _ in measured if video in judges]
        positions = {name: self._positions(name, of_judges) for name in ERRORS}
        for scores in of_judges:
            for name in SCORES:
                normal = np.array(positions.get(name, [1.0] * self._clip_length))
                values = scores[name] / normal[scores[POSITION].astype(int)]
                plain[name].append(causal_mean(values, self._fps))
        surprises = {name: self._learn(plain[name]) for name in SCORES}
        series = {name: [surprises[name].of(part) for part in plain[name]] for name in SCORES}
        cameras = {}
        for camera, of_videos in maxima.items():
            those = [video for video in videos if video.camera == camera]
            network_judges = [video for video in those if video.held_out] or those
            cameras[camera], judged = self._learn_places(those, of_videos, network_judges)
            self._demand_other_footage(camera, of_videos)
            for name in judged:
                series.setdefault(name, []).extend(judged[name])
        return Calibration(
            surprises=surprises,
            false_alarms={
                name: count_false_alarms(parts, self._fps) for name, parts in series.items()
            },
            cameras=cameras,
            frames=sum(map(len, next(iter(plain.values())))),
            videos=tuple(dict.fromkeys(video.name for video in judges)),
            held_out=bool(unseen),
            positions=positions,
        )

    def _positions(self, name: str, scores: Sequence[Series]) -> tuple[float, ...]:
        """How large a score normally is at each place in a clip, by its mean over all places."""
        values = np.concatenate([of_video[name] for of_video in scores])
        places = np.concatenate([of_video[POSITION] for of_video in scores]).astype(int)
        counts = np.bincount(places, minlength=self._clip_length)
        sums = np.bincount(places, values, self._clip_length)
        if not counts.all() or not sums.all():  # too short, or nothing is ever off
            return (1.0,) * self._clip_length
        means = sums / counts
        return tuple((means / means.mean()).tolist())

    def _learn_places(
        self,
        videos: Sequence[NormalVideo],
        maxima: Sequence[Series],
        network_judges: Sequence[NormalVideo],
    ) -> tuple[Normality, dict[str, list[np.ndarray]]]:
        """What is normal for a camera, and the surprises of its normal footage by score."""
        folds = _folds(_seconds(maxima))
        by_fold = [
            _levels(maxima, [chosen != fold for chosen in folds])
            for fold in range(1 + max(int(chosen.max()) for chosen in folds))
        ]
        ratios = [
            self._judge(video, [by_fold[fold] for fold in chosen], video in network_judges)
            for video, chosen in zip(videos, folds, strict=True)
        ]
        surprises = {
            name: self._learn([part[name] for part in ratios if name in part], LEAST_SCALE)
            for name in LOCAL_SCORES
        }
        judged: dict[str, list[np.ndarray]] = defaultdict(list)
        for part in ratios:
            local = {name: surprises[name].of(values) for name, values in part.items()}
            for name, values in local.items():
                judged[name].append(values)
            if len(local) == len(LOCAL_SCORES):
                judged[FUSED].append(fuse(local)[0])
        everywhere = [np.ones(len(chosen), bool) for chosen in folds]
        return Normality(_levels(maxima, everywhere), surprises), judged

    def _demand_other_footage(self, camera: str, maxima: Sequence[Series]) -> None:
        seconds = _seconds(maxima)
        if len(seconds) == 1 and seconds[0] < 2 * PIECE_SEC:
            of_camera = f" of camera {camera}" if camera else ""
            self.problems.append(
                f"warning: {seconds[0]} s of a single video are all the normal footage{of_camera}. "
                "They are judged by what was learnt from them, so more false alarms will come than "
                f"are asked for. Give it at least {2 * PIECE_SEC} s, or two videos."
            )

    def _learn(self, normal: Sequence[np.ndarray], least_scale: float = 1e-9) -> Surprise:
        """The frames of a second count as one: they show the same."""
        return learn_surprise(np.concatenate(normal), max(1.0, self._fps), least_scale)

    def _measure_all(
        self, videos: Sequence[NormalVideo]
    ) -> list[tuple[NormalVideo, Series, Series]]:
        measured = []
        for video in videos:
            try:
                measured.append((video, *self._measure(video)))
            except AbnormalError as error:
                self.problems.append(f"left out: {video.name}: {error}")
        if not measured:
            raise AbnormalError("There is no footage to calibrate on. " + " ".join(self.problems))
        return measured

    def _measure(self, video: NormalVideo) -> tuple[Series, Series]:
        """A video's scores that know no place, and the largest cells of each of its seconds.

        Among the scores is each frame's place in its clip, as `POSITION`.
        """
        plain: dict[str, list[np.ndarray]] = defaultdict(list)
        maxima: dict[str, list[np.ndarray]] = defaultdict(list)
        rest: Series = {}
        whole = max(1, round(self._fps))
        for residual, new, cells in self._cells(video, self._reconstruct):
            for name, score in SCORES.items():
                plain[name].append(score(residual)[new])
            plain[POSITION].append(np.arange(new.start, new.stop))
            for name, values in cells.items():
                known = np.concatenate((rest[name], values)) if name in rest else values
                full = len(known) // whole * whole
                maxima[name].append(second_maxima(known[:full], self._fps).astype(np.float32))
                rest[name] = known[full:]
        if not plain:
            raise AbnormalError("No frame of it could be read.")
        for name, values in rest.items():
            maxima[name].append(second_maxima(values, self._fps).astype(np.float32))
        return _concatenated(plain), _concatenated(maxima)

    def _judge(self, video: NormalVideo, levels: Sequence[Levels], of_network: bool) -> Series:
        """How far each frame of a video is above the level for its clip, lightly smoothed."""
        ratios: dict[str, list[np.ndarray]] = defaultdict(list)
        reconstruct = self._reconstruct if of_network else _without_network
        number = 0
        for _, _, cells in self._cells(video, reconstruct):
            level = levels[min(int(number / max(1, round(self._fps))), len(levels) - 1)]
            for name, values in cells.items():
                score = LOCAL_SCORES[name]
                if of_network or not score.of_network:
                    ratios[name].append(above_normal(values, level[name], score.everywhere))
            number += len(next(iter(cells.values())))
        joined = _concatenated(ratios)
        return {
            name: causal_mean(values, self._fps, LOCAL_SMOOTHING_SEC)
            for name, values in joined.items()
        }

    def _cells(
        self, video: NormalVideo, reconstruct: Reconstruct
    ) -> Iterator[tuple[ClipResidual, slice, Series]]:
        """A video clip by clip: the residual, its new frames, and their cells."""
        stream, cells = ResidualStream(), CellStream(self._fps)
        with video.open_frames() as frames:
            for residual, new in residuals(frames, reconstruct, self._clip_length, stream):
                yield residual, new, cells.add(residual, new)
                self._count(new.stop - new.start)


def _without_network(clips: np.ndarray) -> np.ndarray:
    """In place of a network where only the flow is wanted."""
    return clips


def _seconds(maxima: Sequence[Series]) -> list[int]:
    """Of each video."""
    return [len(next(iter(of_video.values()))) for of_video in maxima]


def _folds(seconds: Sequence[int]) -> list[np.ndarray]:
    """Parts videos into pieces of about `PIECE_SEC`, and these in order into at most `FOLDS` folds.

    Args:
        seconds: Of each video.

    Returns:
        For each video the number of the fold of each second.
    """
    pieces = [max(1, length // PIECE_SEC) for length in seconds]
    total, folds = sum(pieces), min(FOLDS, sum(pieces))
    firsts = itertools.accumulate(pieces, initial=0)
    return [
        (first + np.arange(length) * count // length) * folds // total
        for first, length, count in zip(firsts, seconds, pieces, strict=False)
    ]


def _levels(maxima: Sequence[Series], chosen: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """The normal levels by some seconds of each video; by all where none is chosen."""
    if not any(seconds.any() for seconds in chosen):
        chosen = [np.ones(len(seconds), bool) for seconds in chosen]
    return {
        name: score.level(
            np.concatenate(
                [of_video[name][seconds] for of_video, seconds in zip(maxima, chosen, strict=True)]
            )
        )
        for name, score in LOCAL_SCORES.items()
    }


def _concatenated(parts: Mapping[str, Sequence[np.ndarray]]) -> Series:
    return {name: np.concatenate(values) for name, values in parts.items()}
