"""Calibrates a model: learns the distribution of its scores on normal footage.

The normal level of each cell is learnt from all footage of a camera. How far normal footage is
above its level is learnt by cross-validation: the footage is split into folds, and each fold is
judged by the levels of the other folds. Footage that is too short for two folds is judged by its
own levels.

Footage that the network was trained on is reconstructed better than unseen footage. Its scores are
therefore raised by a factor, which held-out videos tell. Held-out videos alone would not do: a few
of them may be calmer than normal footage usually is.

Each video is read twice. Memory therefore grows only with its length in seconds, by 12 kB for each
second at 227x227 pixels.
"""

import itertools
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from abnormal.commands import command
from abnormal.errors import AbnormalError
from abnormal.files import natural_key
from abnormal.frames.gaps import Gap, split_at_gaps, stretches
from abnormal.inference.runtimes import Reconstruct
from abnormal.inference.score import residuals
from abnormal.inference.stream import LOCAL_SMOOTHING_SEC, CellStream, ResidualStream
from abnormal.names import FUSED
from abnormal.progress import Progress
from abnormal.scoring.calibration import (
    Calibration,
    Normality,
    count_false_alarms,
    fuse,
)
from abnormal.scoring.folds import (
    PART_SEC,
    assign_folds,
    lengths_sec,
    levels_from_all,
    levels_from_other_folds,
)
from abnormal.scoring.local import LOCAL_SCORES, above_normal
from abnormal.scoring.normal_level import second_maxima
from abnormal.scoring.regularity import SMOOTHING_SEC, causal_mean
from abnormal.scoring.residual import BASELINE, ERRORS, SCORES, ClipResidual
from abnormal.scoring.surprise import Surprise, learn_surprise

log = logging.getLogger(__name__)

MIN_TAIL_SCALE = 0.02
"""Lower limit of the scale of a local score's tail, as a ratio of a cell to its level. Without it,
noise would be a surprise to a model whose normal footage shows no motion."""

MAX_UNSEEN_FACTOR = 1.5
"""Largest factor by which the scores of footage that the network was trained on are raised. It is
1.1 after 32 epochs on Ped2."""

POSITION = "position"
"""Key under which each frame's position in its clip is kept beside the scores."""

PASSES = 2
"""Number of times that each video is read."""

Levels = Mapping[str, np.ndarray]
"""For each local score the normal level of each cell, `(rows, columns)` float32 above 0."""

Series = dict[str, np.ndarray]
"""For each score an array with one entry per frame or per second of a video."""

Measured = tuple["NormalVideo", Series, Series]
"""A video, its scores that are not local by frame, and its largest cells by second."""


@dataclass(frozen=True)
class NormalVideo:
    """A video of normal footage.

    Attributes:
        name: Name of the video.
        camera: Name of the camera; empty if cameras are not told apart.
        open_frames: Opens the frames, `(size, size)` uint8 each; called twice.
        length: Number of frames; 0 if that is not known before they are read.
        held_out: Whether the network was not trained on the video.
        gaps: The gaps between the frames that have been read so far, or more.
    """

    name: str
    camera: str
    open_frames: Callable[[], AbstractContextManager[Iterable[np.ndarray]]]
    length: int
    held_out: bool
    gaps: Sequence[Gap] = ()


