"""Calibration: normal footage goes through the network and the flow, and is judged by the rest.

What is normal at a place is learnt from all footage of a camera. How far normal footage is above
that is learnt from footage that the level was not learnt from: it is parted into folds, and each
fold is judged by the levels of the others. Footage of a single piece is judged by itself. Scores of
the network count as much more on footage that it was trained on as it is further off on footage
that was held out: a few held-out videos alone may be calmer than life is. Each video is gone
through twice, so that memory grows with its seconds only, by 12 kB for each at 227x227 pixels.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from abnormal.commands import command
from abnormal.errors import AbnormalError
from abnormal.inference.runtimes import Reconstruct
from abnormal.inference.score import residuals
from abnormal.inference.stream import LOCAL_SMOOTHING_SEC, CellStream, ResidualStream
from abnormal.scoring.calibration import (
    Calibration,
    Normality,
    count_false_alarms,
    fuse,
)
from abnormal.scoring.folds import (
    PIECE_SEC,
    levels_of_all,
    levels_of_others,
    part_in_folds,
    seconds_of,
)
from abnormal.scoring.local import FUSED, LOCAL_SCORES, above_normal
from abnormal.scoring.normal_level import second_maxima
from abnormal.scoring.regularity import causal_mean
from abnormal.scoring.residual import BASELINE, ERRORS, SCORES, ClipResidual
from abnormal.scoring.surprise import Surprise, learn_surprise

LEAST_SCALE = 0.02
"""Of a normal level: normal footage in which nothing moves does not make noise a surprise."""

MOST_FURTHER = 1.5
"""How much more scores of known footage count at most; 1.1 after 32 epochs of Ped2."""

POSITION = "position"

PASSES = 2
"""How often each video is gone through."""

Levels = Mapping[str, np.ndarray]
Series = dict[str, np.ndarray]
Measured = tuple["NormalVideo", Series, Series]
"""A video, its scores that know no place, and the largest cells of each of its seconds."""


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
            AbnormalError: None can be read, or one no longer.
        """
        measured = sorted(self._measure_all(videos), key=lambda one: one[0].camera)
        videos = [video for video, _, _ in measured]
        scores = [of_video for _, of_video, _ in measured]
        unseen = [of_video for video, of_video, _ in measured if video.held_out]
        positions = {name: self._positions(name, unseen or scores) for name in ERRORS}
        plain = {}
        for name in SCORES:
            normal = np.array(positions.get(name, [1.0] * self._clip_length))
            smoothed = [
                causal_mean(part[name] / normal[part[POSITION].astype(int)], self._fps)
                for part in scores
            ]
            plain[name] = smoothed if name == BASELINE else _as_unseen(smoothed, videos)
        surprises = {name: self._learn(plain[name]) for name in SCORES}
        series = {name: [surprises[name].of(part) for part in plain[name]] for name in SCORES}
        cameras, judged = self._learn_cameras(measured)
        return Calibration(
            surprises=surprises,
            false_alarms={
                name: count_false_alarms(parts, self._fps)
                for name, parts in (series | judged).items()
            },
            cameras=cameras,
            frames=sum(map(len, next(iter(plain.values())))),
            videos=tuple(dict.fromkeys(video.name for video in videos)),
            held_out=any(video.held_out for video in videos),
            positions=positions,
        )

    def _positions(self, name: str, scores: Sequence[Series]) -> tuple[float, ...]:
        """The mean of a score at each position in a clip, divided by the mean of these means."""
        values = np.concatenate([of_video[name] for of_video in scores])
        positions = np.concatenate([of_video[POSITION] for of_video in scores]).astype(int)
        counts = np.bincount(positions, minlength=self._clip_length)
        sums = np.bincount(positions, values, self._clip_length)
        if not counts.all() or not sums.all():  # too short, or nothing is ever off
            return (1.0,) * self._clip_length
        means = sums / counts
        return tuple((means / means.mean()).tolist())

    def _learn_cameras(
        self, measured: Sequence[Measured]
    ) -> tuple[dict[str, Normality], dict[str, list[np.ndarray]]]:
        """What is normal for each camera, and the surprises of its normal footage by score.

        Args:
            measured: In the order of their cameras.
        """
        videos = [video for video, _, _ in measured]
        levels: dict[str, dict[str, np.ndarray]] = {}
        ratios: list[Series] = []
        for camera, of_camera in itertools.groupby(measured, lambda one: one[0].camera):
            those, _, maxima = zip(*of_camera, strict=True)
            levels[camera], of_videos = self._judge_all(those, maxima)
            ratios += of_videos
            self._tell_of_little(camera, maxima)
        for name, score in LOCAL_SCORES.items():
            if score.of_network:
                as_unseen = _as_unseen([of_video[name] for of_video in ratios], videos)
                for of_video, values in zip(ratios, as_unseen, strict=True):
                    of_video[name] = values
        cameras: dict[str, Normality] = {}
        judged: dict[str, list[np.ndarray]] = defaultdict(list)
        for camera, normal in levels.items():
            of_videos = [
                of_video
                for video, of_video in zip(videos, ratios, strict=True)
                if video.camera == camera
            ]
            cameras[camera], surprises = self._learn_camera(normal, of_videos)
            for name, parts in surprises.items():
                judged[name] += parts
        return cameras, judged

    def _learn_camera(
        self, levels: dict[str, np.ndarray], ratios: Sequence[Series]
    ) -> tuple[Normality, dict[str, list[np.ndarray]]]:
        """How seldom a camera's videos are how far above its levels, and their surprises by score.

        Args:
            levels: What is normal for it.
            ratios: For each of its videos and each score how far its frames are above that.
        """
        surprises = {
            name: self._learn([of_video[name] for of_video in ratios], LEAST_SCALE)
            for name in LOCAL_SCORES
        }
        judged = [
            {name: surprises[name].of(of_video[name]) for name in LOCAL_SCORES}
            for of_video in ratios
        ]
        normality = Normality(levels, surprises)
        by_score = {name: [local[name] for local in judged] for name in LOCAL_SCORES}
        by_score[FUSED] = [fuse(local, normality.frames)[0] for local in judged]
        return normality, by_score

    def _judge_all(
        self, videos: Sequence[NormalVideo], maxima: Sequence[Series]
    ) -> tuple[dict[str, np.ndarray], list[Series]]:
        """The normal levels of a camera, and how far its videos are above those of other folds."""
        folds = part_in_folds(seconds_of(maxima))
        by_others = levels_of_others(maxima, folds)
        ratios = [
            self._judge(video, [by_others[fold] for fold in of_video])
            for video, of_video in zip(videos, folds, strict=True)
        ]
        return levels_of_all(maxima), ratios

    def _tell_of_little(self, camera: str, maxima: Sequence[Series]) -> None:
        """Notes that a camera has a single piece of footage, which no other can judge."""
        seconds = seconds_of(maxima)
        if len(seconds) == 1 and seconds[0] < 2 * PIECE_SEC:
            of_camera = f" of camera {camera}" if camera else ""
            self.problems.append(
                f"warning: {seconds[0]} s of a single video are all the normal footage{of_camera}. "
                "They are judged by what was learnt from them, so more false alarms will come than "
                f"are asked for. Calibrate it on at least {2 * PIECE_SEC} s, or on two videos: "
                f"`{command('train')} --calibrate FOLDER`."
            )

    def _learn(self, normal: Sequence[np.ndarray], least_scale: float = 1e-9) -> Surprise:
        """The frames of a second count as one: they show the same."""
        return learn_surprise(np.concatenate(normal), max(1.0, self._fps), least_scale)

    def _measure_all(self, videos: Sequence[NormalVideo]) -> list[Measured]:
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

        Among the scores is each frame's position in its clip, as `POSITION`.
        """
        plain: dict[str, list[np.ndarray]] = defaultdict(list)
        maxima: dict[str, list[np.ndarray]] = defaultdict(list)
        rest: Series = {}
        whole = max(1, round(self._fps))
        for residual, cells in self._cells(video):
            for name, score in SCORES.items():
                plain[name].append(score(residual)[residual.new])
            plain[POSITION].append(residual.new_positions)
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

    def _judge(self, video: NormalVideo, levels: Sequence[Levels]) -> Series:
        """How far each frame of a video is above the level for its clip, lightly smoothed."""
        ratios: dict[str, list[np.ndarray]] = defaultdict(list)
        number = 0
        for _, cells in self._cells(video):
            level = levels[min(int(number / max(1, round(self._fps))), len(levels) - 1)]
            for name, values in cells.items():
                everywhere = LOCAL_SCORES[name].everywhere
                ratios[name].append(above_normal(values, level[name], everywhere))
            number += len(next(iter(cells.values())))
        if not ratios:
            raise AbnormalError(f"Of {video.name} no frame could be read the second time.")
        joined = _concatenated(ratios)
        return {
            name: causal_mean(values, self._fps, LOCAL_SMOOTHING_SEC)
            for name, values in joined.items()
        }

    def _cells(self, video: NormalVideo) -> Iterator[tuple[ClipResidual, Series]]:
        """The residual of each clip of a video, and the cells of its new frames."""
        stream, cells = ResidualStream(), CellStream(self._fps)
        with video.open_frames() as frames:
            for residual in residuals(frames, self._reconstruct, self._clip_length, stream):
                yield residual, cells.add(residual)
                self._count(len(residual.new_positions))


def _as_unseen(scores: Sequence[np.ndarray], videos: Sequence[NormalVideo]) -> list[np.ndarray]:
    """A network's scores for each video, as if it had been trained on none of them.

    How much further off it is on unseen footage is told by the medians of each camera that has both
    kinds. They differ by what the videos show, too, so that it counts up to `MOST_FURTHER` only.
    """
    of_known: dict[str, list[np.ndarray]] = defaultdict(list)
    of_unseen: dict[str, list[np.ndarray]] = defaultdict(list)
    for values, video in zip(scores, videos, strict=True):
        (of_unseen if video.held_out else of_known)[video.camera].append(values)
    further = [
        np.median(np.concatenate(of_unseen[camera])) / usual
        for camera in of_known.keys() & of_unseen.keys()
        if (usual := np.median(np.concatenate(of_known[camera])))
    ]
    factor = np.clip(np.median(further), 1.0, MOST_FURTHER) if further else 1.0
    return [
        values if video.held_out else values * factor
        for values, video in zip(scores, videos, strict=True)
    ]


def _concatenated(parts: Mapping[str, Sequence[np.ndarray]]) -> Series:
    return {name: np.concatenate(values) for name, values in parts.items()}