class Calibrator:
    """Calibrates a network's scores on normal footage.

    Args:
        reconstruct: The network.
        clip_length: Number of frames in a clip.
        fps: Frames per second.
    """

    def __init__(self, reconstruct: Reconstruct, clip_length: int, fps: float) -> None:
        self._reconstruct = reconstruct
        self._clip_length = clip_length
        self._fps = fps
        self._count: Callable[[int], None]  # counts frames while they are read

    def calibrate(self, videos: Sequence[NormalVideo]) -> Calibration:
        """Learns which values of each score are usual in normal footage.

        A video that cannot be read is left out, and an error in the log says so. A warning names
        each camera with so little footage that no other footage can judge it.

        Args:
            videos: The normal footage, of one or several cameras.

        Raises:
            AbnormalError: No video can be read, or one of them cannot be read a second time.
        """
        known = all(video.length for video in videos)
        total = PASSES * sum(video.length for video in videos) if known else 0
        with Progress("frames", total, "calibration") as progress:
            self._count = progress.advance
            return self._calibrate(videos)

    def _calibrate(self, videos: Sequence[NormalVideo]) -> Calibration:
        """Calibrates all scores while the progress is shown."""
        # By name, so that the order in which they are given does not matter.
        videos = sorted(videos, key=lambda video: (video.camera, natural_key(video.name)))
        measured = self._measure_all(videos)
        videos = [video for video, _, _ in measured]
        scores = [of_video for _, of_video, _ in measured]
        unseen = [of_video for video, of_video, _ in measured if video.held_out]
        positions = {name: self._positions(name, unseen or scores) for name in ERRORS}
        plain = {}
        for name in SCORES:
            normal = np.array(positions.get(name, [1.0] * self._clip_length))
            smoothed = [
                self._smoothed(of_video[name] / normal[of_video[POSITION].astype(int)], video)
                for video, of_video in zip(videos, scores, strict=True)
            ]
            plain[name] = smoothed if name == BASELINE else _as_unseen(smoothed, videos)
        surprises = {name: self._learn(plain[name]) for name in SCORES}
        series = {name: [surprises[name].of(part) for part in plain[name]] for name in SCORES}
        cameras, judged = self._learn_cameras(measured)
        return Calibration(
            surprises=surprises,
            false_alarms={
                name: count_false_alarms(_between_gaps(of_videos, videos), self._fps)
                for name, of_videos in (series | judged).items()
            },
            cameras=cameras,
            frames=sum(map(len, next(iter(plain.values())))),
            videos=tuple(dict.fromkeys(video.name for video in videos)),
            held_out=any(video.held_out for video in videos),
            positions=positions,
        )

    def _positions(self, name: str, scores: Sequence[Series]) -> tuple[float, ...]:
        """Returns the mean of a score at each position in a clip, divided by their mean."""
        values = np.concatenate([of_video[name] for of_video in scores])
        positions = np.concatenate([of_video[POSITION] for of_video in scores]).astype(int)
        counts = np.bincount(positions, minlength=self._clip_length)
        sums = np.bincount(positions, values, self._clip_length)
        if not counts.all() or not sums.all():  # too little footage, or no error at a position
            return (1.0,) * self._clip_length
        means = sums / counts
        return tuple((means / means.mean()).tolist())

    def _learn_cameras(
        self, measured: Sequence[Measured]
    ) -> tuple[dict[str, Normality], dict[str, list[np.ndarray]]]:
        """Learns what is normal for each camera.

        Args:
            measured: The videos, sorted by camera.

        Returns:
            What is normal, for each camera's name; and, for each local score and `fused`, the
            surprise of each frame, `(n,)` float64 for each video.
        """
        videos = [video for video, _, _ in measured]
        levels: dict[str, dict[str, np.ndarray]] = {}
        ratios: list[Series] = []
        for camera, of_camera in itertools.groupby(measured, lambda one: one[0].camera):
            camera_videos, _, maxima = zip(*of_camera, strict=True)
            levels[camera], of_videos = self._judge_all(camera_videos, maxima)
            ratios += of_videos
            _warn_of_little_footage(camera, lengths_sec(maxima))
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
        """Learns the distribution of how far a camera's videos are above its levels.

        Args:
            levels: For each local score the normal level of each cell.
            ratios: For each video and each local score how far each frame is above that level,
                `(n,)` float64.

        Returns:
            What is normal for the camera; and, for each local score and `fused`, the surprise of
            each frame, `(n,)` float64 for each video.
        """
        surprises = {
            name: self._learn([of_video[name] for of_video in ratios], MIN_TAIL_SCALE)
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
        """Returns a camera's levels, and how far its videos are above those of other folds."""
        folds = assign_folds(lengths_sec(maxima))
        by_others = levels_from_other_folds(maxima, folds)
        ratios = [
            self._judge(video, [by_others[fold] for fold in of_video])
            for video, of_video in zip(videos, folds, strict=True)
        ]
        return levels_from_all(maxima), ratios

    def _learn(self, normal: Sequence[np.ndarray], least_scale: float = 1e-9) -> Surprise:
        """Learns a distribution in which the frames of one second count as one frame."""
        return learn_surprise(np.concatenate(normal), max(1.0, self._fps), least_scale)

    def _measure_all(self, videos: Sequence[NormalVideo]) -> list[Measured]:
        """Measures the videos that can be read, and logs why each of the others is left out."""
        measured, problems = [], []
        for video in videos:
            try:
                measured.append((video, *self._measure(video)))
            except AbnormalError as error:
                problems.append(f"{video.name}: {error}")
                log.error("left out: %s", problems[-1])
        if not measured:
            raise AbnormalError("There is no footage to calibrate on. " + " ".join(problems))
        return measured

    def _measure(self, video: NormalVideo) -> tuple[Series, Series]:
        """Reads a video for the first time.

        Returns:
            For each score that is not local its values, `(n,)` float64, and under `POSITION` the
            position of each frame in its clip; and, for each local score, the largest value of each
            cell in each second, `(seconds, rows, columns)` float32.
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
        """Reads a video for the second time, to see how far it is above normal levels.

        Args:
            video: The video.
            levels: The normal levels to judge each second by.

        Returns:
            For each local score how far each frame is above its level, smoothed, `(n,)` float64.
        """
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
        return {
            name: self._smoothed(values, video, LOCAL_SMOOTHING_SEC)
            for name, values in _concatenated(ratios).items()
        }

    def _smoothed(
        self, values: np.ndarray, video: NormalVideo, seconds: float = SMOOTHING_SEC
    ) -> np.ndarray:
        """Returns the causal mean of a score, `(n,)` float64, which begins anew after each gap."""
        parts = _between_gaps([values], [video])
        return np.concatenate([causal_mean(part, self._fps, seconds) for part in parts])

    def _cells(self, video: NormalVideo) -> Iterator[tuple[ClipResidual, Series]]:
        """Yields the residual of each clip of a video, and the cells of its new frames."""
        with video.open_frames() as frames:
            for part in split_at_gaps(frames, video.gaps):
                stream, cells = ResidualStream(), CellStream(self._fps)
                for residual in residuals(part, self._reconstruct, self._clip_length, stream):
                    yield residual, cells.add(residual)
                    self._count(len(residual.new_positions))


def _warn_of_little_footage(camera: str, seconds: Sequence[int]) -> None:
    """Warns if a camera has a single piece of footage, which no other can judge.

    Args:
        camera: Name of the camera; empty where cameras were not told apart.
        seconds: Length of each of its videos.
    """
    if len(seconds) == 1 and seconds[0] < 2 * PART_SEC:
        log.warning(
            "%d s of a single video are all the normal footage%s. They are judged by what was "
            "learnt from them, so there will be more false alarms than asked for. Calibrate it on "
            "at least %d s, or on two videos: `%s --calibrate FOLDER`.",
            *(seconds[0], f" of camera {camera}" if camera else ""),
            *(2 * PART_SEC, command("train")),
        )


def _between_gaps(scores: Sequence[np.ndarray], videos: Sequence[NormalVideo]) -> list[np.ndarray]:
    """Splits the scores of each video, `(n,)` float64, where it has gaps."""
    return [
        values[start:stop]
        for values, video in zip(scores, videos, strict=True)
        for start, stop in stretches(len(values), video.gaps)
    ]


def _as_unseen(scores: Sequence[np.ndarray], videos: Sequence[NormalVideo]) -> list[np.ndarray]:
    """Estimates the scores that a network would give each video if it were trained on none of them.

    The scores of videos that it was trained on are raised by a factor. That is the ratio of the
    medians of held-out videos and the others, for each camera that has both; the median over the
    cameras counts. Since the videos differ in what they show, too, the factor is at most
    `MAX_UNSEEN_FACTOR`.

    Args:
        scores: For each video the score of each frame, `(n,)` float64, at least 0.
        videos: The videos.

    Returns:
        For each video `(n,)` float64, at least 0.
    """
    of_known: dict[str, list[np.ndarray]] = defaultdict(list)
    of_unseen: dict[str, list[np.ndarray]] = defaultdict(list)
    for values, video in zip(scores, videos, strict=True):
        (of_unseen if video.held_out else of_known)[video.camera].append(values)
    factors = [
        np.median(np.concatenate(of_unseen[camera])) / median
        for camera in of_known.keys() & of_unseen.keys()
        if (median := np.median(np.concatenate(of_known[camera])))
    ]
    factor = np.clip(np.median(factors), 1.0, MAX_UNSEEN_FACTOR) if factors else 1.0
    return [
        values if video.held_out else values * factor
        for values, video in zip(scores, videos, strict=True)
    ]


def _concatenated(parts: Mapping[str, Sequence[np.ndarray]]) -> Series:
    return {name: np.concatenate(values) for name, values in parts.items()}
